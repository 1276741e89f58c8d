"""Days and months in addresses: `<day:day>` 2026-05-11, `<month:month>` 2026-05.

An invalid day, or one outside the supported years (`days.FIRST_YEAR`), matches no address: 404.
"""

from __future__ import annotations

from datetime import date

from django.urls import register_converter

from satisfaction.calendars import days


class DayConverter:
    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return days.parse_day(value)

    def to_url(self, value: date) -> str:
        return f"{value:%Y-%m-%d}"


class MonthConverter:
    """A month is represented by its first day; any day of it gives the same address."""

    regex = r"\d{4}-\d{2}"

    def to_python(self, value: str) -> date:
        return days.parse_month(value)

    def to_url(self, value: date) -> str:
        return f"{value:%Y-%m}"


def register_converters() -> None:
    """Registers `<day:…>` and `<month:…>`; call it before URLconfs are loaded."""
    register_converter(DayConverter, "day")
    register_converter(MonthConverter, "month")
