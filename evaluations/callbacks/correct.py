"""Correcting a recorded callback: old and new values are kept; the outcome may change too (domain §6)."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.deciders import decider, require_decider
from evaluations.enums import ENDED_BY_CALL, OPEN, CallbackState
from evaluations.guards import refuse_settled
from evaluations.locks import hold_feedback
from evaluations.models import Callback, RatingCorrection
from satisfaction.accounts.models import User
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import after_lock

from .answers import (
    WRITTEN,
    Answers,
    CheckedAnswers,
    Contradictory,
    check_answers,
    recorded_values,
    unrated,
    write_answers,
)
from .guards import AlreadyEnded, lock_callback
from .rules import Contradiction


@transaction.atomic
def correct_callback(
    callback: Callback,
    *,
    state: str,
    answers: Answers,
    by: User,
    now: datetime,
    reason: str = "",
    confirmed: frozenset[Contradiction] = frozenset(),
) -> Callback:
    """Replaces the result of an ended callback with `state` (rated, refused, unreachable) and `answers`.

    Allowed until the month is settled: to its caller before publication, afterwards to a head who did not
    rate the order (or the heads' stand-in). A reason is required (domain §6). Identical values change and
    record nothing.
    Raises Refused: no result yet, settled, invalid `state` or answers, no reason; AlreadyEnded when it ended
    without a call; Contradictory until confirmed. Raises NotAllowed: `by` may not correct it.
    """
    hold_feedback()
    target = lock_callback(callback)
    now = after_lock(now)
    is_by_stand_in = _guard_person(target, by)
    _guard(target, state)
    new = _checked(target, state, answers, confirmed)
    before = recorded_values(target)
    target.state = state
    write_answers(target, new)
    if recorded_values(target) == before:
        return target
    if not reason.strip():
        raise Refused(_("更正回访结果须写明原因。"))
    target.corrected_at = now
    target.save(update_fields=["state", "corrected_at", *WRITTEN])
    RatingCorrection.objects.create(
        callback=target,
        before=before,
        after=recorded_values(target),
        reason=reason.strip(),
        by=by,
        at=now,
        is_by_stand_in=is_by_stand_in,
    )
    return target


def may_correct(callback: Callback, person: User) -> bool:
    """Before publication: its caller. Afterwards: a head who did not rate it, or the heads' stand-in."""
    if callback.state not in ENDED_BY_CALL:
        return False
    if callback.published_at is None:
        return callback.caller_id == person.pk
    return decider(callback.order, person) is not None


def _guard(target: Callback, state: str) -> None:
    if target.state in OPEN:
        raise Refused(_("%(number)s还没有回访结果。") % {"number": target.order.number})
    if target.state not in ENDED_BY_CALL:
        raise AlreadyEnded(target)
    if state not in ENDED_BY_CALL:
        raise Refused(_("更正后的结果须是已评价、拒绝评价或未接通。"))
    refuse_settled(target.order)


def _guard_person(target: Callback, by: User) -> bool:
    """Returns whether `by` acts as a stand-in. Raises NotAllowed: `by` may not correct it."""
    if target.published_at is not None:
        return require_decider(target.order, by)
    if target.caller_id != by.pk:
        raise NotAllowed(_("发布前只有回访人本人可以更正。"))
    return False


def _checked(
    target: Callback, state: str, answers: Answers, confirmed: frozenset[Contradiction]
) -> CheckedAnswers:
    if state != CallbackState.RATED:
        return unrated(answers, target.order)
    kept = frozenset(target.problem_types.values_list("pk", flat=True))
    new = check_answers(answers, target.order, kept=kept)
    if not target.is_contradictory and set(new.contradictions) - confirmed:
        raise Contradictory(new.contradictions, target.order)
    return new
