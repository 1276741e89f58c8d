"""The daily mail: at most one per person and day, sent at most once, whatever fails in between."""

import socket
from datetime import datetime, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError
from django.test import override_settings

from satisfaction.calendars import days
from satisfaction.notices import digests
from satisfaction.notices.digests import claim_digest, make_digests, send_digest
from satisfaction.notices.enums import DigestState
from satisfaction.notices.models import Digest
from satisfaction.notices.preferences import set_preference
from satisfaction.notices.remind import Reminder, remind
from satisfaction.notices.tasks import send_digest as task
from tests.factories import make_person

pytestmark = pytest.mark.django_db


def at(day: int, clock: str) -> datetime:
    return days.moment_at(datetime(2026, 5, day).date(), datetime.strptime(clock, "%H:%M").time())


MORNING = at(12, "07:30")
KINDS = {"callbacks_overdue", "callbacks_waiting"}


def someone(name="d0", email="d0@example.org", **fields):
    person = make_person(name, "dispatcher", email=email, **fields)
    remind(
        [
            Reminder(person.pk, "callbacks_overdue", "2026-05-12", {"n": 2}, "/desk/"),
            Reminder(person.pk, "callbacks_waiting", "2026-05-12", {"n": 3}, "/desk/"),
        ],
        kinds={"only these"},
        now=MORNING,
    )
    return person


@pytest.fixture
def row() -> Digest:
    someone(name="d0")
    make_digests(now=MORNING)
    return Digest.objects.get()


def states() -> list[str]:
    return list(Digest.objects.order_by("day", "pk").values_list("state", flat=True))


def test_mail_names_what_is_overdue_and_what_waits(row):
    assert send_digest(row.pk, now=MORNING) == DigestState.SENT

    (message,) = mail.outbox
    assert (message.to, message.subject) == (["d0@example.org"], "服务满意度 2026-05-12:1 项逾期,1 项待办")
    assert message.body == (
        "d0,您好:\n\n"
        "已逾期\n- 您有 2 张工单的回访已逾期。\n  http://127.0.0.1:8000/desk/\n\n"
        "等待您处理\n- 今天有 3 张工单等您回访。\n  http://127.0.0.1:8000/desk/\n\n"
        "每天最多一封。不想再收到:在“提醒”页关闭每日邮件。\nhttp://127.0.0.1:8000/notices/\n\n"
    )


def test_made_twice_is_one_row(row):
    assert make_digests(now=MORNING + timedelta(minutes=1)) == 0
    assert states() == ["pending"]


def test_sent_twice_is_one_mail(row):
    outcomes = [send_digest(row.pk, now=MORNING), send_digest(row.pk, now=MORNING)]

    assert outcomes == [DigestState.SENT, None]
    assert len(mail.outbox) == 1


def test_crash_between_claim_and_sending_is_never_sent_again(row):
    claim_digest(row.pk, now=MORNING)  # and the process dies here

    make_digests(now=MORNING + timedelta(minutes=30))
    task(row.pk)

    assert mail.outbox == []
    assert states() == ["claimed"]


def test_mail_server_that_is_away_is_asked_again(row):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))  # bound but not listening: refuses connections
        port = listener.getsockname()[1]
        smtp = "django.core.mail.backends.smtp.EmailBackend"
        with override_settings(EMAIL_BACKEND=smtp, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port):
            away = send_digest(row.pk, now=MORNING)

    assert away == DigestState.PENDING
    assert send_digest(row.pk, now=MORNING) == DigestState.SENT
    assert Digest.objects.get().attempts == 2


def test_mail_server_that_stays_away_is_given_up(row):
    Digest.objects.update(attempts=digests.MAX_ATTEMPTS - 1)

    with override_settings(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend", EMAIL_HOST="[::bad"):
        assert send_digest(row.pk, now=MORNING) == DigestState.FAILED


def test_address_that_cannot_be_one_fails_once(row):
    row.person.email = "d0@example.org\nBcc: all@example.org"
    row.person.save()

    assert send_digest(row.pk, now=MORNING) == DigestState.FAILED
    assert send_digest(row.pk, now=MORNING) is None
    assert "BadHeaderError" in Digest.objects.get().error


def test_lost_message_is_queued_again_and_doubled_ones_are_harmless(
    row, tasks_run_at_once, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        make_digests(now=MORNING + timedelta(minutes=5))
    with django_capture_on_commit_callbacks(execute=True):
        make_digests(now=MORNING + timedelta(minutes=10))

    assert (states(), len(mail.outbox)) == (["sent"], 1)


def test_mails_of_a_week_of_outage_are_put_away(row):
    remind([], kinds=KINDS, now=MORNING)

    make_digests(now=at(19, "08:00"))

    assert states() == ["skipped"]


@pytest.mark.parametrize(("clock", "made"), [("07:29", 0), ("07:30", 1), ("11:59", 1), ("12:00", 0)])
def test_mails_begin_in_the_morning(clock, made):
    someone()

    assert make_digests(now=at(12, clock)) == made


def test_nothing_is_made_without_address_or_wish_or_reason_or_account():
    someone("silent", email="")
    set_preference(someone("declines"), wants_digest=False, language="")
    someone("gone", is_active=False)
    make_person("idle", "dispatcher", email="idle@example.org")

    assert make_digests(now=MORNING) == 0


def test_what_was_done_meanwhile_is_not_mailed(row):
    remind([], kinds=KINDS, now=MORNING)

    assert send_digest(row.pk, now=MORNING) == DigestState.SKIPPED
    assert mail.outbox == []


def test_turned_off_meanwhile_is_not_mailed(row):
    set_preference(row.person, wants_digest=False, language="")

    assert send_digest(row.pk, now=MORNING) == DigestState.SKIPPED


def test_mail_is_in_the_language_the_person_chose(row):
    set_preference(row.person, wants_digest=True, language="en")

    with override_settings(LANGUAGE_CODE="zh-hans"):
        send_digest(row.pk, now=MORNING)

    assert len(mail.outbox) == 1


def test_preference_twice_is_one_row(row):
    first = set_preference(row.person, wants_digest=False, language="en")
    second = set_preference(row.person, wants_digest=False, language="en")

    assert first.pk == second.pk


def test_database_refuses_a_second_digest_of_a_day(row):
    with pytest.raises(IntegrityError):
        Digest.objects.create(person=row.person, day=row.day, queued_at=MORNING)


def test_database_refuses_a_mail_sent_unclaimed(row):
    with pytest.raises(IntegrityError):
        Digest.objects.update(state=DigestState.SENT, sent_at=MORNING)


def test_number_of_queries_is_the_same_for_one_and_for_many(django_assert_num_queries):
    someone("first")
    with django_assert_num_queries(7):
        make_digests(now=MORNING)
    for n in range(20):
        someone(f"d{n}", email=f"d{n}@example.org")

    with django_assert_num_queries(7):
        assert make_digests(now=MORNING) == 20
