"""What the settled months of a year hold for the annual appraisal (domain §8)."""

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
    """The rows of a settled month's ranking, and the policy's numbers with which it was settled."""

    month: date
    policy: dict[str, Any]
    technicians: list[dict[str, Any]]
    crews: list[dict[str, Any]]


def settled_months(year: int) -> list[SettledMonth]:
    """By month; of the snapshots only the two tables are read. One query."""
    rows = Settlement.objects.in_force().filter(month__year=year).order_by("month")
    tables = ("snapshot__table__technicians", "snapshot__table__crews")
    return [
        SettledMonth(month, policy, technicians or [], crews or [])
        for month, policy, technicians, crews in rows.values_list("month", "policy", *tables)
    ]


def awards_of_year(year: int) -> list[Award]:
    """Of the settlements in force, by month. One query."""
    awards = Award.objects.filter(settlement__month__year=year, settlement__reopened_at__isnull=True)
    awards = awards.select_related("settlement", "technician__crew", "crew").defer("settlement__snapshot")
    return list(awards.order_by("settlement__month", "kind"))


@dataclass(frozen=True)
class YearRevisits:
    """Revisits of a year's orders: needed, and handed in. By id of the technician, and of the crew."""

    needed_by_technician: Counter[int]
    handed_in_by_technician: Counter[int]
    needed_by_crew: Counter[int]
    handed_in_by_crew: Counter[int]


def revisits_of_year(year: int, *, now: datetime, crews: frozenset[int] | None = None) -> YearRevisits:
    """Of orders closed in the year, of these crews (None: of all). One query."""
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
