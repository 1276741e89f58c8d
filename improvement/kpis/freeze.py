"""What a settled month's KPIs were: kept once, right after the settling (§8, §10)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from evaluations.models import Settlement
from improvement.enums import LIVE_KPIS
from improvement.models import SettledKpi
from satisfaction.core.locks import hold

from .periods import month_span
from .queries import everything, kpi_numbers


def freeze_settled_kpis(*, now: datetime) -> list[date]:
    """Keeps the KPIs of every settled month that has none yet, oldest first; gives these months.

    A second run finds none. Revisits and steps are not among them: they count when they are due.
    """
    missing = Settlement.objects.in_force().filter(
        ~Exists(SettledKpi.objects.filter(settlement=OuterRef("pk")))
    )
    found = missing.order_by("month").values_list("pk", flat=True)
    return [month for pk in found if (month := freeze(pk, now=now))]


@transaction.atomic
def freeze(settlement: int, *, now: datetime) -> date | None:
    """The month whose KPIs are kept now; None: kept already, reopened, or without any order."""
    hold(f"kpis {settlement}")
    settled = Settlement.objects.in_force().defer("snapshot", "policy").filter(pk=settlement).first()
    if settled is None or SettledKpi.objects.filter(settlement=settled).exists():
        return None
    numbers = kpi_numbers(everything((month_span(settled.month),), now=now))
    kept = SettledKpi.objects.bulk_create(
        SettledKpi(
            settlement=settled,
            crew_id=cell.crew,
            key=kpi,
            counted=tally.counted,
            of=tally.of,
            outside=tally.outside,
        )
        for cell, tallies in numbers.tallies.items()
        for kpi, tally in tallies.items()
        if cell.crew is not None and kpi not in LIVE_KPIS
    )
    return settled.month if kept else None
