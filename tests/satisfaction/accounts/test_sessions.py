"""Sessions end when idle, old or ended everywhere; typed text is kept. Password rules follow the settings."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from satisfaction.accounts.models import PreviousPassword
from satisfaction.accounts.password_rules import CharacterClassValidator, PasswordHistoryValidator
from satisfaction.audit.enums import AuditKind
from satisfaction.audit.models import AuditEvent
from tests.factories import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
LOGIN, PASSWORD = "/accounts/login/", "correct horse"
MOMENT = datetime(2026, 5, 12, 1, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def limits(settings, time_machine):
    settings.SESSION_IDLE_SECONDS, settings.SESSION_COOKIE_AGE = 30 * 60, 12 * 3600
    time_machine.move_to(MOMENT, tick=False)


@pytest.fixture
def person():
    return make_person("zhang", "dispatcher", name="张")


@pytest.fixture
def at(time_machine):
    return lambda **after: time_machine.move_to(MOMENT + timedelta(**after), tick=False)


def sign_in(client):
    return client.post(LOGIN, {"username": "zhang", "password": PASSWORD})


def is_in(client, **headers):
    return client.get("/notices/", headers=headers).status_code == 200


@pytest.mark.parametrize(("minutes", "expected"), [(30, True), (31, False)])
def test_session_ends_when_nothing_was_done(client, person, at, minutes, expected):
    sign_in(client)
    at(minutes=minutes)

    assert is_in(client) is expected


def test_session_lasts_while_something_is_done_but_not_beyond_its_age(client, person, at):
    sign_in(client)
    answers = []
    for minutes in range(0, 13 * 60, 20):
        at(minutes=minutes)
        answers.append(is_in(client))

    assert answers == [True] * 37 + [False] * 2


def test_what_a_page_does_by_itself_is_no_activity(client, person, at):
    sign_in(client)
    answers = []
    for minutes in (10, 20, 30, 40):
        at(minutes=minutes)
        answers.append(is_in(client, **{"X-Automatic": "1"}))

    assert answers == [True, True, True, False]


def test_open_call_keeps_the_caller_signed_in_for_two_hours(client, person, at):
    sign_in(client)
    answers = []
    for minutes in range(10, 180, 10):
        at(minutes=minutes)
        answers.append(is_in(client, **{"X-Automatic": "call"}))

    assert answers.count(True) * 10 == 140  # the last hold within two hours, plus thirty minutes


def test_form_sent_after_the_idle_end_is_offered_again(client, person, at):
    sign_in(client)
    at(minutes=31)

    asked = client.post("/notices/settings/", {"language": "中文 en"})
    page = client.get(asked["Location"])
    again = client.get(sign_in(client)["Location"])

    assert "很久没有操作" in page.text
    assert again.context["fields"] == [["language", "中文 en"]]


def test_page_left_open_over_the_idle_end_gives_its_form_back(person, at):
    """Two tabs: one keeps a form open, the other signs in again."""
    client = Client(enforce_csrf_checks=True)
    ours = {"Origin": "http://testserver"}

    def token_of(path):
        return re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(path).text)[1]

    def sign_in_by_form():
        data = {"username": "zhang", "password": PASSWORD, "csrfmiddlewaretoken": token_of(LOGIN)}
        client.post(LOGIN, data, headers=ours)

    sign_in_by_form()
    old = token_of("/notices/settings/")
    at(minutes=31)
    client.get("/")
    sign_in_by_form()

    page = client.post("/notices/settings/", {"language": "en", "csrfmiddlewaretoken": old}, headers=ours)

    assert page.context["fields"] == [("language", "en")]


def test_signing_out_everywhere_ends_every_session_and_no_later_one(person, at):
    here, there = Client(), Client()
    sign_in(here)
    sign_in(there)
    at(minutes=1)

    response = here.post("/accounts/sessions/end/")

    assert (response["Location"], is_in(here), is_in(there)) == (LOGIN, False, False)
    at(minutes=2)
    sign_in(there)
    assert is_in(there)
    event = AuditEvent.objects.get(kind=AuditKind.SIGNED_OUT_EVERYWHERE)
    assert (event.by, event.subject_id) == (person, person.pk)


def test_admin_signs_a_person_out_everywhere(client, person, at):
    boss = make_person("boss", "admin")
    client.force_login(boss)
    theirs = Client()
    sign_in(theirs)

    client.post("/admin/accounts/user/", {"action": "sign_out_people", "_selected_action": [person.pk]})

    assert (is_in(theirs), is_in(client)) == (False, True)
    assert AuditEvent.objects.get(kind=AuditKind.SIGNED_OUT_EVERYWHERE).by == boss


@pytest.mark.parametrize(
    ("password", "is_taken"),
    [
        ("manager2manager2", False),
        ("Manager2manager", True),
        ("brand new 1", True),
        ("密码密码密码123!", True),
    ],
)
def test_password_needs_three_classes(password, is_taken):
    try:
        CharacterClassValidator(3).validate(password)
    except ValidationError as refusal:
        assert (is_taken, "3 类" in refusal.messages[0]) == (False, True)
    else:
        assert is_taken


def test_password_of_before_is_refused_and_older_ones_are_forgotten(person, settings):
    rule = {"NAME": "satisfaction.accounts.password_rules.PasswordHistoryValidator", "OPTIONS": {"last": 2}}
    settings.AUTH_PASSWORD_VALIDATORS = [rule]
    for number in (1, 2, 3):
        person.set_password(f"Word {number} word")
        person.save()

    refused = []
    for number in (1, 2, 3):
        try:
            PasswordHistoryValidator(2).validate(f"Word {number} word", person)
        except ValidationError:
            refused.append(number)

    assert (refused, PreviousPassword.objects.count()) == ([2, 3], 2)
