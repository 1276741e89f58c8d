"""The explanation of a deadline follows the rule, day by day."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from evaluations.deadline_rules import deadlines
from satisfaction.calendars.enums import CalendarKind
from satisfaction.calendars.explanations import (
    DeadlineClause,
    DeadlineStep,
    explain_deadline,
    format_clause,
    format_explanation,
)
from satisfaction.calendars.service_calendar import ServiceCalendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
NOON, CLOSE = time(12), time(18)
EVERY, WORKING = CalendarKind.EVERY_DAY, CalendarKind.WORKING_DAYS


def parts_of(closed_on, entered_at, calendar, names=None) -> list[DeadlineClause]:
    entered = entered_at.replace(tzinfo=SHANGHAI)
    due = deadlines(
        closed_on=closed_on,
        entered_at=entered,
        calendar=calendar,
        cutoff=NOON,
        close_of_business=CLOSE,
        zone=SHANGHAI,
    )
    return explain_deadline(
        closed_on=closed_on,
        entered_at=entered,
        due_at=due.due_at,
        calendar=calendar,
        names=names or {},
        cutoff=NOON,
        zone=SHANGHAI,
    )


@pytest.mark.parametrize(
    ("closed_on", "entered_at", "kind", "overrides", "words"),
    [
        (
            date(2026, 5, 11),
            datetime(2026, 5, 12, 8, 30),
            EVERY,
            {},
            "5月11日星期一关闭,5月12日星期二 08:30 收齐,5月12日星期二 18:00 到期。",
        ),
        (
            date(2026, 5, 11),
            datetime(2026, 5, 12, 12, 0),
            EVERY,
            {},
            "5月11日星期一关闭,5月12日星期二 12:00 收齐,12:00 以后收齐的当天不计,5月13日星期三 18:00 到期。",
        ),
        (
            date(2026, 5, 15),
            datetime(2026, 5, 16, 9, 0),
            WORKING,
            {date(2026, 5, 18): False},
            "5月15日星期五关闭,5月16日星期六 09:00 收齐,5月16日星期六至5月17日星期日是周末,"
            "5月18日星期一按日历调整不上班(停电检修),5月19日星期二 18:00 到期。",
        ),
        (
            date(2026, 4, 3),
            datetime(2026, 4, 4, 9, 0),
            WORKING,
            {},
            "4月3日星期五关闭,4月4日星期六 09:00 收齐,4月4日星期六是周末,4月5日星期日 清明节放假,"
            "4月6日星期一 清明节（补假）放假,4月7日星期二 18:00 到期。",
        ),
        (
            date(2026, 5, 15),
            datetime(2026, 5, 16, 9, 0),
            WORKING,
            {date(2026, 5, 16): True},
            "5月15日星期五关闭,5月16日星期六 09:00 收齐,5月16日星期六按日历调整上班,5月16日星期六 18:00 到期。",
        ),
    ],
)
def test_sentence_tells_every_step(closed_on, entered_at, kind, overrides, words):
    names = {date(2026, 5, 18): "停电检修"}

    assert (
        format_explanation(parts_of(closed_on, entered_at, ServiceCalendar(kind, overrides), names)) == words
    )


def test_make_up_day_is_named():
    saturday = date(2026, 2, 14)  # a working day in exchange for the Spring Festival

    parts = parts_of(date(2026, 2, 13), datetime(2026, 2, 13, 20), ServiceCalendar(WORKING))

    assert parts[2:] == [
        DeadlineClause(DeadlineStep.MADE_UP, saturday, saturday),
        DeadlineClause(DeadlineStep.DUE, saturday, saturday, CLOSE),
    ]


@given(
    st.dates(date(2026, 1, 1), date(2026, 12, 20)),
    st.integers(-24, 240),
    st.sampled_from(list(CalendarKind)),
    st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 12, 31)), st.booleans(), max_size=30),
)
def test_every_day_passed_over_is_accounted_for(closed_on, hours, kind, overrides):
    calendar = ServiceCalendar(kind, overrides)
    entered = datetime.combine(closed_on, time(16)) + timedelta(hours=max(hours, 0))

    parts = parts_of(closed_on, entered, calendar)

    closed = {DeadlineStep.HOLIDAY, DeadlineStep.WEEKEND, DeadlineStep.EXCEPTION}
    named = [
        part.first + timedelta(days=n)
        for part in parts
        if part.step in closed
        for n in range((part.last - part.first).days + 1)
    ]
    first = max(closed_on + timedelta(days=1), entered.date())
    lost = [part.first for part in parts if part.step == DeadlineStep.TOO_LATE_THAT_DAY]
    due_on = parts[-1].first
    assert not any(calendar.is_service_day(day) for day in named)
    between = [first + timedelta(days=n) for n in range((due_on - first).days)]
    skipped_unsaid = [day for day in between if day not in named and day not in lost]
    # Only the day of arrival needs no explanation, if it is closed anyway and past its cut-off.
    assert [day for day in skipped_unsaid if day != entered.date() or calendar.is_service_day(day)] == []


def test_holiday_has_its_english_name_for_an_english_reader():
    part = DeadlineClause(DeadlineStep.HOLIDAY, date(2026, 4, 5), date(2026, 4, 5), name="清明节")

    with translation.override("en"):
        assert "Tomb-Sweeping Day" in format_clause(part)
