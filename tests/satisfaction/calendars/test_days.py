"""Days and months in the centre's time zone."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from satisfaction.calendars import days
from satisfaction.core.errors import Refused


@pytest.mark.parametrize(
    ("utc", "day"),
    [
        (datetime(2026, 5, 11, 15, 59, 59, tzinfo=UTC), date(2026, 5, 11)),
        (datetime(2026, 5, 11, 16, 0, tzinfo=UTC), date(2026, 5, 12)),
        (datetime(2026, 12, 31, 16, 0, tzinfo=UTC), date(2027, 1, 1)),
    ],
)
def test_local_day_turns_at_the_centres_midnight(utc, day):
    assert days.local_day(utc) == day


def test_at_is_the_moment_the_centres_clock_shows():
    assert days.moment_at(date(2026, 5, 12), time(18, 0)) == datetime(2026, 5, 12, 10, 0, tzinfo=UTC)


def test_begins_and_the_next_begin_hold_exactly_one_day():
    first, last = date(2026, 5, 12), date(2026, 5, 13)

    assert days.start_of_day(last) - days.start_of_day(first) == timedelta(days=1)
    assert days.local_day(days.start_of_day(first)) == first
    assert days.local_day(days.start_of_day(last) - timedelta(microseconds=1)) == first


def test_days_follow_the_centres_zone_when_it_is_another(settings):
    settings.TIME_ZONE = "Europe/Berlin"
    moment = datetime(2026, 5, 11, 21, 59, tzinfo=UTC)

    assert (days.local_day(moment), days.local_day(moment + timedelta(minutes=1))) == (
        date(2026, 5, 11),
        date(2026, 5, 12),
    )


@pytest.mark.parametrize(
    ("day", "first", "last", "following", "before"),
    [
        ((2026, 1, 31), (2026, 1, 1), (2026, 1, 31), (2026, 2, 1), (2025, 12, 1)),
        ((2026, 2, 28), (2026, 2, 1), (2026, 2, 28), (2026, 3, 1), (2026, 1, 1)),
        ((2028, 2, 29), (2028, 2, 1), (2028, 2, 29), (2028, 3, 1), (2028, 1, 1)),
        ((2026, 12, 1), (2026, 12, 1), (2026, 12, 31), (2027, 1, 1), (2026, 11, 1)),
    ],
)
def test_months_around_a_day(day, first, last, following, before):
    day = date(*day)

    assert (
        days.first_of_month(day),
        days.last_of_month(day),
        days.next_month(day),
        days.previous_month(day),
    ) == (date(*first), date(*last), date(*following), date(*before))


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2100, 1, 1)))
def test_next_and_previous_month_undo_each_other(day):
    month = days.first_of_month(day)

    assert days.previous_month(days.next_month(month)) == month
    assert days.last_of_month(day) + timedelta(days=1) == days.next_month(day)


def test_days_between_has_both_ends():
    first = date(2026, 2, 27)

    assert days.days_between(first, date(2026, 3, 1)) == [first, date(2026, 2, 28), date(2026, 3, 1)]
    assert days.days_between(first, first) == [first]
    assert days.days_between(first, date(2026, 2, 26)) == []


def test_parse_day_and_month_read_what_the_commands_print():
    assert (days.parse_day("2026-05-12"), days.parse_month("2026-05")) == (
        date(2026, 5, 12),
        date(2026, 5, 1),
    )


@pytest.mark.parametrize("text", ["", "2026-02-30", "12.05.2026", "2026-05", "yesterday", "2026-05-12 08:00"])
def test_parse_day_refuses_anything_else_with_a_sentence(text):
    with pytest.raises(Refused) as refusal:
        days.parse_day(text)

    assert str(refusal.value) == f"“{text}”不是日期,请写成 YYYY-MM-DD。"


@pytest.mark.parametrize("text", ["", "2026-13", "2026-05-12", "May 2026"])
def test_parse_month_refuses_anything_else_with_a_sentence(text):
    with pytest.raises(Refused) as refusal:
        days.parse_month(text)

    assert str(refusal.value) == f"“{text}”不是月份,请写成 YYYY-MM。"


@pytest.mark.parametrize(
    ("read", "text", "year"),
    [
        (days.parse_day, "1969-12-31", 1969),
        (days.parse_day, "2101-01-01", 2101),
        (days.parse_day, "9999-12-31", 9999),
        (days.parse_month, "0001-01", 1),
        (days.parse_month, "9999-12", 9999),
    ],
)
def test_parsing_refuses_years_no_order_can_have(read, text, year):
    with pytest.raises(Refused) as refusal:
        read(text)

    assert str(refusal.value) == f"年份 {year} 不在 1970—2100 之间"
