"""The size of a generated centre, and its orders by day."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from django.utils.translation import gettext as _

from satisfaction.calendars import days
from satisfaction.core.errors import Refused

ORDERS_PER_TECHNICIAN, TECHNICIANS_PER_CREW, CALLS_PER_DISPATCHER, CALLS_PER_MANAGER = 3, 6, 40, 15
"""Sizes of staff follow from these; orders and calls are for one day."""
# The draw compares every technician with every caller; above these limits callers get more calls instead.
MIN_DISPATCHERS, MAX_DISPATCHERS, MIN_MANAGERS, MAX_MANAGERS = 3, 16, 2, 5
MANAGER_SHARE = 0.1
MAX_DAYS = 3_660  # ten years
MAX_TECHNICIANS = 99_999  # five digits of the employee number
WEEKEND_WEIGHT = 0.6
"""Orders of a Saturday or Sunday as a share of a working day's."""


@dataclass(frozen=True)
class CentreSize:
    """`orders` closed on `length` days up to yesterday.

    Not called yet are the orders of the last `open_days`; without it the latest `open_share` of all orders.
    `staff`: number of technicians; without it as many as the orders of a day need.
    """

    orders: int
    length: int
    today: date
    seed: int = 1
    open_share: float = 0.05
    open_days: int | None = None
    staff: int | None = None

    def __post_init__(self) -> None:
        if self.orders < 1 or self.length < 1:
            raise Refused(_("工单数和天数须至少为 1。"))
        if self.length > MAX_DAYS:
            raise Refused(_("天数最多 %(most)d。") % {"most": MAX_DAYS})
        if not 0 <= self.open_share <= 1:
            raise Refused(_("待回访比例须在 0 和 1 之间。"))
        if self.open_days is not None and not 0 <= self.open_days <= self.length:
            raise Refused(_("待回访天数须在 0 和天数之间。"))
        if self.staff is not None and not 1 <= self.staff <= MAX_TECHNICIANS:
            raise Refused(_("维修人数须在 1 和 %(most)d 之间。") % {"most": MAX_TECHNICIANS})

    @property
    def closing_days(self) -> list[date]:
        return days.days_between(self.today - timedelta(days=self.length), self.today - timedelta(days=1))

    @property
    def a_day(self) -> float:
        return self.orders / self.length

    @property
    def technicians(self) -> int:
        return self.staff or max(1, math.ceil(self.a_day / ORDERS_PER_TECHNICIAN))

    @property
    def crews(self) -> int:
        return math.ceil(self.technicians / TECHNICIANS_PER_CREW)

    @property
    def dispatchers(self) -> int:
        wanted = math.ceil(self.a_day * (1 - MANAGER_SHARE) / CALLS_PER_DISPATCHER)
        return min(max(wanted, MIN_DISPATCHERS), MAX_DISPATCHERS)

    @property
    def managers(self) -> int:
        wanted = math.ceil(self.a_day * MANAGER_SHARE / CALLS_PER_MANAGER)
        return min(max(wanted, MIN_MANAGERS), MAX_MANAGERS)

    @cached_property
    def first_open(self) -> int:
        """Number (from 1) of the first order that is not evaluated yet."""
        if self.open_days is not None:
            return sum(list(self.by_day().values())[: self.length - self.open_days]) + 1
        return self.orders - round(self.orders * self.open_share) + 1

    def by_day(self) -> dict[date, int]:
        """Returns the orders of each day, fewer at weekends; the sum is `orders`."""
        weights = [WEEKEND_WEIGHT if day.weekday() >= 5 else 1.0 for day in self.closing_days]
        a_unit, given, counts = self.orders / sum(weights), 0.0, {}
        for day, weight in zip(self.closing_days, weights, strict=True):
            counts[day] = round(given + weight * a_unit) - round(given)
            given += weight * a_unit
        return counts
