"""How large a generated centre is, and how many orders close on which day."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from satisfaction.calendars import days
from satisfaction.core.errors import Refused

A_TECHNICIAN, A_CREW, A_DISPATCHER, A_MANAGER = 3, 6, 40, 15
"""Orders a day of one technician, technicians of a crew, calls a day of one dispatcher and one manager."""
# The draw weighs every technician against every caller: beyond these the callers just have more to do.
LEAST_DISPATCHERS, MOST_DISPATCHERS, LEAST_MANAGERS, MOST_MANAGERS = 3, 16, 2, 5
MANAGERS_SHARE = 0.1
MOST_DAYS = 3_660  # ten years
WEEKEND = 0.6
"""What a Saturday or Sunday has of a working day's orders."""


@dataclass(frozen=True)
class Shape:
    """`orders` closed on `length` days up to yesterday; the latest `open_share` of them wait to be called."""

    orders: int
    length: int
    today: date
    seed: int = 1
    open_share: float = 0.05

    def __post_init__(self) -> None:
        if self.orders < 1 or self.length < 1:
            raise Refused(_("工单数和天数须至少为 1。"))
        if self.length > MOST_DAYS:
            raise Refused(_("天数最多 %(most)d。") % {"most": MOST_DAYS})
        if not 0 <= self.open_share <= 1:
            raise Refused(_("待回访比例须在 0 和 1 之间。"))

    @property
    def closing_days(self) -> list[date]:
        return days.days_between(self.today - timedelta(days=self.length), self.today - timedelta(days=1))

    @property
    def a_day(self) -> float:
        return self.orders / self.length

    @property
    def technicians(self) -> int:
        return max(1, math.ceil(self.a_day / A_TECHNICIAN))

    @property
    def crews(self) -> int:
        return math.ceil(self.technicians / A_CREW)

    @property
    def dispatchers(self) -> int:
        wanted = math.ceil(self.a_day * (1 - MANAGERS_SHARE) / A_DISPATCHER)
        return min(max(wanted, LEAST_DISPATCHERS), MOST_DISPATCHERS)

    @property
    def managers(self) -> int:
        wanted = math.ceil(self.a_day * MANAGERS_SHARE / A_MANAGER)
        return min(max(wanted, LEAST_MANAGERS), MOST_MANAGERS)

    @property
    def first_open(self) -> int:
        """The number (from 1) of the first order that is not evaluated yet."""
        return self.orders - round(self.orders * self.open_share) + 1

    def by_day(self) -> dict[date, int]:
        """Orders of each day, fewer at weekends; they add up to `orders`."""
        weights = [WEEKEND if day.weekday() >= 5 else 1.0 for day in self.closing_days]
        a_unit, given, counts = self.orders / sum(weights), 0.0, {}
        for day, weight in zip(self.closing_days, weights, strict=True):
            counts[day] = round(given + weight * a_unit) - round(given)
            given += weight * a_unit
        return counts
