"""Times in sentences and files, numbers in files; for screens see tests/satisfaction/portal/test_formats.py."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest
import time_machine

from satisfaction.core.formats import (
    format_clock,
    format_iso_day,
    format_iso_minute,
    format_iso_second,
    format_moment,
    format_short_minute,
    format_spoken_moment,
    two_decimals,
)

EARLY = datetime(2026, 5, 10, 22, 2, 5, tzinfo=UTC)  # 06:02 of the 11th in Shanghai


@pytest.mark.parametrize(
    ("written", "text"),
    [
        (format_clock, "06:02"),
        (format_short_minute, "05-11 06:02"),
        (format_iso_day, "2026-05-11"),
        (format_iso_minute, "2026-05-11 06:02"),
        (format_iso_second, "2026-05-11 06:02:05"),
    ],
)
def test_a_time_is_written_in_the_centres_zone(written, text):
    assert written(EARLY) == text


@pytest.mark.parametrize(("day", "text"), [(11, "今天 6:02"), (12, "昨天 6:02"), (20, "5月11日 6:02")])
def test_a_spoken_time_has_no_leading_zero(day, text):
    now = datetime(2026, 5, day, 4, tzinfo=UTC)

    assert format_spoken_moment(EARLY, now) == text


def test_a_time_on_a_screen_has_two_digits():
    with time_machine.travel(EARLY, tick=False):
        assert format_moment(EARLY) == "今天 06:02"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, None),
        (Fraction(1, 200), "0.01"),
        (1234, "1234.00"),
        (0.145, "0.15"),
        (Fraction(-1, 8), "-0.13"),
    ],
)
def test_two_decimals_of_a_file_are_rounded_half_up_without_groups(number, text):
    assert two_decimals(number) == text
