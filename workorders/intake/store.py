"""Many orders read under lock, and written, with a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from satisfaction.accounts.models import User
from workorders.models import WorkOrder

AT_ONCE = 500  # values in one query
NOT_WRITTEN = {"id", "number"}
WRITTEN = [f.name for f in WorkOrder._meta.concrete_fields if f.name not in NOT_WRITTEN]


def closing_days(numbers: Iterable[str]) -> set[date]:
    """Days on which the orders that exist were closed, as far as they are."""
    wanted = sorted(numbers)
    found: set[date] = set()
    for start in range(0, len(wanted), AT_ONCE):
        orders = WorkOrder.objects.filter(number__in=wanted[start : start + AT_ONCE], closed_on__isnull=False)
        found.update(orders.order_by().values_list("closed_on", flat=True).distinct())  # type: ignore[arg-type]
    return found


def existing_orders(numbers: Iterable[str], *, lock: bool = True) -> dict[str, WorkOrder]:
    """Orders by number, locked in the order of their ids (so that two lockers never wait for each other).

    `lock=False`: only read, outside a transaction.
    """
    wanted = sorted(numbers)
    ids: list[int] = []
    for start in range(0, len(wanted), AT_ONCE):
        part = wanted[start : start + AT_ONCE]
        ids += WorkOrder.objects.filter(number__in=part).values_list("pk", flat=True)
    ids.sort()
    found: dict[str, WorkOrder] = {}
    for start in range(0, len(ids), AT_ONCE):
        orders = WorkOrder.objects.filter(pk__in=ids[start : start + AT_ONCE]).order_by("pk")
        orders = orders.select_related("crew", "technician", "repeat_of", "duplicate_of")
        if lock:
            orders = orders.select_for_update(of=("self",))
        found |= {order.number: order for order in orders}
    return found


def store_new(orders: Sequence[WorkOrder]) -> None:
    WorkOrder.objects.bulk_create(orders, batch_size=AT_ONCE)


def store_changed(
    changed: Sequence[WorkOrder], remembered: Sequence[WorkOrder], *, now: datetime, by: User | None
) -> None:
    """`changed` get a row in their history; of `remembered` only what the import said is new."""
    orders = [*changed, *remembered]
    ids = [order.pk for order in changed]
    for start in range(0, len(ids), AT_ONCE):
        WorkOrder.objects.filter(pk__in=ids[start : start + AT_ONCE]).keep_first_versions()
    if orders:
        # An upsert of whole rows: a bulk_update of twenty columns takes ten times as long.
        WorkOrder.objects.bulk_create(
            orders, batch_size=AT_ONCE, update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN
        )
    WorkOrder.history.bulk_history_create(
        changed, batch_size=AT_ONCE, update=True, default_user=by, default_date=now
    )
