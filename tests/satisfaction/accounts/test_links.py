"""One-time links: mailed to oneself, or issued by an admin for somebody else, audited and announced."""

import re

import pytest
from django.core import mail
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

import satisfaction.accounts.tasks  # noqa: F401 (a worker has found it by then)
from satisfaction.accounts.links import send_links
from satisfaction.audit.enums import AuditKind
from satisfaction.audit.models import AuditEvent
from satisfaction.environment import refuse_mail_to_log
from satisfaction.notices.digests import make_digests
from satisfaction.notices.models import Notice
from satisfaction.notices.remind import mark_read
from tests.factories import make_person

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
RESET, PEOPLE = "/accounts/password/forgotten/", "/admin/accounts/user/"
ADDRESS = "zhang@centre.example"


@pytest.fixture(autouse=True)
def settings(settings, tasks_run_at_once):
    settings.SITE_URL = "https://centre.example"
    settings.LANGUAGE_CODE = "zh-hans"
    return settings


@pytest.fixture
def person():
    return make_person("zhang", "head", name="张工", email=ADDRESS)


@pytest.fixture
def boss(client):
    boss = make_person("boss", "admin", name="管理")
    client.force_login(boss)
    return boss


@pytest.fixture
def asked(client, django_capture_on_commit_callbacks):
    def ask(email=ADDRESS, **extra):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(RESET, {"email": email}, **extra)

    return ask


@pytest.fixture
def issued(client, django_capture_on_commit_callbacks):
    def issue(person):
        with django_capture_on_commit_callbacks(execute=True):
            return client.post(PEOPLE, {"action": "make_links", "_selected_action": [person.pk]})

    return issue


@pytest.mark.parametrize("has_password", [True, False])
def test_reset_mail_leads_to_our_site_whatever_host_was_asked(client, person, asked, has_password):
    if not has_password:
        person.set_unusable_password()
        person.save()

    response = asked(ADDRESS.upper(), headers={"Host": "localhost:6666"})

    link = re.search(r"https://centre\.example(/\S+)", mail.outbox[0].body)[1]
    assert (response.status_code, len(mail.outbox), mail.outbox[0].to) == (302, 1, [ADDRESS])
    assert "6666" not in mail.outbox[0].body
    assert client.get(link, follow=True).status_code == 200


def test_reset_page_does_the_same_for_unknown_addresses(client, person, django_capture_on_commit_callbacks):
    """The page itself looks nobody up and sends no mail; both happen in the background."""
    answers = []
    for email in (ADDRESS, "nobody@centre.example"):
        with django_capture_on_commit_callbacks() as queued, CaptureQueriesContext(connection) as asked:
            location = client.post(RESET, {"email": email})["Location"]
        answers.append((location, len(queued), len(asked)))

    assert answers[0] == answers[1] == (f"{RESET}sent/", 1, answers[0][2])
    assert mail.outbox == []


def test_reset_mails_are_limited_for_one_account(person, asked):
    for _time in range(7):
        asked()

    assert len(mail.outbox) == 3


def test_reset_mails_are_limited_for_one_client_address(client, asked):
    for number in range(10):
        asked(f"p{number}@centre.example")

    response = asked()

    assert (response.status_code, "申请的次数太多" in response.text) == (422, True)
    assert AuditEvent.objects.filter(kind=AuditKind.LINK_ASKED, address="127.0.0.1").count() == 10


def test_reset_link_is_on_record_without_a_person_behind_it(person, asked):
    asked()

    event = AuditEvent.objects.get(kind=AuditKind.LINK_ISSUED)
    assert (event.by, event.subject_id, event.details) == (None, person.pk, {"how": "mail"})


def test_deactivated_person_gets_no_link(person):
    person.is_active = False
    person.save()

    assert send_links(ADDRESS, language="en", now=timezone.now()) == 0


def test_without_mail_no_reset_is_offered_and_no_daily_mail_is_made(client, person, settings, time_machine):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"
    Notice.objects.create(person=person, kind="x", period="x", created_at=timezone.now())
    time_machine.move_to("2026-05-12T01:00:00+00:00", tick=False)

    login, page, sent = (
        client.get("/accounts/login/"),
        client.get(RESET),
        client.post(RESET, {"email": ADDRESS}),
    )

    assert RESET not in login.text and "请系统管理员发给您一次性链接" in login.text
    assert ("没有配置邮件" in page.text, sent.status_code) == (True, 422)
    assert make_digests(now=timezone.now()) == 0
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert make_digests(now=timezone.now()) == 1


@pytest.mark.parametrize("is_allowed", [True, False])
def test_mail_in_the_log_is_refused_outside_the_demonstration(is_allowed, capsys):
    config = {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}
    if is_allowed:
        refuse_mail_to_log(config, is_allowed=True)
        return
    with pytest.raises(SystemExit):
        refuse_mail_to_log(config, is_allowed=False)
    assert "EMAIL_URL" in capsys.readouterr().err


def test_link_for_another_is_recorded_as_the_admins_act_and_announced(person, boss, issued):
    issued(person)

    event = AuditEvent.objects.get(kind=AuditKind.LINK_ISSUED)
    notice = Notice.objects.get(person=person)
    assert (event.by, event.subject_id, event.address) == (boss, person.pk, "127.0.0.1")
    assert notice.text.startswith("管理于 ") and "签发了一次性链接" in notice.text
    assert (mail.outbox[0].to, "管理于 " in mail.outbox[0].body) == ([ADDRESS], True)
    assert "/accounts/password/" not in mail.outbox[0].body


def test_announcement_ends_when_it_is_read_and_returns_with_the_next_link(person, boss, issued):
    issued(person)
    mark_read(None, by=person, now=timezone.now())
    read = Notice.objects.standing().filter(person=person).count()
    issued(person)

    assert (read, Notice.objects.unread().filter(person=person).count()) == (0, 1)


def test_sign_in_by_an_issued_link_says_so_and_by_whom(person, boss, issued):
    page = issued(person)
    link = re.search(r"http://testserver(/accounts/password/[^<]+)", page.text)[1]
    browser = Client()
    form = browser.get(link, follow=True).redirect_chain[-1][0]

    browser.post(form, {"new_password1": "brand new 1", "new_password2": "brand new 1"})

    event = AuditEvent.objects.filter(kind=AuditKind.SIGN_IN, by=person).get()
    assert event.details == {"how": "one_time_link", "issued_by": "管理"}


def test_links_of_the_command_are_on_record_and_announced(tmp_path):
    people = tmp_path / "people.csv"
    people.write_text("username,name,roles\nlu,陆,lead\n")

    call_command("import_people", str(people), "--links", str(tmp_path / "links.csv"))

    event = AuditEvent.objects.get(kind=AuditKind.LINK_ISSUED)
    assert (event.by, event.about, event.details) == (None, "陆", {"how": "command"})
    assert Notice.objects.get(person__username="lu").text.startswith("服务器上于 ")
