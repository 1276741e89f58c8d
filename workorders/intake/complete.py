"""Completes orders that were imported incomplete, several in one call (domain §3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from simple_history.utils import bulk_update_with_history

from satisfaction.accounts.models import User
from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.core.errors import Refused
from satisfaction.core.locks import after_lock
from workorders.enums import Missing
from workorders.models import Crew, Technician, WorkOrder
from workorders.phones import is_masked, masked, phone_keys, written

PHONE_FIELDS = ["reporter_phone", "reporter_phone_key", "reporter_other_key"]
FIELDS = ["crew", "technician", *PHONE_FIELDS, "kind", "channel", "entered_at", "entered_by"]


@dataclass(frozen=True)
class Completion:
    """Values found out about one order; None or empty means still unknown."""

    order: int
    crew: Crew | None = None
    technician: Technician | None = None
    phone: str = ""
    kind: str = ""
    channel: str = ""


@transaction.atomic
def complete_orders(
    completions: Sequence[Completion],
    *,
    by: User,
    now: datetime,
    orders: Iterable[int] | None = None,
    writers_crews: Collection[int] = (),
    on_entry: Callable[[list[WorkOrder]], object] = lambda orders: None,
) -> list[WorkOrder]:
    """Fills missing values and keeps known ones. Returns the changed orders.

    `orders`: ids the actor may complete (None: all). `writers_crews`: crews the actor belongs to; a phone
    entered for one of them is recorded as an audit event for the caller (domain §3). `on_entry` receives the
    orders that have become complete. Repeating the call changes nothing. Raises Refused: the phone cannot be
    dialled.
    """
    by_order = {completion.order: completion for completion in completions}
    found = WorkOrder.objects.select_for_update().incomplete().filter(pk__in=by_order)
    if orders is not None:
        found = found.filter(pk__in=list(orders))
    rows = list(found.order_by("pk"))
    now = after_lock(now)
    before = {order.pk: order.reporter_phone for order in rows}
    changed = [order for order in rows if _fill(order, by_order[order.pk])]
    entered = [order for order in changed if not order.missing]
    for order in entered:
        order.entered_at, order.entered_by = now, by
    WorkOrder.objects.filter(pk__in=[order.pk for order in changed]).keep_first_versions()
    bulk_update_with_history(changed, WorkOrder, FIELDS, batch_size=500, default_user=by)
    own = [order for order in changed if order.crew_id in writers_crews]
    _record_phones([one for one in own if one.reporter_phone != before[one.pk]], before, by=by, now=now)
    on_entry(entered)
    return changed


def _record_phones(
    orders: Iterable[WorkOrder], before: Mapping[int, str], *, by: User, now: datetime
) -> None:
    for order in orders:
        phones = [masked(before[order.pk]), masked(order.reporter_phone)]
        details = {"phone": phones, "by_crew": True}
        record_event(
            AuditKind.NUMBER_CHANGED, by=by, at=now, subject=order, about=order.number, details=details
        )


def _fill(order: WorkOrder, completion: Completion) -> bool:
    """Fills missing values that the completion has. Returns whether anything was filled."""
    missing = set(order.missing)
    if Missing.CREW in missing and completion.crew:
        order.crew = completion.crew
    if Missing.TECHNICIAN in missing and completion.technician:
        order.technician = completion.technician
    if Missing.PHONE in missing and completion.phone:
        set_phone(order, checked_phone(completion.phone))
    if Missing.KIND in missing and completion.kind:
        order.kind = completion.kind
    if Missing.CHANNEL in missing and completion.channel:
        order.channel = completion.channel
    return set(order.missing) != missing


def set_phone(order: WorkOrder, phone: str) -> None:
    """Sets `PHONE_FIELDS` from a number in its normal form: the number and its keys. The caller saves."""
    order.reporter_phone = phone
    order.reporter_phone_key, order.reporter_other_key = phone_keys(phone)


def checked_phone(phone: str) -> str:
    """Returns the number in its normal form. Raises Refused: it cannot be dialled."""
    normal = "" if is_masked(phone) else written(phone)
    if not normal:
        raise Refused(_("“%(phone)s”不是可以拨打的号码。") % {"phone": " ".join(phone.split())})
    return normal
