"""Opening, skipping and releasing a call: one caller per reporter (domain §6)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.draw.gather import barred_callers
from evaluations.enums import CallbackState
from evaluations.guards import policy_of, refuse_settled
from evaluations.models import Callback, CallScript, CallSkip, DoNotCall
from evaluations.models.callbacks import CallbackQuerySet
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import after_lock

from .guards import (
    HOLD,
    clear_hold,
    clear_holds,
    hours_of,
    is_held_by_other,
    lead_of,
    lock_reporter,
    of_reporter,
    refuse_concerned,
    refuse_held,
    refuse_not_assigned,
    refuse_wrong_number,
    require_caller,
    same_reporter,
)
from .queries import offered_to
from .queue import hours_now, in_service_order
from .reassign import give
from .rules import retry_at

CANDIDATES = 20
"""How many callbacks are tried before the caller is told to wait because colleagues hold them."""
SKIPPED_FOR = timedelta(minutes=30)
"""How long a skipped call waits; shorter when its deadline is near."""


@dataclass(frozen=True)
class OpenedCall:
    """The opened callback, and the reporter's other open callbacks of the group."""

    callback: Callback
    siblings: tuple[Callback, ...] = ()


def claim_next(*, by: User, now: datetime) -> OpenedCall | None:
    """Opens a callback the caller already holds, else the first that may be called now; None: none is left.

    The cost does not depend on the number of callbacks. Outside calling hours: promised only (domain §6).
    """
    for row in [*on_screen_of(by, now=now)[:1], *candidates(by, now=now)]:
        if is_held_by_other(row, by, now):
            continue
        try:
            return open_or_take(row, by=by, now=now)
        except Refused:
            continue  # another caller was faster; try the next one
    return None


def on_screen_of(person: User, *, now: datetime) -> CallbackQuerySet:
    """Returns the callbacks the person still holds, for example after a browser crash or in another tab."""
    rows = Callback.objects.in_queue_of(person).filter(held_by=person, held_until__gt=now)
    return rows.order_by("held_since", "pk")


def candidates(by: User, *, now: datetime) -> list[Callback]:
    """Returns the next calls in the order of service: own ones, and due promises by others of the group."""
    hours = hours_now(now)
    own = in_service_order(Callback.objects.to_call_by(by).callable_at(now), now)
    if not hours.is_open(now):
        own = own.filter(is_promised=True)
    first = list(own[:CANDIDATES])
    offered = list(offered_to(by, now=now).order_by("call_again_at")[:CANDIDATES])
    promised = sorted([*(row for row in first if is_due_promise(row)), *offered], key=_promised_at)
    return [*promised, *(row for row in first if not is_due_promise(row))]


def is_due_promise(row: Callback) -> bool:
    return row.is_promised and row.call_again_at is not None


def _promised_at(row: Callback) -> tuple[datetime, int]:
    assert row.call_again_at
    return row.call_again_at, row.pk


@transaction.atomic
def open_or_take(callback: Callback, *, by: User, now: datetime) -> OpenedCall:
    """Opens a callback; first assigns it to `by` if it is due and open to the whole group.

    The reporter's other promised callbacks that are due and have the same caller are taken with it.
    Raises Refused like `open_callback`. Raises NotAllowed: `by` is barred (domain §5.6).
    """
    if callback.caller_id != by.pk:
        _take(callback, by=by, now=now)
    return open_callback(callback, by=by, now=now)


def _take(callback: Callback, *, by: User, now: datetime) -> None:
    target, others = lock_reporter(callback, and_held_by=by)
    now = after_lock(now)
    if target.caller_id == by.pk:
        return
    if not is_offered(target, by, now) or is_held_by_other(target, by, now):
        return  # open_callback raises the reason
    barred = barred_callers([row.order for row in (target, *others)], today=days.local_day(now))
    if by.username in barred[target.order_id]:
        raise NotAllowed(_("%(number)s与您有关,不能由您回访。") % {"number": target.order.number})
    together = [
        row
        for row in others
        if is_offered(row, by, now)
        and same_reporter(row, target)
        and row.caller_id == target.caller_id
        and by.username not in barred[row.order_id]
    ]
    pairs = [(row, by) for row in (target, *together)]
    give(pairs, by=by, reason=_("约定时间由组内人员接手"), now=now)


def is_offered(row: Callback, person: User, now: datetime) -> bool:
    """Whether the call is promised, due, and open to the person's whole group."""
    return (
        row.is_anybodys
        and row.state == CallbackState.ASSIGNED
        and not row.has_wrong_number
        and row.group == person.caller_group
        and row.call_again_at is not None
        and row.call_again_at <= now
    )


@transaction.atomic
def open_callback(callback: Callback, *, by: User, now: datetime) -> OpenedCall:
    """Opens a callback for its caller and holds all open callbacks of the reporter in the group.

    Opening again extends the hold; the caller's holds on other reporters are released. Raises Refused: ended,
    settled, wrong number, on the do-not-call list, or held by another caller (`Held`). Raises NotAllowed: not
    the caller, or the order concerns the caller.
    """
    target, others = lock_reporter(callback, and_held_by=by)
    now = after_lock(now)
    reporters = [row for row in others if same_reporter(target, row) and row.state == CallbackState.ASSIGNED]
    _guard_open(target, reporters, by=by, now=now)
    siblings = [row for row in reporters if row.group == target.group]
    _hold(target, siblings, others, by=by, now=now)
    return OpenedCall(target, tuple(siblings))


def stay_on(callback: Callback, *, by: User, now: datetime) -> bool:
    """Extends the hold while the page is open. Returns False if `by` now holds another reporter."""
    elsewhere = Callback.objects.filter(held_by=by, held_until__gt=now).exclude(of_reporter(callback.order))
    if elsewhere.exists():
        return False
    open_callback(callback, by=by, now=now)
    return True


def _guard_open(target: Callback, reporters: list[Callback], *, by: User, now: datetime) -> None:
    refuse_not_assigned(target)
    refuse_settled(target.order)
    require_caller(target, by)
    refuse_concerned(target, by)
    refuse_wrong_number(target)
    keys = target.order.phone_keys
    if DoNotCall.objects.in_force(days.local_day(now)).filter(phone_key__in=keys).exists():
        raise Refused(_("这位报修人在免打扰名单上,不能拨打。"))
    for row in [target, *reporters]:
        refuse_held(row, by, now)


def _hold(
    target: Callback, siblings: list[Callback], others: list[Callback], *, by: User, now: datetime
) -> None:
    keep = {target.pk, *(row.pk for row in siblings)}
    let_go = [row.pk for row in others if row.held_by_id == by.pk and row.pk not in keep]
    clear_holds(Callback.objects.filter(pk__in=let_go))
    is_still_mine = target.held_by_id == by.pk and target.held_until and target.held_until > now
    since = target.held_since if is_still_mine and target.held_since else now
    until = now + timedelta(minutes=policy_of(target.order).hold_minutes)
    target.script = target.script or CallScript.objects.first()
    for row in [target, *siblings]:
        row.held_by, row.held_until, row.held_since = by, until, since
    Callback.objects.bulk_update([target, *siblings], [*HOLD, "script"], batch_size=500)


@transaction.atomic
def skip_call(callback: Callback, *, by: User, reason: str, now: datetime) -> Callback:
    """Releases the reporter and returns the call to the queue for later. Logs no attempt.

    All callbacks of the reporter that the caller owns wait together and count as one skip. A repeated skip
    has no effect. Raises Refused: no reason, ended, settled. Raises NotAllowed: not the caller.
    """
    target, others = lock_reporter(callback)
    now = after_lock(now)
    refuse_not_assigned(target)
    refuse_settled(target.order)
    require_caller(target, by)
    if not reason.strip():
        raise Refused(_("跳过须写明原因。"))
    if _is_repeated(target, by, reason, now):
        return target
    own = [target, *(row for row in others if row.caller_id == by.pk and not row.has_wrong_number)]
    for row in own:
        row.call_again_at = _back_at(row, now)
    Callback.objects.bulk_update(own, ["call_again_at"], batch_size=500)
    CallSkip.objects.create(callback=target, by=by, at=now, reason=reason.strip()[:200])
    clear_holds(Callback.objects.filter(held_by=by, pk__in=[target.pk, *(row.pk for row in others)]))
    return target


def _back_at(row: Callback, now: datetime) -> datetime:
    if row.is_promised and row.call_again_at and row.call_again_at > now:
        return row.call_again_at  # that time was promised to the reporter
    return retry_at(now, wait=SKIPPED_FOR, due_at=row.due_at, hours=hours_of(policy_of(row.order)))


def _is_repeated(target: Callback, by: User, reason: str, now: datetime) -> bool:
    latest = CallSkip.objects.filter(callback=target).order_by("-at", "-pk").first()
    is_waiting = target.call_again_at is not None and target.call_again_at > now
    return bool(
        latest
        and is_waiting
        and target.held_by_id != by.pk
        and (latest.by_id, latest.reason) == (by.pk, reason.strip())
    )


@transaction.atomic
def release(callback: Callback, *, by: User, now: datetime) -> Callback:
    """Releases the hold on this reporter.

    Raises NotAllowed: `by` is neither the holder nor a lead (for managers: a head).
    """
    target, others = lock_reporter(callback)
    holder = target.held_by_id
    if holder is None:
        return target
    if holder != by.pk and not by.has_role(lead_of(target.group)):
        raise NotAllowed(_("只有%(who)s本人或调度长可以放开。") % {"who": target.held_by})
    rows = [target, *(row for row in others if row.held_by_id == holder)]
    clear_holds(Callback.objects.filter(pk__in=[row.pk for row in rows]))
    clear_hold(target)
    return target
