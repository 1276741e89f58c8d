"""Days and months in addresses: `<day:day>` 2026-05-11, `<month:month>` 2026-05; registered by importing this."""

from __future__ import annotations

from datetime import date, datetime

from django.urls import register_converter


class DayConverter:
    regex = r"\d{4}-\d{2}-\d{2}"

    def to_python(self, value: str) -> date:
        return datetime.strptime(value, "%Y-%m-%d").date()

    def to_url(self, value: date) -> str:
        return f"{value:%Y-%m-%d}"


class MonthConverter:
    """A month is its first day; any day of the month makes its address."""

    regex = r"\d{4}-\d{2}"

    def to_python(self, value: str) -> date:
        return datetime.strptime(value, "%Y-%m").date()

    def to_url(self, value: date) -> str:
        return f"{value:%Y-%m}"


register_converter(DayConverter, "day")
register_converter(MonthConverter, "month")
