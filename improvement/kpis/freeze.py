"""Stores the KPIs of a settled month once, right after settling (domain §10.4)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from evaluations.models import Settlement
from improvement.enums import LIVE_KPIS
from improvement.models import SettledKpi
from satisfaction.core.locks import acquire_lock

from .periods import month_span
from .queries import kpi_numbers, unrestricted_scope


def freeze_settled_kpis(*, now: datetime) -> list[date]:
    """Stores the KPIs of every settled month without stored KPIs, oldest first. Returns these months.

    A second run finds none. Revisits and steps are not stored: they count when they are due.
    """
    missing = Settlement.objects.in_force().filter(
        ~Exists(SettledKpi.objects.filter(settlement=OuterRef("pk")))
    )
    found = missing.order_by("month").values_list("pk", flat=True)
    return [month for pk in found if (month := freeze_settlement(pk, now=now))]


@transaction.atomic
def freeze_settlement(settlement: int, *, now: datetime) -> date | None:
    """Returns the month whose KPIs were stored; None: stored before, reopened, or without orders."""
    acquire_lock(f"kpis {settlement}")
    settled = Settlement.objects.in_force().defer("snapshot", "policy").filter(pk=settlement).first()
    if settled is None or SettledKpi.objects.filter(settlement=settled).exists():
        return None
    numbers = kpi_numbers(unrestricted_scope((month_span(settled.month),), now=now))
    stored = SettledKpi.objects.bulk_create(
        SettledKpi(
            settlement=settled,
            crew_id=key.crew,
            key=kpi,
            counted=tally.counted,
            of=tally.of,
            outside=tally.outside,
        )
        for key, tallies in numbers.tallies.items()
        for kpi, tally in tallies.items()
        if key.crew is not None and kpi not in LIVE_KPIS
    )
    return settled.month if stored else None
