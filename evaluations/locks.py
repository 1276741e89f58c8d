"""Locks of the evaluation; take them in this order to avoid deadlocks (domain §6)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from satisfaction.core.locks import acquire_lock
from workorders.models import WorkOrder

from .models import Callback


def hold_do_not_call() -> None:
    """Serializes changes to the do-not-call list and the resulting withdrawals; take it before any row lock."""
    acquire_lock("do not call")


def hold_feedback() -> None:
    """Serializes new results for a crew and the crew's acknowledgement; take it before any row lock.

    An acknowledgement therefore never covers a result committed after it, even if the result has an earlier
    time.
    """
    acquire_lock("feedback to crews")


def lock_orders(ids: Iterable[int]) -> list[WorkOrder]:
    """Locks orders in primary-key order. To avoid deadlocks, lock orders before callbacks."""
    rows = WorkOrder.objects.filter(pk__in=list(ids)).order_by("pk")
    return list(rows.select_for_update(of=("self",)))


def lock_callbacks(which: Q) -> list[Callback]:
    """Locks callbacks in primary-key order, so that overlapping sets wait instead of deadlocking."""
    rows = Callback.objects.filter(which).select_related("order").order_by("pk")
    return list(rows.select_for_update(of=("self",)))
