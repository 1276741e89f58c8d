"""The locks of the evaluation: in this order, so that nobody deadlocks (domain §6)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from satisfaction.core.locks import acquire_lock
from workorders.models import WorkOrder

from .models import Callback


def hold_do_not_call() -> None:
    """The list of numbers, and whatever withdraws or sets aside by it, one at a time; before any row is locked."""
    acquire_lock("do not call")


def hold_feedback() -> None:
    """What gives a crew news and its acknowledgement, one at a time; before any row is locked.

    An acknowledgement never covers a result that was committed after it, though its time was read before.
    """
    acquire_lock("feedback to crews")


def lock_orders(ids: Iterable[int]) -> list[WorkOrder]:
    """Locks orders by key. Who locks orders and callbacks locks the orders first, so that nobody deadlocks."""
    rows = WorkOrder.objects.filter(pk__in=list(ids)).order_by("pk")
    return list(rows.select_for_update(of=("self",)))


def lock_callbacks(which: Q) -> list[Callback]:
    """Locks in the order of the key, so that two who lock overlapping sets wait and do not deadlock."""
    rows = Callback.objects.filter(which).select_related("order").order_by("pk")
    return list(rows.select_for_update(of=("self",)))
