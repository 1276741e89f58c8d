"""Selects and stores the changes that wait until dispatch confirms them (domain §3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from satisfaction.accounts.models import User
from workorders.enums import ChangeSource, ChangeState, Channel, Kind
from workorders.models import PendingChange, WorkOrder

from .complete import Completion, complete_orders

BATCH_SIZE = 500


def completion_to_confirm(order: WorkOrder, completion: Completion) -> list[str]:
    """Returns the fields of a crew's completion that dispatch must confirm.

    These are a technician of another crew, and a kind or channel that puts the order out of scope.
    """
    found = []
    crew = completion.crew or order.crew
    if completion.technician and (crew is None or completion.technician.crew_id != crew.pk):
        found.append("employee_no")
    if completion.kind and completion.kind != Kind.FAULT:
        found.append("kind")
    if completion.channel and completion.channel != Channel.HOTLINE:
        found.append("channel")
    return found


@transaction.atomic
def complete_as_crew(
    completions: Sequence[Completion],
    *,
    by: User,
    now: datetime,
    orders: Sequence[int],
    writers_crews: Collection[int] = (),
    on_entry: Callable[[list[WorkOrder]], object] = lambda orders: None,
) -> tuple[list[WorkOrder], int]:
    """Like `complete_orders`, by a foreman for the own crew.

    A completion with a field that dispatch must confirm waits as a whole. Returns the changed orders and the
    number of waiting completions.
    """
    by_order = {one.order: one for one in completions}
    found = (
        WorkOrder.objects.select_for_update(of=("self",))
        .incomplete()
        .filter(pk__in=by_order.keys() & set(orders))
    )
    held_back = [
        PendingChange(
            order=order,
            source=ChangeSource.COMPLETION,
            said=values_of(by_order[order.pk]),
            fields=fields,
            by=by,
            at=now,
        )
        for order in found.select_related("crew").order_by("pk")
        if (fields := completion_to_confirm(order, by_order[order.pk]))
    ]
    keep_waiting(held_back)
    rest = set(orders) - {one.order_id for one in held_back}
    changed = complete_orders(
        completions, by=by, now=now, orders=rest, writers_crews=writers_crews, on_entry=on_entry
    )
    return changed, len(held_back)


def values_of(completion: Completion) -> dict[str, str]:
    """Returns the completion in the form of `OrderCells.imported_values`."""
    values = {
        "crew": completion.crew.name if completion.crew else "",
        "employee_no": completion.technician.employee_no if completion.technician else "",
        "reporter_phone": completion.phone,
        "kind": completion.kind,
        "channel": completion.channel,
    }
    return {field: value for field, value in values.items() if value}


def waiting() -> QuerySet[PendingChange]:
    return PendingChange.objects.filter(state=ChangeState.WAITING)


def keep_waiting(changes: Sequence[PendingChange]) -> None:
    """Stores changes, one per order; a new one replaces the waiting one. The caller locks the orders."""
    known = {row.order_id: row for row in waiting().filter(order__in={one.order_id for one in changes})}
    new = [one for one in changes if one.order_id not in known]
    again = []
    for one in changes:
        row = known.get(one.order_id)
        if row and (row.said, row.source) != (one.said, one.source):
            row.said, row.fields, row.source, row.by, row.at = (
                one.said,
                one.fields,
                one.source,
                one.by,
                one.at,
            )
            again.append(row)
    PendingChange.objects.bulk_create(new, batch_size=BATCH_SIZE)
    PendingChange.objects.bulk_update(again, ["said", "fields", "source", "by", "at"], batch_size=BATCH_SIZE)
