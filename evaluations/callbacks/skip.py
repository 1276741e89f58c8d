"""Passing over a call for now: with a reason, and counted (§6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.enums import CallbackState
from evaluations.guards import policy_of, refuse_settled
from evaluations.models import Callback, CallSkip
from satisfaction.accounts.models import User
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import after_lock

from .guards import AlreadyEnded, clear_holds, hours_of, lock_reporter
from .rules import retry_at

SKIPPED_FOR = timedelta(minutes=30)
"""How long a skipped call stays behind the others; sooner when its deadline is near."""


@transaction.atomic
def skip_call(callback: Callback, *, by: User, reason: str, now: datetime) -> Callback:
    """The reporter leaves the screen and comes back later; nothing was phoned, so no attempt is logged.

    All of the caller's own orders of the reporter wait together, one skip is counted. Twice in a row is once.
    Refused: without a reason, ended, settled, not the caller's.
    """
    target, others = lock_reporter(callback)
    now = after_lock(now)
    if target.state != CallbackState.ASSIGNED:
        raise AlreadyEnded(target)
    refuse_settled(target.order)
    if target.caller_id != by.pk:
        raise NotAllowed(
            _("%(number)s由%(who)s回访。") % {"number": target.order.number, "who": target.caller}
        )
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
        return row.call_again_at  # the reporter was promised that time
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
