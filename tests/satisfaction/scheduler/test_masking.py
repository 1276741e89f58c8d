"""Reporters' names and phones are masked permanently after some months (domain §12)."""

from datetime import date, datetime

import pytest
from django.utils import timezone

from evaluations.enums import CallbackState, Rating
from evaluations.models import CallbackAttempt, DoNotCall
from satisfaction.audit.models import AuditEvent
from satisfaction.scheduler.catch_up import catch_up
from satisfaction.scheduler.masking import mask_reporters
from tests.factories import OrderFactory, make_callback, make_person
from tests.worlds.workbooks import order as row
from tests.worlds.workbooks import take
from workorders.models import WorkOrder
from workorders.phones import phone_key

pytestmark = pytest.mark.django_db
NOW = timezone.make_aware(datetime(2026, 11, 12, 9))
OLD, YOUNG = date(2026, 5, 11), date(2026, 9, 1)


@pytest.fixture
def old():
    order = OrderFactory(
        day=OLD,
        reporter_name="张工",
        reporter_phone="13800001234",
        imported={"reporter_phone": "13800001234", "fault": "x"},
    )
    order.save()
    return order


def test_old_orders_are_masked_with_history_and_attempts_and_young_ones_are_not(old):
    caller = make_person("d", "dispatcher")
    callback = make_callback(old, caller, rating=Rating.SATISFIED)
    CallbackAttempt.objects.create(
        callback=callback, by=caller, started_at=NOW, ended_at=NOW, outcome="reached", phone="13800001234"
    )
    young = OrderFactory(day=YOUNG, reporter_name="李工")

    counts = [mask_reporters(after_months=3, now=NOW) for _again in range(2)]

    old.refresh_from_db()
    past = old.history.latest()
    assert counts == [1, 0]
    assert (old.reporter_name, old.reporter_phone, old.reporter_phone_key, old.imported) == (
        "张**", "138****1234", "", {"fault": "x"},
    )  # fmt: skip
    assert (past.reporter_name, past.reporter_phone, past.reporter_phone_key) == ("**", "****", "")
    assert CallbackAttempt.objects.get().phone == "****"
    assert WorkOrder.objects.get(pk=young.pk).reporter_name == "李工"
    assert [(one.kind, one.details) for one in AuditEvent.objects.all()] == [
        ("people_masked", {"before": "2026-08-01", "orders": 1, "do_not_call": 0})
    ]


def test_masked_order_stays_in_scope_with_its_points(old):
    make_callback(old, make_person("d", "dispatcher"), rating=Rating.SATISFIED)

    mask_reporters(after_months=3, now=NOW)

    order = WorkOrder.objects.in_scope().get()
    assert (order.out_of_scope, order.callback.points) == (None, 10)


def test_order_that_is_still_to_be_called_waits(old):
    make_callback(old, make_person("d", "dispatcher"), CallbackState.ASSIGNED)

    assert mask_reporters(after_months=3, now=NOW) == 0


def test_less_than_three_months_are_three(old):
    early = timezone.make_aware(datetime(2026, 7, 31, 9))

    assert (mask_reporters(after_months=1, now=early), mask_reporters(after_months=0, now=NOW)) == (0, 0)


def test_import_does_not_bring_a_masked_number_back():
    take(row())
    mask_reporters(after_months=3, now=NOW)

    again = take(row(报修人电话="13900002222", 报修人="李工"), now=NOW)

    order = WorkOrder.objects.get()
    assert (again.unchanged, order.reporter_name, order.reporter_phone) == (1, "张**", "138****1111")
    assert "reporter_phone" not in order.imported


def test_entry_of_the_do_not_call_list_is_masked_when_it_is_over():
    head = make_person("h", "head")
    entries = [
        DoNotCall.objects.create(
            phone=phone,
            phone_key=phone_key(phone),
            name="张工",
            reason="夜班",
            until_on=until,
            by=head,
            at=NOW,
        )
        for phone, until in (("13800001111", OLD), ("13800002222", OLD), ("13800003333", date(2027, 1, 1)))
    ]

    mask_reporters(after_months=3, now=NOW)

    shown = list(DoNotCall.objects.order_by("pk").values_list("phone", "name"))
    assert shown == [("138****1111", "张**"), ("138****2222", "张**"), ("13800003333", "张工")]
    assert entries[0].history.latest().phone == "****"


@pytest.mark.parametrize(("months", "name"), [(0, "张工"), (3, "张**")])
def test_catch_up_masks_when_the_setting_says_so(old, settings, months, name):
    settings.MASK_REPORTERS_AFTER_MONTHS = months

    caught_up = [catch_up(now=NOW) for _again in range(2)]

    old.refresh_from_db()
    assert old.reporter_name == name
    assert [one.what for found in caught_up for one in found.done].count("masking") == bool(months)
