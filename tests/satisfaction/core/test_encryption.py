"""Phones are unreadable in the database, equal phones can be found, keys can be changed (domain §12)."""

from datetime import date, datetime
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.admin import site
from django.core.exceptions import FieldError
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from evaluations.enums import CallbackState
from evaluations.models import CallbackAttempt, DoNotCall
from satisfaction.core.encryption import TOKEN_PREFIX, decrypt, encrypt, keyed_hash
from satisfaction.core.errors import Refused
from satisfaction.jobs.models import Job
from tests.factories import OrderFactory, make_callback, make_person
from workorders.models import WorkOrder
from workorders.phones import phone_key, phone_keys

pytestmark = pytest.mark.django_db
PHONE = "13800001234"
AT = timezone.make_aware(datetime(2026, 5, 12, 9))


def stored(table: str, column: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table} ORDER BY 1")
        return [str(value) for (value,) in cursor.fetchall()]


def dump() -> str:
    """Every text in every table, as read by somebody with the database but without the key."""
    words = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT * FROM "{table}"')
            words += [str(value) for row in cursor.fetchall() for value in row]
    return "\n".join(words)


@pytest.fixture
def everywhere():
    """Stores the number in every place that holds one."""
    caller = make_person("d", "dispatcher")
    order = OrderFactory(reporter_phone=PHONE, imported={"reporter_phone": PHONE, "fault": "无显示"})
    order.fault = "黑屏"
    order.save()
    callback = make_callback(order, caller, CallbackState.ASSIGNED)
    CallbackAttempt.objects.create(
        callback=callback, by=caller, started_at=AT, ended_at=AT, outcome="busy", phone=PHONE
    )
    DoNotCall.objects.create(
        phone=PHONE, phone_key=phone_key(PHONE), reason="夜班", until_on=date(2026, 6, 1), by=caller, at=AT
    )
    Job.objects.create(kind="k", by=caller, result={"errors": [{"value": PHONE}]})
    return order


def test_no_number_is_readable_in_the_database(everywhere):
    assert PHONE not in dump()
    assert all(
        value.startswith(TOKEN_PREFIX) for value in stored("workorders_historicalworkorder", "reporter_phone")
    )


def test_numbers_are_read_as_they_were_written(everywhere):
    order = WorkOrder.objects.get()

    assert (order.reporter_phone, order.imported) == (PHONE, {"reporter_phone": PHONE, "fault": "无显示"})
    assert WorkOrder.history.latest().reporter_phone == PHONE
    assert list(WorkOrder.objects.values_list("reporter_phone", flat=True)) == [PHONE]
    assert CallbackAttempt.objects.get().phone == PHONE
    assert (DoNotCall.objects.get().phone, str(DoNotCall.objects.get())) == (PHONE, "138****1234")
    assert Job.objects.get().result == {"errors": [{"value": PHONE}]}


def test_equal_texts_have_different_tokens_and_equal_hashes():
    assert encrypt(PHONE) != encrypt(PHONE)
    assert (keyed_hash(PHONE) == keyed_hash(PHONE), keyed_hash(PHONE) == keyed_hash("1")) == (True, False)
    assert (encrypt(""), keyed_hash(""), decrypt(""), decrypt(PHONE)) == ("", "", "", PHONE)
    assert encrypt(encrypt(PHONE)).count(TOKEN_PREFIX) == 1


def test_encrypted_phone_can_be_asked_for_blank_only():
    OrderFactory(reporter_phone="", with_deadlines=False)

    assert WorkOrder.objects.filter(reporter_phone="").count() == 1
    with pytest.raises(TypeError, match="keyed hash"):
        WorkOrder.objects.filter(reporter_phone=PHONE).exists()
    with pytest.raises(FieldError):
        WorkOrder.objects.filter(reporter_phone__contains="138").exists()


def test_new_key_in_front_reads_old_values_and_keeps_hashes(everywhere, settings):
    settings.FIELD_ENCRYPTION_KEYS = ["new " * 10, settings.SECRET_KEY]

    assert WorkOrder.objects.get().reporter_phone == PHONE
    assert WorkOrder.objects.get().reporter_phone_key == phone_key(PHONE)


def test_reencrypt_allows_to_drop_the_old_key(everywhere, settings):
    settings.FIELD_ENCRYPTION_KEYS = ["new " * 10, settings.SECRET_KEY]
    call_command("reencrypt")
    settings.FIELD_ENCRYPTION_KEYS = ["new " * 10]
    call_command("reencrypt")
    call_command("reencrypt")

    order = WorkOrder.objects.get()
    assert (order.reporter_phone, order.reporter_phone_key) == (PHONE, phone_key(PHONE))
    assert DoNotCall.objects.get().phone_key == phone_key(PHONE)
    assert order.imported["reporter_phone"] == PHONE


def test_lost_key_is_said(everywhere, settings):
    settings.FIELD_ENCRYPTION_KEYS = ["another " * 5]

    with pytest.raises(Refused, match="无法解密"):
        WorkOrder.objects.get()


def test_admin_site_finds_an_order_by_its_whole_number(rf):
    order = OrderFactory(reporter_phone="13700001111/13900005678")
    search = site._registry[WorkOrder].get_search_results

    found = [
        list(search(rf.get("/"), WorkOrder.objects.all(), text)[0])
        for text in ("139 0000 5678", "0000567", order.number)
    ]

    assert found == [[order], [], [order]]


def test_second_number_has_a_hash_of_its_own():
    first, second = phone_keys("13700001111/13900005678")

    assert (first, second) == (phone_key("13700001111"), phone_key("139-0000-5678"))


@pytest.mark.parametrize(
    "name",
    [
        "workorders.migrations.0012_encrypt_phones",
        "evaluations.migrations.0013_encrypt_phones",
        "satisfaction.jobs.migrations.0004_encrypt_results",
    ],
)
def test_migration_decrypts_and_encrypts_again(everywhere, name):
    migration, editor = import_module(name), SimpleNamespace(connection=connection)
    tables = {
        "workorders": [("workorders_workorder", "reporter_phone"), ("workorders_workorder", "imported")],
        "evaluations": [("evaluations_donotcall", "phone"), ("evaluations_callbackattempt", "phone")],
        "satisfaction": [("jobs_job", "result")],
    }[name.partition(".")[0]]

    migration.decrypt(apps, editor)
    plain = [all(PHONE in value for value in stored(*column)) for column in tables]
    migration.encrypt(apps, editor)
    hidden = [all(PHONE not in value for value in stored(*column)) for column in tables]

    assert (plain, hidden) == ([True] * len(tables), [True] * len(tables))
    assert PHONE not in dump()
    assert WorkOrder.objects.get().reporter_phone_key == phone_key(PHONE)
    assert DoNotCall.objects.get().phone_key == phone_key(PHONE)
    test_numbers_are_read_as_they_were_written(everywhere)
