"""Revisits due in a period, each with its crew and whether it was in time (domain §10.1)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db.models import Q, QuerySet

from evaluations.models import RatingCorrection
from improvement.revisits.due_dates import RevisitDeadlines
from improvement.revisits.queries import orders_needing_revisit, with_seen_at
from improvement.revisits.rules import due_date
from satisfaction.calendars import days
from workorders.models import WorkOrder

ONE_DAY = timedelta(days=1)
MONTHS_FROM_RESULT_TO_DUE = 4
"""A revisit is due at most this many months after its result was published or corrected."""


class KpiRevisit(NamedTuple):
    order: int
    crew: int
    crew_name: str
    due_on: date
    is_in_time: bool


def revisits_due(
    first: date, last: date, *, now: datetime, deadlines: RevisitDeadlines
) -> Iterator[KpiRevisit]:
    """Yields the revisits due from `first` to `last`; of those not due yet only submitted ones. One query."""
    since, end = (
        days.start_of_day(months_before(first, MONTHS_FROM_RESULT_TO_DUE)),
        days.start_of_day(last + ONE_DAY),
    )
    fields = ("pk", "crew_id", "crew__name", "closed_on", "seen_at", "revisit__submitted_at")
    lately, corrected = (
        with_seen_at(orders).order_by().values_list(*fields)
        for orders in recent(orders_needing_revisit(now), since, end)
    )
    row: tuple[int, int, str, date, datetime, datetime | None]
    for row in lately.union(corrected, all=True):
        order, crew, name, closed_on, seen_at, submitted_at = row
        until = due_date(closed_on, days.local_day(seen_at), deadlines).at
        due_on = days.local_day(until)
        if first <= due_on <= last and (submitted_at or until <= now):
            yield KpiRevisit(order, crew, name, due_on, bool(submitted_at and submitted_at <= until))


def recent(
    orders: QuerySet[WorkOrder], since: datetime, end: datetime
) -> tuple[QuerySet[WorkOrder], QuerySet[WorkOrder]]:
    """Returns orders published and orders only corrected from `since` to `end`; each condition uses an index."""
    published = Q(callback__published_at__gte=since, callback__published_at__lt=end)
    corrected = RatingCorrection.objects.filter(callback__isnull=False, at__gte=since, at__lt=end)
    return orders.filter(published), orders.filter(~published, callback__in=corrected.values("callback"))


def months_before(day: date, count: int) -> date:
    """Returns the first day of the month `count` months before the month of `day`."""
    for _n in range(count):
        day = days.previous_month(day)
    return day
