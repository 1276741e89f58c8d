"""A wrong number waits for a corrected one; without it the callback ends at D+2 (§6)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from satisfaction.accounts.enums import Role
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.errors import NotAllowed, Refused
from workorders.domain.completing import PHONE_FIELDS, checked_phone, set_phone
from workorders.models import WorkOrder
from workorders.phones import phone_keys, written

from ...enums import OPEN, CallbackState, WithdrawnReason
from ...models import Callback, DoNotCall
from ..deadlines import looks_back_to
from .guards import AlreadyEnded, lock_callbacks, of_reporter, refuse_settled

CORRECTED = ["has_wrong_number", "call_again_at", "is_promised", "is_anybodys"]


@transaction.atomic
def correct_number(callback: Callback, phone: str, *, by: User, now: datetime) -> Callback:
    """Writes the right number to the order and puts the callback back into its queue.

    The same reporter's other orders that wait for a number get it too. By who phones it, dispatch, or an
    admin (§6, §12). Refused: ended, settled, a masked or undialable number. A number that must not be phoned
    withdraws the callback.
    """
    order = WorkOrder.objects.get(pk=callback.order_id)
    rows = lock_callbacks(Q(pk=callback.pk) | of_reporter(order) & Q(state__in=OPEN, has_wrong_number=True))
    target = next(row for row in rows if row.pk == callback.pk)
    if target.order.reporter_phone == written(phone) and not target.has_wrong_number:
        return target
    _guard(target, phone, by=by)
    phone = checked_phone(phone)
    for row in rows:
        _write(row, phone)
    _withdraw_if_listed(rows, now=now)
    target.refresh_from_db()
    return target


def may_correct_number(callback: Callback, person: User) -> bool:
    """Who phones it, any dispatcher for a dispatchers' one, the lead and admins for any (§6, §12)."""
    return (
        callback.caller_id == person.pk
        or person.has_role(Role.LEAD, Role.ADMIN)
        or (person.has_role(Role.DISPATCHER) and callback.group == person.caller_group)
    )


def _guard(target: Callback, phone: str, *, by: User) -> None:
    if target.state not in OPEN:
        raise AlreadyEnded(target)
    refuse_settled(target.order)
    if not may_correct_number(target, by):
        raise NotAllowed(_("只有回访人本人、调度或系统管理员可以更正电话号码。"))
    if target.has_wrong_number and set(phone_keys(phone)) - {""} == target.order.phone_keys:
        raise Refused(_("这就是拨错的那个号码,请写正确的号码。"))


def _write(row: Callback, phone: str) -> None:
    set_phone(row.order, phone)
    row.order.save(update_fields=PHONE_FIELDS)
    row.has_wrong_number, row.call_again_at = False, None
    row.is_promised = row.is_anybodys = False
    row.save(update_fields=CORRECTED)


def _withdraw_if_listed(rows: list[Callback], *, now: datetime) -> None:
    from ..withdrawing import withdraw

    keys = rows[0].order.phone_keys
    if DoNotCall.objects.in_force(days.local_day(now)).filter(phone_key__in=keys).exists():
        withdraw(Q(pk__in=[row.pk for row in rows]), why=WithdrawnReason.DO_NOT_CALL, now=now)


@transaction.atomic
def end_wrong_numbers(*, now: datetime) -> list[date]:
    """At close of business of D+2: still no right number, so unreachable, by the system (§6).

    Gives the closing days of what was ended; a second run finds nothing.
    """
    over = Q(state__in=OPEN, has_wrong_number=True, order__last_due_at__lte=now)
    rows = lock_callbacks(over & Q(order__closed_on__gte=looks_back_to(now)))
    Callback.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=CallbackState.UNREACHABLE,
        ended_at=now,
        ended_by=None,
        held_by=None,
        held_until=None,
        held_since=None,
    )
    return sorted({row.order.closed_on for row in rows if row.order.closed_on})
