"""One call attempt as the caller enters it, and the checks before it is recorded (domain §6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.utils.translation import gettext as _

from evaluations.enums import CallbackState, Outcome
from evaluations.guards import policy_of, refuse_settled
from evaluations.models import Callback
from satisfaction.accounts.models import User
from satisfaction.core.errors import Refused
from satisfaction.core.formats import format_short_minute

from .answers import Answers, answers_of, cleaned
from .guards import (
    AlreadyEnded,
    attempt_with,
    may_give_up,
    refuse_concerned,
    refuse_not_assigned,
    refuse_wrong_number,
    require_caller,
)
from .rules import Contradiction

ABOUT_THE_NUMBER = (Outcome.NO_ANSWER, Outcome.BUSY, Outcome.WRONG_NUMBER, Outcome.CALL_LATER)
"""Outcomes about the number itself: recorded for all of the caller's orders from the same reporter."""
LATEST_PROMISE = timedelta(days=31)
ENDED_AS = {Outcome.REACHED: CallbackState.RATED, Outcome.REFUSED: CallbackState.REFUSED}


@dataclass(frozen=True)
class Attempt:
    """One submitted form from the call screen.

    `call_again_at` (aware): with CALL_LATER only. `token`: a form sent twice counts as one attempt.
    `confirmed`: contradictions the caller confirmed. `gives_up`: end as unreachable, after enough attempts.
    `is_anybodys`: at the promised time any caller of the group may take it.
    """

    outcome: str
    answers: Answers = field(default_factory=Answers)
    call_again_at: datetime | None = None
    note: str = ""
    token: UUID | None = None
    confirmed: frozenset[Contradiction] = frozenset()
    gives_up: bool = False
    is_anybodys: bool = False


def is_repeated(target: Callback, attempt: Attempt, by: User) -> bool:
    """Whether this form or result is already recorded. Raises Refused: the form was recorded differently."""
    made = attempt_with(attempt.token)
    if made is None:
        return target.state == ENDED_AS.get(Outcome(attempt.outcome)) and _is_same_end(target, attempt, by)
    if (made.callback_id, made.by_id, made.outcome) != (target.pk, by.pk, attempt.outcome):
        raise Refused(
            _("这一页已经保存过一次(%(outcome)s);请从回访名单重新打开再记录。")
            % {"outcome": made.get_outcome_display()}
        )
    if made.outcome == Outcome.REACHED and not _is_same_end(target, attempt, by):
        raise AlreadyEnded(target)
    return True


def _is_same_end(target: Callback, attempt: Attempt, by: User) -> bool:
    if target.ended_by_id != by.pk:
        return False
    if attempt.outcome != Outcome.REACHED:
        return True
    try:
        return answers_of(target) == cleaned(attempt.answers)
    except Refused:
        return False


def guard_attempt(target: Callback, attempt: Attempt, *, by: User, now: datetime) -> None:
    """Checks whether the attempt may be recorded.

    Raises Refused: ended, settled, wrong number, a time that may not be promised, given up too soon.
    Raises NotAllowed: `by` is not the caller, or the order concerns `by`.
    """
    refuse_not_assigned(target)
    refuse_settled(target.order)
    require_caller(target, by, is_saving=True)
    refuse_concerned(target, by)
    refuse_wrong_number(target)
    if attempt.outcome == Outcome.CALL_LATER:
        _guard_promise(target, attempt.call_again_at, now)
    if attempt.gives_up:
        require_enough_tried(target, also_at=now)


def _guard_promise(target: Callback, at: datetime | None, now: datetime) -> None:
    """A promise past a future deadline needs a postponement: once, at most to D+2 (domain §6)."""
    if at is None:
        raise Refused(_("稍后再打:请选择约定的时间。"))
    if not now < at <= now + LATEST_PROMISE:
        raise Refused(_("约定的时间须在此刻之后、一个月之内。"))
    latest = latest_promise(target, now)
    if latest and at > latest:
        raise Refused(
            _("最晚只能约到%(latest)s(期限);更晚的请在这之前再打一次。")
            % {"latest": format_short_minute(latest)}
        )


def latest_promise(target: Callback, now: datetime) -> datetime | None:
    """Returns the latest time to promise: the deadline, or a postponed one if possible; None: finally overdue."""
    last = target.order.last_due_at
    if not target.postponed_reason and target.postponed_at is None and last and last > now:
        return last
    return target.due_at if target.due_at and target.due_at > now else None


def require_enough_tried(callback: Callback, *, also_at: datetime | None = None) -> None:
    """Raises Refused: too few attempts or half-days. `also_at` counts as one more attempt (domain §6)."""
    if may_give_up(callback, also_at=also_at):
        return
    policy = policy_of(callback.order)
    raise Refused(
        _("还不能按“未接通”结束:至少拨打 %(n)d 次,并分布在 %(m)d 个半天。")
        % {"n": policy.max_attempts, "m": policy.min_half_days}
    )
