"""Whose screen a reporter is on: opening, the next call, leaving (§6, one call per reporter)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluations.enums import CallbackState, Group
from evaluations.guards import policy_of, refuse_settled
from evaluations.models import Callback, CallScript, DoNotCall
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import after_lock
from satisfaction.core.roles import Role

from .guards import (
    AlreadyEnded,
    clear_holds,
    is_held_by_other,
    lock_reporter,
    of_reporter,
    refuse_concerned,
    same_reporter,
)
from .rules import CallingHours, InQueue, Service, callable_at, service_key, service_of


@dataclass(frozen=True)
class OpenedCall:
    """What is on the caller's screen now, and the reporter's other open orders of the group beside it."""

    callback: Callback
    siblings: tuple[Callback, ...] = ()


class Held(Refused):
    """Somebody else has this reporter on the screen."""

    def __init__(self, by: User, until: datetime) -> None:
        self.by, self.until = by, until
        values = {"who": by, "until": timezone.localtime(until).strftime("%H:%M")}
        super().__init__(_("%(who)s正在与这位报修人通话(占用至 %(until)s),请先回访下一位。") % values)


@transaction.atomic
def open_callback(callback: Callback, *, by: User, now: datetime) -> OpenedCall:
    """Puts a callback on its caller's screen and holds all of the reporter's open orders of the group.

    Opening again prolongs the hold; what the caller held of another reporter is let go. Refused: not the
    caller's, concerning the caller, ended, a wrong number, settled, or on somebody else's screen (`Held`).
    """
    target, others = lock_reporter(callback, and_held_by=by)
    now = after_lock(now)
    reporters = [row for row in others if same_reporter(target, row) and row.state == CallbackState.ASSIGNED]
    _guard_open(target, reporters, by=by, now=now)
    siblings = [row for row in reporters if row.group == target.group]
    _hold(target, siblings, others, by=by, now=now)
    return OpenedCall(target, tuple(siblings))


def stay_on(callback: Callback, *, by: User, now: datetime) -> bool:
    """The screen says that it is still there: prolongs the hold; False once `by` has gone on to another reporter."""
    elsewhere = Callback.objects.filter(held_by=by, held_until__gt=now).exclude(of_reporter(callback.order))
    if elsewhere.exists():
        return False
    open_callback(callback, by=by, now=now)
    return True


def _guard_open(target: Callback, reporters: list[Callback], *, by: User, now: datetime) -> None:
    if target.state != CallbackState.ASSIGNED:
        raise AlreadyEnded(target)
    refuse_settled(target.order)
    if target.caller_id != by.pk:
        raise NotAllowed(
            _("%(number)s由%(who)s回访。") % {"number": target.order.number, "who": target.caller}
        )
    refuse_concerned(target, by)
    if target.has_wrong_number:
        raise Refused(_("%(number)s的电话号码有误,更正后才能拨打。") % {"number": target.order.number})
    keys = target.order.phone_keys
    if DoNotCall.objects.in_force(days.local_day(now)).filter(phone_key__in=keys).exists():
        raise Refused(_("这位报修人在免打扰名单上,不能拨打。"))
    for row in [target, *reporters]:
        if is_held_by_other(row, by, now):
            assert row.held_by and row.held_until
            raise Held(row.held_by, row.held_until)


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
    Callback.objects.bulk_update(
        [target, *siblings], ["held_by", "held_until", "held_since", "script"], batch_size=500
    )


def queue_of(caller: User, *, now: datetime, hours: CallingHours | None = None) -> list[Callback]:
    """The caller's open callbacks in the order of service; one query whatever the size (§6).

    Each row carries `service` (rules.callbacks.Service), `callable_at` (when it may be phoned; with `hours`
    never outside them unless promised) and `attempt_count`. A wrong number has left the queue.
    """
    rows = Callback.objects.in_queue_of(caller).with_attempt_count()
    return served(list(rows.select_related("order__crew", "held_by", "draft")), now=now, hours=hours)


def served(rows: list[Callback], *, now: datetime, hours: CallingHours | None) -> list[Callback]:
    """Sorts by service; each row gets `service` and `callable_at`."""
    for row in rows:
        at = callable_at(_in_queue(row), now, hours)
        service = service_of(_in_queue(row), now)
        row.callable_at = at  # type: ignore[attr-defined]
        row.service = Service.NOT_YET if at > now else service  # type: ignore[attr-defined]
    return sorted(rows, key=lambda row: (row.service is Service.NOT_YET, *service_key(_in_queue(row), now)))  # type: ignore[attr-defined]


def _in_queue(row: Callback) -> InQueue:
    return InQueue(
        id=row.pk,
        due_at=row.due_at,
        call_again_at=row.call_again_at,
        is_promised=row.is_promised,
        has_attempts=bool(row.attempt_count),  # type: ignore[attr-defined]
    )


@transaction.atomic
def release(callback: Callback, *, by: User, now: datetime) -> Callback:
    """Lets go of what is held of this reporter: by who holds it, or by a lead (managers': a head)."""
    target, others = lock_reporter(callback)
    holder = target.held_by_id
    if holder is None:
        return target
    if holder != by.pk and not by.has_role(lead_of(target.group)):
        raise NotAllowed(_("只有%(who)s本人或调度长可以放开。") % {"who": target.held_by})
    rows = [target, *(row for row in others if row.held_by_id == holder)]
    clear_holds(Callback.objects.filter(pk__in=[row.pk for row in rows]))
    target.held_by = target.held_until = target.held_since = None
    return target


def lead_of(group: str) -> Role:
    """Who answers for a group of callers: the lead for dispatchers, a head for managers (§5.7)."""
    return Role.HEAD if group == Group.MANAGER else Role.LEAD
