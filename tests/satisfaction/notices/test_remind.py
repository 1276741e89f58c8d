"""Notices begin, are renewed and end with their subject; one per person, kind and period."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError

from satisfaction.notices.models import Notice
from satisfaction.notices.remind import Reminder, mark_read, remind
from tests.factories import make_person

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 5, 12, 1, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
LATE, WAITING = "callbacks_overdue", "callbacks_waiting"
KINDS = {LATE, WAITING}


@pytest.fixture
def person():
    return make_person("d0", "dispatcher")


def late(person, n=2, period="2026-05-12") -> Reminder:
    return Reminder(person.pk, LATE, period, {"n": n}, "/desk/")


def rows() -> list[tuple]:
    return list(Notice.objects.order_by("pk").values_list("kind", "period", "params", "read_at", "ended_at"))


def test_reminder_becomes_one_notice(person):
    fresh = remind([late(person)], kinds=KINDS, now=NOW)

    assert fresh == [late(person)]
    assert rows() == [(LATE, "2026-05-12", {"n": 2}, None, None)]


def test_reminding_twice_changes_nothing(person, django_assert_num_queries):
    remind([late(person)], kinds=KINDS, now=NOW)

    with django_assert_num_queries(3):  # savepoint, one select, release
        again = remind([late(person)], kinds=KINDS, now=LATER)

    assert again == []
    assert rows() == [(LATE, "2026-05-12", {"n": 2}, None, None)]


def test_notice_says_the_number_of_now(person):
    remind([late(person, 2)], kinds=KINDS, now=NOW)

    assert remind([late(person, 5)], kinds=KINDS, now=LATER) == []
    assert rows() == [(LATE, "2026-05-12", {"n": 5}, None, None)]


def test_what_is_done_ends_its_notice(person):
    remind([late(person)], kinds=KINDS, now=NOW)

    remind([], kinds=KINDS, now=LATER)

    assert rows() == [(LATE, "2026-05-12", {"n": 2}, None, LATER)]


def test_question_that_was_not_answered_ends_nothing(person):
    remind([late(person)], kinds=KINDS, now=NOW)

    remind([], kinds={WAITING}, now=LATER)

    assert rows() == [(LATE, "2026-05-12", {"n": 2}, None, None)]


def test_overdue_once_more_on_the_same_day_is_unread_again(person):
    remind([late(person)], kinds=KINDS, now=NOW)
    mark_read(None, by=person, now=NOW)
    remind([], kinds=KINDS, now=NOW)

    remind([late(person, 1)], kinds=KINDS, now=LATER)

    assert rows() == [(LATE, "2026-05-12", {"n": 1}, None, None)]


def test_work_that_waits_once_more_stays_read(person):
    waiting = Reminder(person.pk, WAITING, "2026-05-12", {"n": 3})
    remind([waiting], kinds=KINDS, now=NOW)
    mark_read(None, by=person, now=NOW)
    remind([], kinds=KINDS, now=NOW)

    remind([waiting], kinds=KINDS, now=LATER)

    assert rows() == [(WAITING, "2026-05-12", {"n": 3}, NOW, None)]


def test_notice_of_today_puts_away_that_of_yesterday(person):
    remind([late(person, period="2026-05-11")], kinds=KINDS, now=NOW)

    remind([late(person)], kinds=KINDS, now=LATER)

    assert rows() == [
        (LATE, "2026-05-11", {"n": 2}, None, LATER),
        (LATE, "2026-05-12", {"n": 2}, None, None),
    ]


def test_at_night_nothing_begins_and_what_still_waits_stays(person):
    remind([late(person, period="2026-05-11")], kinds=KINDS, now=NOW)
    remind([Reminder(person.pk, WAITING, "2026-05-11", {"n": 1})], kinds={WAITING}, now=NOW)

    assert remind([late(person)], kinds=KINDS, now=LATER, may_begin=False) == []
    assert rows() == [
        (LATE, "2026-05-11", {"n": 2}, None, None),
        (WAITING, "2026-05-11", {"n": 1}, None, LATER),
    ]


def test_reading_is_for_ones_own_notices(person):
    remind([late(person)], kinds=KINDS, now=NOW)
    notice = Notice.objects.get()

    by_other = mark_read([notice.pk], by=make_person("d1", "dispatcher"), now=NOW)
    by_self = mark_read([notice.pk], by=person, now=NOW)
    again = mark_read([notice.pk], by=person, now=LATER)

    assert (by_other, by_self, again) == (0, 1, 0)
    assert Notice.objects.get().read_at == NOW


def test_database_refuses_a_second_notice_of_a_period(person):
    fields = {"person": person, "kind": LATE, "period": "2026-05-12", "created_at": NOW}
    Notice.objects.create(**fields)

    with pytest.raises(IntegrityError):
        Notice.objects.create(**fields)
