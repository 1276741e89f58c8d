"""Masking reporters' names and phones for good, some months after their orders (domain §12).

It cannot be undone. Ratings, points and scores stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from evaluations.enums import OPEN
from evaluations.models import Callback, CallbackAttempt, DoNotCall
from satisfaction.audit.actions import record
from satisfaction.audit.enums import AuditKind
from satisfaction.calendars import days
from workorders.models import PendingChange, WorkOrder
from workorders.phones import masked

BATCH_SIZE = 500
MIN_MONTHS = 3  # calls, objections, revisits and meetings of a month are over by then
MASK = "****"
MASKED_FIELDS = [
    "reporter_name",
    "reporter_phone",
    "reporter_phone_key",
    "reporter_other_key",
    "imported",
    "reporter_masked_at",
]


def mask_reporters(*, after_months: int, now: datetime) -> int:
    """Masks what is older than so many months (0: nothing), and returns how many orders that were.

    An order whose callback is still open waits. History, attempts and entries of the do-not-call list are included.
    Each batch is a transaction of its own; a second run finds nothing. One audit event a run that masked anything.
    """
    if not after_months:
        return 0
    limit = _months_before(days.local_day(now), max(after_months, MIN_MONTHS))
    count = 0
    while batch := _mask_batch(limit, now=now):
        count += batch
    entries = _mask_do_not_call(limit)
    if count or entries:
        with transaction.atomic():
            details = {"before": limit.isoformat(), "orders": count, "do_not_call": entries}
            record(AuditKind.PEOPLE_MASKED, by=None, at=now, about=limit.isoformat(), details=details)
    return count


def _months_before(day: date, months: int) -> date:
    """The first of the month so many months ago: whole months are masked."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)


def orders_to_mask(limit: date) -> QuerySet[WorkOrder]:
    """Orders closed (or received and never closed) before `limit`, not masked and not still to be called."""
    is_open = Exists(Callback.objects.filter(order=OuterRef("pk"), state__in=OPEN))
    is_old = Q(closed_on__lt=limit) | Q(closed_on__isnull=True, received_at__lt=days.start_of_day(limit))
    return WorkOrder.objects.filter(is_old, reporter_masked_at__isnull=True).exclude(is_open)


@transaction.atomic
def _mask_batch(limit: date, *, now: datetime) -> int:
    orders = list(orders_to_mask(limit).select_for_update(of=("self",)).order_by("pk")[:BATCH_SIZE])
    for order in orders:
        _mask(order, now)
    WorkOrder.objects.bulk_update(orders, MASKED_FIELDS)
    _mask_traces([order.pk for order in orders])
    return len(orders)


def _mask(order: WorkOrder, now: datetime) -> None:
    order.reporter_name = masked_name(order.reporter_name)
    order.reporter_phone = masked(order.reporter_phone)
    order.reporter_phone_key = order.reporter_other_key = ""
    order.imported = without_reporter(order.imported)
    order.reporter_masked_at = now


def _mask_traces(orders: Sequence[int]) -> None:
    """What history and attempts hold of these orders; nobody is told which number was dialled."""
    past = WorkOrder.history.filter(id__in=orders)
    past.update(reporter_phone_key="", reporter_other_key="")
    past.exclude(reporter_phone="").update(reporter_phone=MASK)
    past.exclude(reporter_name="").update(reporter_name="**")
    for change in PendingChange.objects.filter(order__in=orders):
        change.said = without_reporter(change.said)
        change.save(update_fields=["said"])
    CallbackAttempt.objects.filter(callback__order__in=orders).update(phone=MASK)


@transaction.atomic
def _mask_do_not_call(limit: date) -> int:
    """Entries that ended before `limit`; their keys equal no other."""
    over = Q(ended_at__lt=days.start_of_day(limit)) | Q(until_on__lt=limit)
    entries = list(DoNotCall.objects.select_for_update().filter(over).exclude(phone_key__startswith="masked"))
    for entry in entries:
        key = f"masked {entry.pk}"
        name = masked_name(entry.name)
        past = DoNotCall.history.filter(id=entry.pk)
        past.update(phone=MASK, phone_key=key, name=name)
        DoNotCall.objects.filter(pk=entry.pk).update(phone=masked(entry.phone), phone_key=key, name=name)
    return len(entries)


def without_reporter(said: dict[str, str]) -> dict[str, str]:
    return {field: value for field, value in said.items() if field not in ("reporter_name", "reporter_phone")}


def masked_name(name: str) -> str:
    """张** ; an empty name stays empty."""
    return f"{name[:1]}**" if name else ""
