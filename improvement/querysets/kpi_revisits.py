"""The revisits that were due in a period, for the KPIs: each with its crew and whether it came in time (§10).

`due_revisits.due_between` says the same in SQL, for a few; many months of it are quicker worked out here.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet

from evaluations.models import RatingCorrection
from satisfaction.calendars import days
from workorders.models import WorkOrder

from ..rules.revisits import due
from .revisits import needing_revisit, with_seen_at
from .slots import Slots

MONTHS_FROM_RESULT_TO_DUE = 4
"""A revisit is due at the latest so many months after its result was published, or corrected."""


class RevisitDue(NamedTuple):
    order: int
    crew: int
    crew_name: str
    due_on: date
    is_in_time: bool


def revisits_due(first: date, last: date, *, now: datetime, slots: Slots) -> Iterator[RevisitDue]:
    """Revisits due from `first` to `last`; of what is not due yet only what was handed in. One query."""
    orders = with_seen_at(recent(needing_revisit(now), first)).order_by()
    fields = ("pk", "crew_id", "crew__name", "closed_on", "seen_at", "revisit__submitted_at")
    row: tuple[int, int, str, date, datetime, datetime | None]
    for row in orders.values_list(*fields):
        order, crew, name, closed_on, seen_at, submitted_at = row
        until = due(closed_on, days.local_day(seen_at), slots).at
        due_on = days.local_day(until)
        if first <= due_on <= last and (submitted_at or until <= now):
            yield RevisitDue(order, crew, name, due_on, bool(submitted_at and submitted_at <= until))


def recent(orders: QuerySet[WorkOrder], first: date) -> QuerySet[WorkOrder]:
    """Those whose revisit can be due on `first` or later."""
    month = days.first_of_month(first)
    for _n in range(MONTHS_FROM_RESULT_TO_DUE):
        month = days.previous_month(month)
    since = days.begins(month)
    corrected = RatingCorrection.objects.filter(callback__isnull=False, at__gte=since).values("callback")
    return orders.filter(Q(callback__published_at__gte=since) | Q(callback__in=corrected))
