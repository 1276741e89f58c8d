"""Days, months and years of KPIs, and the period each is compared with (domain §10.1)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from satisfaction.calendars import days

from .queries import DaySpan

DAYS_BACK, MONTHS_BACK = 14, 12
"""Number of days or months in the chart of a KPI, the chosen one included."""


class PeriodUnit(Enum):
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class Period:
    """A period made of `spans` (days or months), compared with `before`; `course`: the spans of the chart."""

    unit: PeriodUnit
    spans: tuple[DaySpan, ...]
    before: tuple[DaySpan, ...]
    course: tuple[DaySpan, ...]
    today: date

    @property
    def first(self) -> date:
        return self.spans[0].first

    @property
    def last(self) -> date:
        return self.spans[-1].last

    @property
    def last_past(self) -> date:
        """The last day of the period, at most today."""
        return min(self.last, self.today)

    @property
    def needed(self) -> tuple[DaySpan, ...]:
        return tuple(sorted({*self.spans, *self.before, *self.course}))


def month_span(month: date) -> DaySpan:
    return DaySpan(month, days.last_of_month(month))


def months_back(month: date, count: int) -> tuple[DaySpan, ...]:
    """Returns `count` months that end with `month`."""
    months = [month]
    while len(months) < count:
        months.append(days.previous_month(months[-1]))
    return tuple(month_span(one) for one in reversed(months))


def months_in(first: date, last: date) -> tuple[DaySpan, ...]:
    """Returns the months from the month of `first` to the month of `last`."""
    months = []
    month = days.first_of_month(first)
    while month <= last:
        months.append(month_span(month))
        month = days.next_month(month)
    return tuple(months)


def period_of(unit: PeriodUnit, day: date, *, today: date) -> Period:
    """Returns the day, month or year of `day`, and the periods before it. A year ends with the current month."""
    if unit is PeriodUnit.DAY:
        course = tuple(
            DaySpan(one, one) for one in days.days_between(day - timedelta(days=DAYS_BACK - 1), day)
        )
        return Period(unit, course[-1:], course[-2:-1], course, today)
    if unit is PeriodUnit.MONTH:
        course = months_back(days.first_of_month(day), MONTHS_BACK)
        return Period(unit, course[-1:], course[-2:-1], course, today)
    both = months_back(day.replace(month=12, day=1), 24)
    before, year = both[:12], tuple(span for span in both[12:] if span.first <= today)
    return Period(unit, year, before, year, today)
