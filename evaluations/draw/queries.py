"""Queries for the pages of the draw."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from evaluations.draw.rules.groups import managers_owed
from evaluations.enums import Group
from evaluations.models import Callback, DaySeed, DrawRun, EvaluationPolicy
from evaluations.visibility import VisibleOrder
from satisfaction.calendars import days
from workorders.models import WorkOrder
from workorders.models.orders import WorkOrderQuerySet


def runs_of_month(month: date) -> QuerySet[DrawRun]:
    """Returns the runs of the month, newest first, without input and output."""
    runs = DrawRun.objects.filter(day__range=(month, days.last_of_month(month)))
    return runs.select_related("seed", "by").defer("input", "output").order_by("-day", "-n")


def seeds_of_month(month: date, *, today: date) -> QuerySet[DaySeed]:
    """Returns the seeds of the month's days, newest first; for the current month also those of coming days.

    Their SHA-256 is public before, on and after the day (domain §5.5).
    """
    last = days.last_of_month(month)
    until = DaySeed.objects.aggregate(last=Max("day"))["last"] if month <= today <= last else None
    return DaySeed.objects.filter(day__range=(month, max(last, until or last))).order_by("-day")


def orders_by_importer(day: date) -> dict[int, list[tuple[str, int]]]:
    """Returns run number → (name, orders) of the people who imported or completed them; "" is a command.

    One query. The first run draws the day's workbook; the person who imports orders may influence the time of a later
    run.
    """
    rows = Callback.objects.filter(run__day=day, run__n__gt=1).values_list(
        "run__n", "order__entered_by__name"
    )
    found: dict[int, list[tuple[str, int]]] = {}
    for n, name, orders in rows.annotate(orders=Count("pk")).order_by(
        "run__n", "-orders", "order__entered_by"
    ):
        found.setdefault(n, []).append((name or "", orders))
    return found


@dataclass(frozen=True)
class ManagerDebt:
    """A crew's drawn orders of a month: managers' orders, and how many are missing to be less than 1 off."""

    crew: str
    orders: int
    managers: int
    owed: int


def manager_debts(month: date, *, except_for: frozenset[int]) -> list[ManagerDebt]:
    """Returns the crews with too few managers' orders in the month, by name (domain §5.1).

    `except_for`: the viewer's own crews; the debt would reveal which group calls their orders (domain §4).
    """
    drawn = Callback.objects.filter(
        run__isnull=False, order__closed_on__range=(month, days.last_of_month(month))
    ).exclude(order__crew__in=except_for)
    crews = drawn.values("order__crew__name").annotate(
        orders=Count("pk"), managers=Count("pk", filter=Q(drawn_group=Group.MANAGER))
    )
    rows = list(crews.values_list("order__crew__name", "orders", "managers").order_by("order__crew__name"))
    if not rows:
        return []
    share = Fraction(EvaluationPolicy.objects.for_month(month).manager_share)
    found = [ManagerDebt(name, n, managers, managers_owed(n, managers, share)) for name, n, managers in rows]
    return [row for row in found if row.owed]


def loads_of_day(visible: WorkOrderQuerySet[VisibleOrder], day: date) -> list[dict[str, Any]]:
    """Returns rows of group, caller, calling day and number of orders of one closing day, as drawn.

    Leaves out orders whose callback the viewer may not know: on a small day a count reveals the caller (domain §4).
    """
    known = visible.filter(closed_on=day, shows_callback=True).values("pk")
    rows = Callback.objects.filter(run__isnull=False, order__in=known, drawn_caller__isnull=False)
    counted = (
        rows.values("drawn_group", "drawn_caller__name", "drawn_calling_on")
        .annotate(n=Count("pk"))
        .order_by("drawn_group", "drawn_calling_on", "drawn_caller__name")
    )
    return [dict(row) for row in counted]


def drawn_of_day(visible: WorkOrderQuerySet[VisibleOrder], day: date) -> QuerySet[WorkOrder]:
    """Returns drawn orders of the day whose callback the viewer may know. `visible`: from `with_visibility`."""
    return (
        visible.filter(closed_on=day, callback__run__isnull=False, shows_callback=True)
        .select_related("crew", "technician", "callback__drawn_caller", "callback__caller", "callback__run")
        .order_by("number")
    )
