"""Service days: every day, or Chinese working days with make-up days; plus overrides (domain §2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache

import holidays

from .enums import CalendarKind


@cache
def china_holidays(year: int) -> holidays.HolidayBase:
    """Returns the holidays and make-up working days of one year, with Chinese names."""
    return holidays.country_holidays("CN", years=year, language="zh_CN")


@dataclass(frozen=True)
class ServiceCalendar:
    """The kind of calendar in the policy, and the overrides by day. Pure."""

    kind: str = CalendarKind.EVERY_DAY
    overrides: Mapping[date, bool] = field(default_factory=dict)

    def is_service_day(self, day: date) -> bool:
        if day in self.overrides:
            return self.overrides[day]
        return self.kind == CalendarKind.EVERY_DAY or china_holidays(day.year).is_working_day(day)

    def next_service_day(self, day: date) -> date:
        """Returns the first service day after `day`."""
        following = day + timedelta(days=1)
        while not self.is_service_day(following):
            following += timedelta(days=1)
        return following

    def service_days_after(self, day: date, count: int) -> date:
        """Returns the count-th service day after `day`; for count 0 the day itself."""
        for _ in range(count):
            day = self.next_service_day(day)
        return day

    def nth_service_day_of(self, month: date, n: int) -> date:
        """Returns the n-th service day of the month; it lies in the next month if this one has fewer."""
        return self.service_days_after(month.replace(day=1) - timedelta(days=1), n)


WARNING_MONTH = 10
"""From October on the coming year is checked: its make-up days are published in the last months of a year."""


def years_without_make_up_days(today: date, overrides: Mapping[date, bool]) -> list[int]:
    """Returns this year and from October on the next one, if no make-up day is known for it (domain §2.1)."""
    years = [today.year] + ([today.year + 1] if today.month >= WARNING_MONTH else [])
    return [year for year in years if not _has_make_up_days(year, overrides)]


def _has_make_up_days(year: int, overrides: Mapping[date, bool]) -> bool:
    known = [*china_holidays(year).weekend_workdays, *(day for day, is_open in overrides.items() if is_open)]
    return any(day.year == year and day.weekday() >= 5 for day in known)
