"""Reassignment in a group: one callback, all of an absent caller, or during a call (domain §5.6, §5.7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from evaluations.draw.gather import barred_callers
from evaluations.enums import CallbackState
from evaluations.guards import refuse_settled
from evaluations.locks import lock_callbacks
from evaluations.models import Callback, CallReassignment
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import after_lock

from .guards import HOLD, AlreadyEnded, calling_day, clear_hold, lead_of, lock_callback, refuse_held
from .redistribute import redistribute


@dataclass(frozen=True)
class Reassigned:
    """The reassigned callbacks, and those that nobody else of the group may take."""

    moved: tuple[Callback, ...]
    left: tuple[Callback, ...]


@transaction.atomic
def reassign(callback: Callback, *, to: User, by: User, reason: str, now: datetime) -> Callback:
    """Reassigns one callback to a person of the group who is on duty and not barred; keeps the draw's record.

    Reassigning to the same person changes nothing.
    Raises Refused: not assigned, settled, no reason, held by another caller, `to` may not take it.
    Raises NotAllowed: `by` is not a lead (for dispatchers) or a head (for managers).
    """
    target = lock_callback(callback)
    now = after_lock(now)
    _guard_person(target, by)
    if target.state != CallbackState.ASSIGNED:
        raise _not_assigned(target)
    if target.caller_id == to.pk:
        return target
    refuse_settled(target.order)
    _guard_reason(reason)
    refuse_held(target, to, now)
    if to.pk not in takers(target, now=now):
        raise Refused(
            _("%(who)s不能回访%(number)s:须同组、当日在岗,且与这张工单无关。")
            % {"who": to, "number": target.order.number}
        )
    give([(target, to)], by=by, reason=reason, now=now)
    return target


@transaction.atomic
def reassign_all(caller: User, *, by: User, reason: str, now: datetime) -> Reassigned:
    """Distributes all open callbacks of an absent caller evenly over the group, by the rules of the draw."""
    rows = lock_callbacks(Q(caller=caller, state=CallbackState.ASSIGNED))
    if not rows:
        return Reassigned((), ())
    now = after_lock(now)
    for row in rows:
        _guard_person(row, by)
        refuse_settled(row.order)
    _guard_reason(reason)
    allowed = takers_of(rows, now=now)
    given = redistribute(rows, allowed, now=now)
    people = User.objects.in_bulk(set(given.values()))
    give([(row, people[given[row.pk]]) for row in rows if row.pk in given], by=by, reason=reason, now=now)
    return Reassigned(
        tuple(row for row in rows if row.pk in given), tuple(row for row in rows if row.pk not in given)
    )


@transaction.atomic
def take_over(callback: Callback, *, by: User, now: datetime) -> Callback:
    """Assigns a callback to `by` during a call with its reporter (domain §6, §5.6).

    Raises NotAllowed: `by` does not hold it, is in another group or is barred, or the number is wrong.
    Raises Refused: not assigned, settled.
    """
    target = lock_callback(callback)
    now = after_lock(now)
    if target.state != CallbackState.ASSIGNED:
        raise _not_assigned(target)
    if target.caller_id == by.pk:
        return target
    refuse_settled(target.order)
    is_mine_now = target.held_by_id == by.pk and target.held_until is not None and target.held_until > now
    if not is_mine_now or by.caller_group != target.group:
        raise NotAllowed(_("只有正在与这位报修人通话的同组人员可以一并回访,请先打开您自己的那一张工单。"))
    barred = barred_callers([target.order], today=days.local_day(now))[target.order_id]
    if target.has_wrong_number or by.username in barred:
        raise NotAllowed(_("%(number)s与您有关或号码待更正,不能由您回访。") % {"number": target.order.number})
    give([(target, by)], by=by, reason=_("同一通话一并回访"), now=now, keeps_hold=True)
    return target


def _not_assigned(target: Callback) -> Refused:
    if target.state == CallbackState.WAITING:
        return Refused(_("%(number)s还没有回访人,由下一次抽取分配。") % {"number": target.order.number})
    return AlreadyEnded(target)


def _guard_person(target: Callback, by: User) -> None:
    if not by.has_role(lead_of(target.group)):
        raise NotAllowed(_("调度的回访由调度长改派,管理人员的回访由科室负责人改派。"))


def _guard_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused(_("改派须写明原因。"))


def takers(callback: Callback, *, now: datetime) -> set[int]:
    """Returns the ids of people who may take this callback now."""
    return takers_of([callback], now=now)[callback.pk]


def takers_of(callbacks: Iterable[Callback], *, now: datetime) -> dict[int, set[int]]:
    """Returns callback id → ids of its group's people on duty on the calling day.

    Excludes its caller and the people barred by rule 6 (domain §5.6).
    """
    callbacks = list(callbacks)
    barred = barred_callers([row.order for row in callbacks], today=days.local_day(now))
    roster: dict[tuple[str, object], dict[str, int]] = {}
    found = {}
    for row in callbacks:
        key = (row.group, calling_day(row, now))
        if key not in roster:
            people = User.objects.on_duty(key[1]).in_caller_group(row.group)
            roster[key] = dict(people.values_list("username", "pk"))
        names = set(roster[key]) - barred[row.order_id]
        found[row.pk] = {roster[key][name] for name in names} - {row.caller_id}
    return found


def give(
    pairs: list[tuple[Callback, User]], *, by: User, reason: str, now: datetime, keeps_hold: bool = False
) -> None:
    """Saves the new callers and the reassignment records; clears the holds unless `keeps_hold`."""
    trail = [
        CallReassignment(
            callback=row,
            from_caller_id=cast(int, row.caller_id),
            to_caller=to,
            reason=reason.strip()[:200],
            by=by,
            at=now,
        )
        for row, to in pairs
    ]
    for row, to in pairs:
        row.caller, row.is_anybodys = to, False
        if not keeps_hold:
            clear_hold(row)
    Callback.objects.bulk_update(
        [row for row, _to in pairs],
        ["caller", "is_anybodys", *HOLD],
        batch_size=500,
    )
    CallReassignment.objects.bulk_create(trail, batch_size=500)
