"""Days, months and years of KPIs, with what each is compared to (§10)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from satisfaction.calendars import days

from .queries import Span

DAYS_BACK, MONTHS_BACK = 14, 12
"""How many days or months stand beside one another in the course of a KPI, the chosen one included."""


class Unit(Enum):
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class Period:
    """What is looked at: `spans` (days or months) make it up, `before` the one it is compared with."""

    unit: Unit
    spans: tuple[Span, ...]
    before: tuple[Span, ...]
    course: tuple[Span, ...]
    today: date
    """`course` is what the chart shows, the last span being the latest."""

    @property
    def first(self) -> date:
        return self.spans[0].first

    @property
    def last(self) -> date:
        return self.spans[-1].last

    @property
    def last_past(self) -> date:
        """The period's last day, or today where that is still to come."""
        return min(self.last, self.today)

    @property
    def needed(self) -> tuple[Span, ...]:
        return tuple(sorted({*self.spans, *self.before, *self.course}))


def month_span(month: date) -> Span:
    return Span(month, days.last_of_month(month))


def months_back(month: date, count: int) -> tuple[Span, ...]:
    """`count` months, the last one being `month`."""
    months = [month]
    while len(months) < count:
        months.append(days.previous_month(months[-1]))
    return tuple(month_span(one) for one in reversed(months))


def months_in(first: date, last: date) -> tuple[Span, ...]:
    """The months from that of `first` to that of `last`."""
    months = []
    month = days.first_of_month(first)
    while month <= last:
        months.append(month_span(month))
        month = days.next_month(month)
    return tuple(months)


def period_of(unit: Unit, day: date, *, today: date) -> Period:
    """The day, month or year of `day`, with what stands before it. A year goes up to the month of `today`."""
    if unit is Unit.DAY:
        course = tuple(Span(one, one) for one in days.days_between(day - timedelta(days=DAYS_BACK - 1), day))
        return Period(unit, course[-1:], course[-2:-1], course, today)
    if unit is Unit.MONTH:
        course = months_back(days.first_of_month(day), MONTHS_BACK)
        return Period(unit, course[-1:], course[-2:-1], course, today)
    both = months_back(day.replace(month=12, day=1), 24)
    before, year = both[:12], tuple(span for span in both[12:] if span.first <= today)
    return Period(unit, year, before, year, today)
