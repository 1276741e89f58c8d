"""Service days (domain §2): every day, or the State Council's working days of 2026, and overrides."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from satisfaction.calendars.enums import CalendarKind
from satisfaction.calendars.models import CalendarOverride
from satisfaction.calendars.queries import load_calendar
from satisfaction.calendars.service_calendar import (
    ServiceCalendar,
    years_without_make_up_days,
)

WORKING = ServiceCalendar(CalendarKind.WORKING_DAYS)
EVERY_DAY = ServiceCalendar()
DATES = st.dates(min_value=date(2024, 1, 1), max_value=date(2026, 12, 1))


@pytest.mark.parametrize(
    ("day", "is_service_day"),
    [
        ("2026-01-01", False),  # New Year
        ("2026-01-04", True),  # Sunday, made up
        ("2026-02-14", True),  # Saturday before Spring Festival, made up
        ("2026-02-16", False),  # Spring Festival
        ("2026-02-23", False),
        ("2026-02-24", True),
        ("2026-02-28", True),  # Saturday, made up
        ("2026-04-06", False),  # Qingming, Monday
        ("2026-05-01", False),  # Labour Day
        ("2026-05-05", False),
        ("2026-05-09", True),  # Saturday, made up
        ("2026-05-10", False),  # an ordinary Sunday
        ("2026-05-12", True),  # an ordinary Tuesday
        ("2026-10-01", False),  # National Day
        ("2026-10-07", False),
        ("2026-10-10", True),  # Saturday, made up
    ],
)
def test_working_days_of_2026(day, is_service_day):
    assert WORKING.is_service_day(date.fromisoformat(day)) is is_service_day


def test_every_day_is_a_service_day_by_default():
    assert all(EVERY_DAY.is_service_day(date(2026, 2, 10) + timedelta(days=n)) for n in range(30))


@pytest.mark.parametrize("kind", CalendarKind.values)
def test_override_has_the_last_word(kind):
    holiday, tuesday = date(2026, 10, 1), date(2026, 5, 12)
    calendar = ServiceCalendar(kind, {holiday: True, tuesday: False})

    assert (calendar.is_service_day(holiday), calendar.is_service_day(tuesday)) == (True, False)


@pytest.mark.parametrize(
    ("day", "following"),
    [
        ("2026-05-08", "2026-05-09"),  # Friday → made-up Saturday
        ("2026-05-09", "2026-05-11"),
        ("2026-04-30", "2026-05-06"),  # over Labour Day
        ("2026-02-14", "2026-02-24"),  # over Spring Festival
    ],
)
def test_next_service_day_passes_over_holidays(day, following):
    assert WORKING.next_service_day(date.fromisoformat(day)) == date.fromisoformat(following)


def test_service_days_after_counts_from_the_day_itself():
    day = date(2026, 4, 30)

    assert [WORKING.service_days_after(day, n) for n in (0, 1, 2)] == [
        day,
        date(2026, 5, 6),
        date(2026, 5, 7),
    ]


@pytest.mark.parametrize(
    ("calendar", "month", "n", "day"),
    [
        (EVERY_DAY, "2026-06-01", 5, "2026-06-05"),
        (WORKING, "2026-06-01", 5, "2026-06-05"),
        (WORKING, "2026-05-01", 1, "2026-05-06"),
        (WORKING, "2026-05-01", 5, "2026-05-11"),
        (WORKING, "2026-10-01", 1, "2026-10-08"),
        (EVERY_DAY, "2026-02-01", 29, "2026-03-01"),
    ],
)
def test_nth_service_day_of_a_month(calendar, month, n, day):
    assert calendar.nth_service_day_of(date.fromisoformat(month), n) == date.fromisoformat(day)


@given(day=DATES, moved=st.dictionaries(DATES, st.booleans(), max_size=8))
def test_next_service_day_is_the_first_one_after(day, moved):
    calendar = ServiceCalendar(CalendarKind.WORKING_DAYS, moved)

    following = calendar.next_service_day(day)

    between = [day + timedelta(days=n) for n in range(1, (following - day).days)]
    assert following > day
    assert calendar.is_service_day(following)
    assert not any(calendar.is_service_day(other) for other in between)


@pytest.mark.django_db
def test_load_calendar_reads_the_overrides_in_one_query(django_assert_num_queries):
    CalendarOverride.objects.create(day=date(2026, 5, 12), is_service_day=False, name="停电")
    CalendarOverride.objects.create(day=date(2026, 5, 10), is_service_day=True)

    with django_assert_num_queries(1):
        calendar = load_calendar(CalendarKind.WORKING_DAYS)

    assert calendar == ServiceCalendar(
        CalendarKind.WORKING_DAYS, {date(2026, 5, 12): False, date(2026, 5, 10): True}
    )


@pytest.mark.django_db
def test_two_overrides_of_one_day_are_refused_by_the_database():
    CalendarOverride.objects.create(day=date(2026, 5, 12), is_service_day=False)

    with pytest.raises(IntegrityError), transaction.atomic():
        CalendarOverride.objects.create(day=date(2026, 5, 12), is_service_day=True)


HOLIDAY, SUNDAY, TUESDAY = date(2090, 2, 6), date(2090, 1, 8), date(2090, 1, 3)


@pytest.mark.parametrize(
    ("today", "overrides", "missing"),
    [
        (date(2026, 9, 30), {}, []),  # the days of 2026 are in the calendar
        (date(2089, 9, 30), {date(2089, 1, 8): True}, []),
        (date(2089, 10, 1), {date(2089, 1, 8): True}, [2090]),
        (date(2089, 12, 31), {date(2089, 1, 8): True, HOLIDAY: False, TUESDAY: True}, [2090]),
        (date(2089, 10, 1), {date(2089, 1, 8): True, SUNDAY: True}, []),
        (date(2089, 10, 1), {}, [2089, 2090]),
        (date(2090, 1, 1), {}, [2090]),
    ],
)
def test_years_without_make_up_days_are_named_from_october_on(today, overrides, missing):
    assert years_without_make_up_days(today, overrides) == missing
