"""Explanation of a score: its parts, its days, and the orders with both ratings (domain §8.5)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Count

from evaluations.enums import Group, Rating
from evaluations.models import Callback, Settlement
from satisfaction.calendars import days
from workorders.models import WorkOrder

from .participation import ParticipationRules, participating_orders, participation_rules


class OrderPoints(NamedTuple):
    """One order that took part; compact, because a settled month stores thousands.

    `day`: YYYY-MM-DD. `self_rating`: empty when the crew did not rate. `caller`: id of the drawn caller.
    """

    order: int
    number: str
    day: str
    technician: int
    crew: int
    self_points: int
    callback_points: int
    self_rating: str
    callback_rating: str
    group: str
    caller: int | None

    @property
    def points(self) -> int:
        return self.self_points + self.callback_points

    @property
    def is_rated_by_crew(self) -> bool:
        return bool(self.self_rating)

    @property
    def closed_on(self) -> date:
        return date.fromisoformat(self.day)


ORDER_POINTS_FIELDS = (
    "pk",
    "number",
    "closed_on",
    "technician_id",
    "crew_id",
    "own_points",
    "callback__points",
    "self_evaluation__rating",
    "callback__rating",
    "callback__group",
    "callback__drawn_caller_id",
)


def participants_between(first: date, last: date, rules: ParticipationRules, **of: Any) -> list[OrderPoints]:
    """Returns the orders that take part, by closing time. `of`: further conditions (technician, crew)."""
    orders = participating_orders(first, last, rules).filter(**of).order_by("closed_at", "number")
    return [
        OrderPoints(pk, number, day.isoformat(), technician, crew, own, points, rating or "", *rest)
        for pk, number, day, technician, crew, own, points, rating, *rest in orders.values_list(
            *ORDER_POINTS_FIELDS
        )
    ]


def month_participants(month: date, rules: ParticipationRules) -> list[OrderPoints]:
    """Returns every order of the month that takes part, for the settlement."""
    return participants_between(month, days.last_of_month(month), rules)


def month_orders(month: date, settlement: Settlement | None, **of: Any) -> list[OrderPoints]:
    """Returns the orders of the month that take part: stored ones in a settled month, else computed.

    `of`: technician=, crew= (ids).
    """
    if settlement is None:
        return participants_between(month, days.last_of_month(month), participation_rules(month), **of)
    shares = settlement.shares.filter(**of).order_by("pk").values_list("orders", flat=True)
    return sorted((OrderPoints(*row) for rows in shares for row in rows), key=lambda one: one.day)


def problem_counts(month: date, rules: ParticipationRules) -> list[dict[str, Any]]:
    """Returns the problem types of the month's dissatisfied ratings, most first: [{code, zh, en, count}]."""
    last = days.last_of_month(month)
    orders, ids = participating_orders(month, last, rules), WorkOrder.objects.ids_closed_between(month, last)
    named = Callback.objects.filter(
        order__in=orders.order_by().values("pk"),
        order__id__range=ids,  # without it all callbacks are read
        rating=Rating.DISSATISFIED,
        problem_types__isnull=False,
    )
    rows = named.values("problem_types__code", "problem_types__name_zh", "problem_types__name_en")
    rows = rows.annotate(count=Count("pk")).order_by("-count", "problem_types__code")
    return [
        {
            "code": row["problem_types__code"],
            "zh": row["problem_types__name_zh"],
            "en": row["problem_types__name_en"],
            "count": row["count"],
        }
        for row in rows
    ]


# --- Sums -----------------------------------------------------------------------------------------


@dataclass
class GroupSum:
    """Callbacks of one group: number, points, and number by caller."""

    count: int = 0
    points: int = 0
    callers: Counter[int | None] = field(default_factory=Counter)

    @property
    def least(self) -> int:
        return min(self.callers.values(), default=0)

    @property
    def most(self) -> int:
        return max(self.callers.values(), default=0)


@dataclass
class PointSums:
    """Parts of the points. `by_crew`: orders rated by the crew. `not_rated`: orders with the lowest self points."""

    count: int = 0
    by_crew: int = 0
    self_points: int = 0
    not_rated: int = 0
    missing_points: int = 0
    groups: dict[str, GroupSum] = field(default_factory=lambda: {g.value: GroupSum() for g in Group})
    other: GroupSum = field(default_factory=GroupSum)

    @property
    def points(self) -> int:
        called = [*self.groups.values(), self.other]
        return self.self_points + self.missing_points + sum(group.points for group in called)


def sum_points(orders: Iterable[OrderPoints]) -> PointSums:
    """Returns the parts of the orders' points: the crew's, those for missing ratings, and each group's."""
    sums = PointSums()
    for one in orders:
        sums.count += 1
        if one.is_rated_by_crew:
            sums.by_crew += 1
            sums.self_points += one.self_points
        else:
            sums.not_rated += 1
            sums.missing_points += one.self_points
        group = sums.groups.get(one.group, sums.other)
        group.count += 1
        group.points += one.callback_points
        group.callers[one.caller] += 1
    return sums


@dataclass(frozen=True)
class DayTotals:
    """One day of a score: orders in scope, orders that took part, and their points."""

    day: date
    orders: int
    taking_part: int
    self_points: int
    callback_points: int

    @property
    def points(self) -> int:
        return self.self_points + self.callback_points


def totals_by_day(orders: Sequence[OrderPoints], left_out_days: Iterable[str]) -> list[DayTotals]:
    """Returns the days of a score, oldest first. `left_out_days`: the day of each order in scope left out."""
    took_part: dict[str, list[OrderPoints]] = defaultdict(list)
    for one in orders:
        took_part[one.day].append(one)
    others = Counter(left_out_days)
    return [
        DayTotals(
            day=date.fromisoformat(day),
            orders=len(took_part[day]) + others[day],
            taking_part=len(took_part[day]),
            self_points=sum(one.self_points for one in took_part[day]),
            callback_points=sum(one.callback_points for one in took_part[day]),
        )
        for day in sorted({*took_part, *others})
    ]
