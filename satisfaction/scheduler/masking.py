"""Permanent masking of reporters' names and phones, some months after their orders (domain §12.6).

It cannot be undone. Ratings, points and scores do not change.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from evaluations.enums import OPEN
from evaluations.models import Callback, CallbackAttempt, DoNotCall
from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.calendars import days
from workorders.models import PendingChange, WorkOrder
from workorders.phones import masked

BATCH_SIZE = 500
MIN_MONTHS = 3  # by then calls, objections, revisits and meetings of a month are over
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
    """Masks orders older than `after_months` (0: none); returns the number of orders.

    Orders with an open callback are left for later. History, attempts and the do-not-call list are masked
    too. Each batch is a transaction of its own; repeating it finds nothing. A run that masked anything
    records one audit event.
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
            record_event(AuditKind.PEOPLE_MASKED, by=None, at=now, about=limit.isoformat(), details=details)
    return count


def _months_before(day: date, months: int) -> date:
    """Returns the first of the month `months` months ago: whole months are masked."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return date(year, month + 1, 1)


def orders_to_mask(limit: date) -> QuerySet[WorkOrder]:
    """Unmasked orders closed (if never closed: received) before `limit`, without an open callback."""
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
    """Masks history, pending changes and attempts of these orders."""
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
    """Masks entries that ended before `limit`; each gets a key that matches no phone."""
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
    """Returns 张** ; an empty name stays empty."""
    return f"{name[:1]}**" if name else ""
