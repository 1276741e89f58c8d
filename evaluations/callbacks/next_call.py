"""Which call is next: what is on the screen, then the queue; promised calls that anybody of the group may take (§6)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.draw.gather import barred_callers
from evaluations.enums import CallbackState
from evaluations.models import Callback, EvaluationPolicy
from evaluations.models.callbacks import CallbackQuerySet
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import after_lock

from .guards import hours_of, is_held_by_other, lock_reporter, same_reporter
from .open_call import OpenedCall, open_callback
from .queries import offered_to
from .queue import in_service_order
from .reassign import give
from .rules import CallingHours

CANDIDATES = 20
"""How many of a queue are tried before the caller is told to wait: the others are on colleagues' screens."""


def hours_now(now: datetime) -> CallingHours:
    """When reporters are phoned, by the policy of today."""
    return hours_of(EvaluationPolicy.objects.for_month(days.local_day(now)))


def claim_next(*, by: User, now: datetime) -> OpenedCall | None:
    """Opens what is on the caller's screen already, else the first that may be called now; None: there is none.

    The cost does not depend on how many callbacks there are. Outside calling hours only promised calls (§6).
    """
    for row in [*on_screen_of(by, now=now)[:1], *candidates(by, now=now)]:
        if is_held_by_other(row, by, now):
            continue
        try:
            return open_or_take(row, by=by, now=now)
        except Refused:
            continue  # somebody was quicker; the next one is as good
    return None


def on_screen_of(person: User, *, now: datetime) -> CallbackQuerySet:
    """What the caller holds: a browser that was killed, or another tab, left it there."""
    rows = Callback.objects.in_queue_of(person).filter(held_by=person, held_until__gt=now)
    return rows.order_by("held_since", "pk")


def candidates(by: User, *, now: datetime) -> list[Callback]:
    """The first of the order of service, own ones and those promised by somebody else of the group."""
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
    """Opens a callback; one that anybody of the group may take becomes `by`'s at the promised time.

    What the reporter was promised together is taken together. Refused like `open_callback`; NotAllowed when
    barred (§5.6).
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
        return  # open_callback says why not
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
    """Promised, due, and open to anybody of the person's group."""
    return (
        row.is_anybodys
        and row.state == CallbackState.ASSIGNED
        and not row.has_wrong_number
        and row.group == person.caller_group
        and row.call_again_at is not None
        and row.call_again_at <= now
    )
