"""Data of the annual appraisal from the settled months of a year (domain §8.14)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q

from evaluations.models import Award, Settlement
from improvement.revisits.queries import orders_needing_revisit


@dataclass(frozen=True)
class SettledMonth:
    """The ranking rows of a settled month, and the policy numbers of its settlement."""

    month: date
    policy: dict[str, Any]
    technicians: list[dict[str, Any]]
    crews: list[dict[str, Any]]


def settled_months(year: int) -> list[SettledMonth]:
    """Returns the settled months in order; reads only the two tables of each snapshot. One query."""
    rows = Settlement.objects.in_force().filter(month__year=year).order_by("month")
    tables = ("snapshot__table__technicians", "snapshot__table__crews")
    return [
        SettledMonth(month, policy, technicians or [], crews or [])
        for month, policy, technicians, crews in rows.values_list("month", "policy", *tables)
    ]


def awards_of_year(year: int) -> list[Award]:
    """Returns the awards of settlements in force, by month. One query."""
    awards = Award.objects.filter(settlement__month__year=year, settlement__reopened_at__isnull=True)
    awards = awards.select_related("settlement", "technician__crew", "crew").defer("settlement__snapshot")
    return list(awards.order_by("settlement__month", "kind"))


@dataclass(frozen=True)
class YearRevisits:
    """Revisits needed and submitted for a year's orders, by technician id and by crew id."""

    needed_by_technician: Counter[int]
    handed_in_by_technician: Counter[int]
    needed_by_crew: Counter[int]
    handed_in_by_crew: Counter[int]


def revisits_of_year(year: int, *, now: datetime, crews: frozenset[int] | None = None) -> YearRevisits:
    """Returns the revisits of orders closed in the year; `crews` None: of all crews. One query."""
    orders = orders_needing_revisit(now).filter(closed_on__range=(date(year, 1, 1), date(year, 12, 31)))
    if crews is not None:
        orders = orders.filter(crew__in=crews)
    found = YearRevisits(Counter(), Counter(), Counter(), Counter())
    handed_in = Count("pk", filter=Q(revisit__submitted_at__isnull=False))
    rows = orders.order_by().values_list("technician_id", "crew_id").annotate(n=Count("pk"), m=handed_in)
    for technician, crew, needed, came in rows:
        found.needed_by_technician[technician] += needed
        found.handed_in_by_technician[technician] += came
        found.needed_by_crew[crew] += needed
        found.handed_in_by_crew[crew] += came
    return found


def latest_settled_month() -> date | None:
    return Settlement.objects.in_force().order_by("-month").values_list("month", flat=True).first()
