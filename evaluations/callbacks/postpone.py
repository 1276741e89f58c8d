"""Postponement (特殊情况顺延): a callback may move to D+2 once, with a reason (domain §6, §12)."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from evaluations.deadlines import looks_back_to
from evaluations.enums import OPEN, Outcome, PostponedReason
from evaluations.guards import refuse_settled
from evaluations.locks import lock_callbacks
from evaluations.models import Callback, CallbackAttempt
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import after_lock
from satisfaction.core.roles import Role

from .guards import AlreadyEnded, lock_callback

POSTPONED = ["postponed_at", "postponed_by", "postponed_reason", "postponed_text", "due_at", "calling_on"]


@transaction.atomic
def postpone(callback: Callback, *, by: User, reason: str, now: datetime) -> Callback:
    """Moves the callback to D+2; repeating the same request changes nothing.

    Raises Refused: already postponed, ended, settled, no reason, D+2 has passed.
    Raises NotAllowed: `by` is neither its caller nor a lead.
    """
    target = lock_callback(callback)
    now = after_lock(now)
    if target.caller_id != by.pk and not by.has_role(Role.LEAD):
        raise NotAllowed(_("只有回访人本人或调度长可以顺延。"))
    if _is_repeated(target, by, reason):
        return target
    if target.state not in OPEN:
        raise AlreadyEnded(target)
    refuse_settled(target.order)
    if not reason.strip():
        raise Refused(_("顺延须写明原因。"))
    _guard_once(target, now)
    target.save(
        update_fields=move_to_last_day(target, by=by, now=now, why=PostponedReason.SAID, text=reason.strip())
    )
    return target


def _is_repeated(target: Callback, by: User, reason: str) -> bool:
    return target.postponed_by_id == by.pk and target.postponed_text == reason.strip() != ""


def _guard_once(target: Callback, now: datetime) -> None:
    if is_postponed(target):
        raise Refused(_("%(number)s已顺延过一次,不能再顺延。") % {"number": target.order.number})
    last = target.order.last_due_at
    if last is None or last <= now:
        raise Refused(_("%(number)s的顺延期限也已过,请尽快回访。") % {"number": target.order.number})


def is_postponed(callback: Callback) -> bool:
    """Whether a person, the system, publishing or the draw has moved it to D+2; only one move is allowed."""
    return bool(callback.postponed_reason or callback.postponed_at)


def move_to_last_day(
    callback: Callback, *, by: User | None, now: datetime, why: PostponedReason, text: str = ""
) -> list[str]:
    """Postpones the locked callback without saving; returns the names of the fields to save."""
    assert callback.order.last_due_at is not None
    callback.postponed_at, callback.postponed_by = now, by
    callback.postponed_reason, callback.postponed_text = why, text
    callback.due_at = callback.order.last_due_at
    callback.calling_on = days.local_day(callback.due_at)
    return POSTPONED


def not_postponed() -> Q:
    return Q(postponed_reason="", postponed_at__isnull=True)


@transaction.atomic
def postpone_by_system(*, now: datetime) -> list[date]:
    """Postpones callbacks without a caller or with a wrong number at close of business on D+1 (domain §6).

    After an outage, also postpones those still in that state when D+2 passed. Returns the closing days of the
    postponed callbacks; a second run finds nothing.
    """
    due = Q(state__in=OPEN, due_at__lte=now, due_at__lt=F("order__last_due_at"))
    wrong = CallbackAttempt.objects.filter(callback=OuterRef("pk"), outcome=Outcome.WRONG_NUMBER)
    in_time = Exists(wrong.filter(ended_at__lt=OuterRef("order__last_due_at")))
    wrong_number = Q(has_wrong_number=True) & (Q(order__last_due_at__gt=now) | in_time)
    nobody = Q(caller__isnull=True) | wrong_number
    recent = Q(order__closed_on__gte=looks_back_to(now))
    rows = lock_callbacks(not_postponed() & due & nobody & recent)
    now = after_lock(now)
    for row in rows:
        why = PostponedReason.WRONG_NUMBER if row.has_wrong_number else PostponedReason.NO_CALLER
        move_to_last_day(row, by=None, now=now, why=why)
    Callback.objects.bulk_update(rows, POSTPONED, batch_size=500)
    return sorted({row.order.closed_on for row in rows if row.order.closed_on})
