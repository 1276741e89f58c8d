"""Wrong numbers: a callback waits for a corrected number and ends at D+2 without one (domain §6)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from evaluations.deadlines import looks_back_to
from evaluations.enums import OPEN, CallbackState, WithdrawnReason
from evaluations.guards import refuse_settled
from evaluations.locks import hold_do_not_call, lock_callbacks, lock_orders
from evaluations.models import Callback, DoNotCall
from satisfaction.accounts.models import User
from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.audit.models import AuditEvent
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.history import set_change_author
from satisfaction.core.locks import after_lock
from satisfaction.core.roles import Role
from workorders.intake.complete import PHONE_FIELDS, checked_phone, set_phone
from workorders.models import WorkOrder
from workorders.phones import masked, phone_keys, written

from .guards import AlreadyEnded, of_reporter
from .withdraw import withdraw

CORRECTED = ["has_wrong_number", "call_again_at", "is_promised", "is_anybodys"]


@transaction.atomic
def correct_number(callback: Callback, phone: str, *, by: User, reason: str, now: datetime) -> Callback:
    """Writes the correct number to the order and returns the callback to its queue.

    The reporter's other orders that wait for a number receive it too. Each callback gets an audit event with
    the old and new number, masked (domain §6, §12). Repeating the call changes nothing. A number on the
    do-not-call list withdraws the callbacks.
    Raises Refused: ended, settled, no reason, a masked or undialable number, or again the wrong number.
    Raises NotAllowed: `by` is not its caller, a lead or an admin.
    """
    hold_do_not_call()
    target, rows = _locked(callback)
    now = after_lock(now)
    if not may_correct_number(target, by):
        raise NotAllowed(_("只有回访人本人、调度长或系统管理员可以更正电话号码。"))
    refuse_ended(target)
    refuse_settled(target.order)
    if target.order.reporter_phone == written(phone) and not target.has_wrong_number:
        return target
    phone = checked_phone(phone)
    if target.has_wrong_number and set(phone_keys(phone)) - {""} == target.order.phone_keys:
        raise Refused(_("这就是拨错的那个号码,请写正确的号码。"))
    if not reason.strip():
        raise Refused(_("更正电话号码须写明原因。"))
    for row in rows:
        _write(row, phone, by=by, reason=reason.strip(), now=now)
    _withdraw_if_listed(rows, now=now)
    target.refresh_from_db()
    return target


def may_correct_number(callback: Callback, person: User) -> bool:
    """Its caller, leads and admins (domain §6, §12); they also see the number in full."""
    return callback.caller_id == person.pk or person.has_role(Role.LEAD, Role.ADMIN)


@transaction.atomic
def show_number(callback: Callback, *, by: User, now: datetime) -> Callback:
    """Returns the callback to show its full number; records an audit event unless `by` is its caller.

    Raises NotAllowed: `by` may not correct the number. Raises Refused: the callback is no longer open.
    """
    if not may_correct_number(callback, by):
        raise NotAllowed(_("只有回访人本人、调度长或系统管理员可以更正电话号码。"))
    refuse_ended(callback)
    if callback.caller_id != by.pk:
        record_number_shown(callback.order, by=by, now=now)
    return callback


def record_number_shown(order: WorkOrder, *, by: User, now: datetime) -> None:
    """Records that `by` saw the full number outside an own call (domain §12).

    At most one audit event per day, person and order.
    """
    of_today = AuditEvent.objects.filter(
        kind=AuditKind.NUMBER_SHOWN, by=by, at__gte=days.start_of_day(days.local_day(now))
    )
    if not of_today.filter(subject_type=order._meta.label_lower, subject_id=order.pk).exists():
        record_event(AuditKind.NUMBER_SHOWN, by=by, at=now, subject=order, about=order.number)


def refuse_ended(callback: Callback) -> None:
    if callback.state not in OPEN:
        raise AlreadyEnded(callback)


def _locked(callback: Callback) -> tuple[Callback, list[Callback]]:
    """Locks the orders first (the usual order), then the callback and all others that receive the number."""
    order = WorkOrder.objects.get(pk=callback.order_id)
    which = Q(pk=callback.pk) | of_reporter(order) & Q(state__in=OPEN, has_wrong_number=True)
    lock_orders(Callback.objects.filter(which).values_list("order_id", flat=True))
    rows = lock_callbacks(which)
    return next(row for row in rows if row.pk == callback.pk), rows


def _write(row: Callback, phone: str, *, by: User, reason: str, now: datetime) -> None:
    old = row.order.reporter_phone
    set_phone(row.order, phone)
    set_change_author(row.order, by=by, reason=reason)
    row.order.save(update_fields=PHONE_FIELDS)
    row.has_wrong_number, row.call_again_at = False, None
    row.is_promised = row.is_anybodys = False
    row.save(update_fields=CORRECTED)
    record_event(
        AuditKind.NUMBER_CHANGED,
        by=by,
        at=now,
        subject=row,
        about=row.order.number,
        reason=reason,
        details={"phone": [masked(old), masked(phone)]},
    )


def _withdraw_if_listed(rows: list[Callback], *, now: datetime) -> None:
    keys = rows[0].order.phone_keys
    if DoNotCall.objects.in_force(days.local_day(now)).filter(phone_key__in=keys).exists():
        withdraw(Q(pk__in=[row.pk for row in rows]), why=WithdrawnReason.DO_NOT_CALL, now=now)


@transaction.atomic
def end_wrong_numbers(*, now: datetime) -> list[date]:
    """Ends callbacks without a correct number as unreachable at close of business on D+2 (domain §6).

    Returns the closing days of the ended callbacks; a second run finds nothing.
    """
    over = Q(state__in=OPEN, has_wrong_number=True, order__last_due_at__lte=now)
    rows = lock_callbacks(over & Q(order__closed_on__gte=looks_back_to(now)))
    now = after_lock(now)
    Callback.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=CallbackState.UNREACHABLE,
        ended_at=now,
        ended_by=None,
        held_by=None,
        held_until=None,
        held_since=None,
    )
    return sorted({row.order.closed_on for row in rows if row.order.closed_on})
