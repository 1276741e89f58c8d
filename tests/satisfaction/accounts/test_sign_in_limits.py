"""Wrong passwords: a stranger delays nobody else, the wait grows and ends, and every failure is recorded."""

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from satisfaction.accounts.people import one_time_link
from satisfaction.accounts.waiting_rules import ONE_ADDRESS, ONE_NAME, is_recorded
from satisfaction.audit.enums import AuditKind
from satisfaction.audit.models import AuditEvent
from tests.factories import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
LOGIN, PASSWORD = "/accounts/login/", "correct horse"
OWNER, STRANGER = "10.1.1.1", "10.9.9.9"
MOMENT = timezone.datetime(2026, 5, 12, 1, 0, tzinfo=timezone.get_fixed_timezone(0))


@pytest.fixture(autouse=True)
def one_proxy(settings, time_machine):
    """Settings of the shipped proxy: every request comes from 127.0.0.1 and names the client."""
    settings.PROXY_COUNT = 1
    time_machine.move_to(MOMENT, tick=False)


@pytest.fixture
def person():
    return make_person("zhang", "technician")


def tried(username="zhang", password="wrong", *, address=STRANGER, client=None):
    data = {"username": username, "password": password}
    return (client or Client()).post(LOGIN, data, headers={"X-Forwarded-For": address}).status_code


def events(kind):
    return list(
        AuditEvent.objects.filter(kind=kind).order_by("id").values_list("about", "address", "details")
    )


@pytest.mark.parametrize(
    ("limit", "failures", "seconds"),
    [(ONE_NAME, n, s) for n, s in ((4, 0), (5, 10), (6, 20), (8, 80), (12, 900), (1000, 900))]
    + [(ONE_ADDRESS, n, s) for n, s in ((49, 0), (50, 10), (54, 10), (55, 20))],
)
def test_wait_grows_and_never_lasts(limit, failures, seconds):
    assert limit.wait(failures) == timedelta(seconds=seconds)


def test_audit_hears_of_the_first_failure_and_then_of_round_numbers():
    assert [n for n in range(1, 501) if is_recorded(n)] == [1, 5, 10, 20, 50, 100, 200, 500]


def test_stranger_does_not_lock_out_the_owner(person):
    answers = [tried() for _attempt in range(30)]

    assert answers == [200] * 4 + [429] * 26
    assert tried(password=PASSWORD, address=OWNER) == 302


def test_forged_address_does_not_get_around_the_wait(person):
    for number in range(5):
        tried(address=f"192.0.2.{number}, {STRANGER}")

    assert tried(password=PASSWORD, address=f"192.0.2.77, {STRANGER}") == 429


def test_wait_is_said_and_ends(person, time_machine):
    for _attempt in range(5):
        tried()
    page = Client().post(
        LOGIN, {"username": "zhang", "password": PASSWORD}, headers={"X-Forwarded-For": STRANGER}
    )
    time_machine.move_to(MOMENT + timedelta(seconds=11), tick=False)

    assert (page.status_code, page["Retry-After"], "请 10 秒后再试" in page.text) == (429, "10", True)
    assert tried(password=PASSWORD) == 302


def test_attempts_during_the_wait_do_not_make_it_longer(person, time_machine):
    for second in range(10):
        time_machine.move_to(MOMENT + timedelta(seconds=second), tick=False)
        tried()
    time_machine.move_to(MOMENT + timedelta(seconds=16), tick=False)

    assert tried(password=PASSWORD) == 302


def test_own_browser_is_not_slowed_by_others_at_the_same_address(person):
    own = Client()
    tried(password=PASSWORD, client=own, address=OWNER)
    own.post("/accounts/logout/")
    for _attempt in range(60):
        tried(address=OWNER)

    assert (tried(password=PASSWORD, address=OWNER), tried(password=PASSWORD, address=OWNER, client=own)) == (
        429,
        302,
    )


def test_spraying_one_password_over_many_names_is_limited(person):
    answers = [tried(f"w{number:03}") for number in range(60)]

    assert answers == [200] * 49 + [429] * 11
    assert tried(password=PASSWORD, address=OWNER) == 302
    assert (STRANGER, STRANGER, {"failures": 50, "names": 50}) in events(AuditKind.LOCKED_OUT)


def test_one_name_from_many_addresses_is_slowed_for_a_minute_at_most(person, time_machine):
    for number in range(60):
        tried(address=f"10.2.0.{number}")
    waiting = tried(password=PASSWORD, address=OWNER)
    time_machine.move_to(MOMENT + timedelta(seconds=61), tick=False)

    assert (waiting, tried(password=PASSWORD, address=OWNER)) == (429, 302)


def test_failures_stay_on_record_after_success(person):
    for _attempt in range(3):
        tried(address=OWNER)
    tried("nobody")
    tried(password=PASSWORD, address=OWNER)

    assert events(AuditKind.SIGN_IN_FAILED) == [
        ("zhang", OWNER, {"failures": 1}),
        ("nobody", STRANGER, {"failures": 1}),
    ]
    assert events(AuditKind.SIGN_IN) == [(str(person), OWNER, {"how": "password", "failures": 3})]


def test_failures_stay_on_record_after_their_day(person, time_machine):
    for _attempt in range(3):
        tried()
    time_machine.move_to(MOMENT + timedelta(days=1), tick=False)
    tried("li")

    assert ("zhang", STRANGER, {"failures": 3}) in events(AuditKind.SIGN_IN_FAILED)
    assert [row.username for row in AccessAttempt.objects.all()] == ["li"]


def test_record_is_not_flooded(person):
    for _attempt in range(200):
        tried()

    assert AuditEvent.objects.count() == 3  # the first, the fifth, and the start of the wait


def test_one_time_link_ends_the_wait_and_is_recorded(person):
    for _attempt in range(5):
        tried(address=OWNER)
    client = Client()
    form = client.get(one_time_link(person), follow=True).redirect_chain[-1][0]
    client.post(form, {"new_password1": "brand new 1", "new_password2": "brand new 1"})

    assert tried(password="brand new 1", address=OWNER) == 302
    assert events(AuditKind.SIGN_IN)[0] == (str(person), "127.0.0.1", {"how": "one_time_link"})
    assert events(AuditKind.UNLOCKED) == [("zhang", "127.0.0.1", {"failures": 5})]


def test_admin_ends_the_wait(person, client):
    boss = make_person("boss", "admin")
    client.force_login(boss)
    for _attempt in range(5):
        tried()

    client.post("/admin/accounts/user/", {"action": "unlock_people", "_selected_action": [person.pk]})

    assert tried(password=PASSWORD) == 302
    assert AuditEvent.objects.get(kind=AuditKind.UNLOCKED).by == boss


def test_command_ends_the_wait(person, capsys):
    for _attempt in range(5):
        tried()

    call_command("unlock", "ZHANG", "--json")
    call_command("unlock", "zhang", "--json")

    assert capsys.readouterr().out.splitlines() == [
        '{"username": "zhang", "failures": 5}',
        '{"username": "zhang", "failures": 0}',
    ]
    assert (tried(password=PASSWORD), len(events(AuditKind.UNLOCKED))) == (302, 1)
