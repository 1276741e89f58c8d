"""The due date of a revisit, in tables and for any calendar (domain §9)."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improvement.revisits.rules import (
    SERVICE_DAYS_TO_VISIT,
    DueDate,
    due_date,
    first_of_next_month,
    month_deadline,
)
from satisfaction.calendars.enums import CalendarKind
from satisfaction.calendars.service_calendar import ServiceCalendar

ZONE = ZoneInfo("Asia/Shanghai")
MAY, JUNE, JULY, AUGUST = (date(2026, month, 1) for month in (5, 6, 7, 8))


def at(day, clock=time(18)):
    return datetime.combine(day, clock, ZONE)


MEETING = at(date(2026, 6, 12), time(14))
NEXT_MEETING = at(date(2026, 7, 10), time(14))
STAND_IN = at(date(2026, 6, 8))


def due_of(closed_on, seen_on, *, meetings, kind=CalendarKind.EVERY_DAY, overrides=None):
    calendar = ServiceCalendar(kind, overrides or {})

    def deadlines(month):
        return month_deadline(
            month, meetings.get(month), calendar=calendar, close_of_business=time(18), zone=ZONE
        )

    return due_date(closed_on, seen_on, deadlines)


@pytest.mark.parametrize(
    ("meetings", "seen_on", "expected"),
    [
        ({JUNE: MEETING}, date(2026, 5, 12), DueDate(MEETING, JUNE, is_planned=True, is_later=False)),
        # The 3rd service day after the 9th is the 12th, the day of the meeting.
        ({JUNE: MEETING}, date(2026, 6, 9), DueDate(MEETING, JUNE, is_planned=True, is_later=False)),
        (
            {JUNE: MEETING, JULY: NEXT_MEETING},
            date(2026, 6, 10),
            DueDate(NEXT_MEETING, JULY, is_planned=True, is_later=True),
        ),
        ({}, date(2026, 5, 12), DueDate(STAND_IN, JUNE, is_planned=False, is_later=False)),
        ({}, date(2026, 6, 5), DueDate(STAND_IN, JUNE, is_planned=False, is_later=False)),
        (
            {},
            date(2026, 6, 6),
            DueDate(at(date(2026, 7, 8)), JULY, is_planned=False, is_later=True),
        ),
        # A meeting in the order's own month does not take it: it is due before the next month's meeting.
        (
            {MAY: at(date(2026, 5, 29))},
            date(2026, 5, 12),
            DueDate(STAND_IN, JUNE, is_planned=False, is_later=False),
        ),
    ],
)
def test_due(meetings, seen_on, expected):
    assert due_of(date(2026, 5, 11), seen_on, meetings=meetings) == expected


def test_due_counts_service_days_only():
    """Dragon Boat Festival: 19 to 21 June 2026 are days off, so the 17th is too late for the 22nd."""
    meetings = {JUNE: at(date(2026, 6, 22), time(14)), JULY: NEXT_MEETING}

    found = [
        due_of(date(2026, 5, 11), seen, meetings=meetings, kind=CalendarKind.WORKING_DAYS).at
        for seen in (date(2026, 6, 16), date(2026, 6, 17), date(2026, 6, 18))
    ]

    assert found == [meetings[JUNE], NEXT_MEETING, NEXT_MEETING]


def test_stand_in_is_the_eighth_working_day():
    found = due_of(date(2026, 5, 11), date(2026, 5, 12), meetings={}, kind=CalendarKind.WORKING_DAYS)

    assert found == DueDate(at(date(2026, 6, 10)), JUNE, is_planned=False, is_later=False)


@given(
    closed_on=st.dates(date(2025, 1, 1), date(2026, 12, 31)),
    waited=st.integers(0, 120),
    free=st.sets(st.dates(date(2025, 1, 1), date(2027, 12, 31)), max_size=60),
    planned=st.dictionaries(st.integers(0, 8), st.integers(1, 28), max_size=6),
)
def test_due_leaves_the_service_days_and_is_the_first_that_does(closed_on, waited, free, planned):
    seen_on = closed_on + timedelta(days=waited)
    overrides = dict.fromkeys(free, False)
    calendar = ServiceCalendar(CalendarKind.EVERY_DAY, overrides)
    months = [first_of_next_month(closed_on)]
    while len(months) < 9:
        months.append(first_of_next_month(months[-1]))
    meetings = {months[n]: at(months[n].replace(day=day), time(14)) for n, day in planned.items()}

    found = due_of(closed_on, seen_on, meetings=meetings, overrides=overrides)

    earliest = calendar.service_days_after(seen_on, SERVICE_DAYS_TO_VISIT)
    passed = [month for month in months if month < found.month]
    moments = [
        month_deadline(m, meetings.get(m), calendar=calendar, close_of_business=time(18), zone=ZONE).at
        for m in passed
    ]
    assert found.at.date() >= earliest
    assert found.is_planned == (found.month in meetings)
    assert all(moment.date() < earliest for moment in moments)
