"""How an attempt to phone ended, and what follows from it (§6)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluations.enums import CallbackState, Outcome, PostponedReason
from evaluations.guards import policy_of, refuse_settled
from evaluations.models import Callback, CallbackAttempt, CallScript
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import after_lock
from workorders.phones import with_phone

from .answers import (
    WRITTEN,
    Answers,
    Contradictory,
    answers_of,
    cleaned,
    contradictions_in,
    write_answers,
)
from .guards import (
    AlreadyEnded,
    attempt_with,
    clear_holds,
    hours_of,
    lock_callback,
    lock_reporter,
    may_give_up,
    refuse_concerned,
)
from .postpone import move_to_last_day
from .rules import Contradiction, retry_at

ABOUT_THE_NUMBER = (Outcome.NO_ANSWER, Outcome.BUSY, Outcome.WRONG_NUMBER, Outcome.CALL_LATER)
"""Whoever phones a number in vain has phoned for all of the reporter's orders that are his or hers."""
LATEST_PROMISE = timedelta(days=31)
ENDED_AS = {Outcome.REACHED: CallbackState.RATED, Outcome.REFUSED: CallbackState.REFUSED}


@dataclass(frozen=True)
class Attempt:
    """One form from the caller's screen.

    `call_again_at` (aware) with CALL_LATER only. `token` makes the same form sent twice one attempt.
    `confirmed`: contradictions the caller was asked about. `gives_up`: end as unreachable, if enough was tried.
    `is_anybodys`: at the promised time anybody of the group may take it.
    """

    outcome: str
    answers: Answers = field(default_factory=Answers)
    call_again_at: datetime | None = None
    note: str = ""
    token: UUID | None = None
    confirmed: frozenset[Contradiction] = frozenset()
    gives_up: bool = False
    is_anybodys: bool = False


@transaction.atomic
def record_attempt(callback: Callback, attempt: Attempt, *, by: User, now: datetime) -> Callback:
    """Logs one attempt and what follows: rated, refused, to be phoned again, waiting for a corrected number.

    The same form twice, or the same result twice, is one attempt. Refused: not the caller's, settled, ended
    otherwise (`AlreadyEnded`), incomplete answers; `Contradictory` until confirmed.
    """
    target, others = lock_reporter(callback)
    return record_locked(target, others, attempt, by=by, now=after_lock(now))


def record_locked(
    target: Callback, others: list[Callback], attempt: Attempt, *, by: User, now: datetime
) -> Callback:
    """`record_attempt` for what is locked already: the callback, and the reporter's `others`."""
    if is_repeated(target, attempt, by):
        return target
    guard_attempt(target, attempt, by=by, now=now)
    answers = _checked(target, attempt)
    own = [row for row in others if row.caller_id == by.pk and not row.has_wrong_number]
    _log(target, attempt, by=by, now=now)
    _follow(target, attempt, answers, by=by, now=now)
    if attempt.outcome in ABOUT_THE_NUMBER:
        for row in own:
            _log(row, replace(attempt, token=None), by=by, now=now, is_same_call=True)
            _follow(row, replace(attempt, gives_up=False), answers, by=by, now=now)
        clear_holds(Callback.objects.filter(held_by=by, pk__in=[row.pk for row in others]))
    return target


def is_repeated(target: Callback, attempt: Attempt, by: User) -> bool:
    """Whether this form, or this result, is recorded already; refused when the form was recorded otherwise."""
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
    """Refused: ended, settled, not the caller's, a wrong number, a time that may not be promised, given up too soon."""
    if target.state != CallbackState.ASSIGNED:
        raise AlreadyEnded(target)
    refuse_settled(target.order)
    if target.caller_id != by.pk:
        raise NotAllowed(
            _("%(number)s现在由%(who)s回访,这次填写没有保存。")
            % {"number": target.order.number, "who": target.caller}
        )
    refuse_concerned(target, by)
    if target.has_wrong_number:
        raise Refused(_("%(number)s的电话号码有误,更正后才能拨打。") % {"number": target.order.number})
    if attempt.outcome == Outcome.CALL_LATER:
        _guard_promise(target, attempt.call_again_at, now)
    if attempt.gives_up and not may_give_up(target, also_at=now):
        raise Refused(_too_soon(target))


def _guard_promise(target: Callback, at: datetime | None, now: datetime) -> None:
    """Past a deadline that is still to come only with a postponement, and that only to D+2, once (§6)."""
    if at is None:
        raise Refused(_("稍后再打:请选择约定的时间。"))
    if not now < at <= now + LATEST_PROMISE:
        raise Refused(_("约定的时间须在此刻之后、一个月之内。"))
    latest = latest_promise(target, now)
    if latest and at > latest:
        raise Refused(
            _("最晚只能约到%(latest)s(期限);更晚的请在这之前再打一次。")
            % {"latest": timezone.localtime(latest).strftime("%m-%d %H:%M")}
        )


def latest_promise(target: Callback, now: datetime) -> datetime | None:
    """Until when a call may be promised: its deadline, or the one a postponement gives; None: overdue for good."""
    last = target.order.last_due_at
    if not target.postponed_reason and target.postponed_at is None and last and last > now:
        return last
    return target.due_at if target.due_at and target.due_at > now else None


def _too_soon(callback: Callback) -> str:
    policy = policy_of(callback.order)
    return _("还不能按“未接通”结束:至少拨打 %(n)d 次,并分布在 %(m)d 个半天。") % {
        "n": policy.max_attempts,
        "m": policy.min_half_days,
    }


def _checked(target: Callback, attempt: Attempt) -> Answers:
    if attempt.outcome != Outcome.REACHED:
        return replace(
            attempt.answers, rating="", problem_types=frozenset(), gave_no_reason=False, other_problem=""
        )
    answers = cleaned(attempt.answers)
    found = contradictions_in(answers, target.order)
    if set(found) - attempt.confirmed:
        raise Contradictory(found, target.order)
    return answers


def _log(
    callback: Callback, attempt: Attempt, *, by: User, now: datetime, is_same_call: bool = False
) -> CallbackAttempt:
    earlier = _earlier_in_call(callback, by)
    started = _on_screen_since(callback, by, now) or now
    return CallbackAttempt.objects.create(
        callback=callback,
        by=by,
        started_at=max(started, earlier.ended_at) if earlier else started,
        ended_at=now,
        outcome=attempt.outcome,
        call_again_at=attempt.call_again_at if attempt.outcome == Outcome.CALL_LATER else None,
        phone=callback.order.reporter_phone,
        is_same_call=is_same_call or earlier is not None,
        note=attempt.note.strip(),
        token=attempt.token,
    )


def _on_screen_since(callback: Callback, by: User, now: datetime) -> datetime | None:
    """A hold forgotten yesterday does not make a call of a night."""
    since = callback.held_since
    if callback.held_by_id != by.pk or since is None or since > now:
        return None
    return since if days.local_day(since) == days.local_day(now) else None


def _earlier_in_call(callback: Callback, by: User) -> CallbackAttempt | None:
    """The attempt at another order of the reporter that reached somebody since this one is on the screen."""
    keys = callback.order.phone_keys
    if not keys or callback.held_by_id != by.pk or callback.held_since is None:
        return None
    attempts = CallbackAttempt.objects.filter(
        with_phone(keys, "callback__order__"),
        by=by,
        outcome__in=list(ENDED_AS),
        ended_at__gte=callback.held_since,
    )
    return attempts.exclude(callback=callback).order_by("-ended_at").first()


def _follow(callback: Callback, attempt: Attempt, answers: Answers, *, by: User, now: datetime) -> None:
    """Writes what the outcome means for one callback; it leaves the screen."""
    changed = ["held_by", "held_until", "held_since", "call_again_at", "is_promised", "is_anybodys"]
    callback.held_by = callback.held_until = callback.held_since = None
    callback.call_again_at, callback.is_promised, callback.is_anybodys = None, False, False
    if attempt.outcome in ENDED_AS:
        write_answers(callback, answers)
        callback.script = callback.script or CallScript.objects.first()
        changed += [*WRITTEN, "script", *_end(callback, ENDED_AS[Outcome(attempt.outcome)], by=by, now=now)]
    elif attempt.gives_up:
        changed += _end(callback, CallbackState.UNREACHABLE, by=by, now=now)
    else:
        changed += _phone_again(callback, attempt, now)
    callback.save(update_fields=changed)


def _end(callback: Callback, state: CallbackState, *, by: User | None, now: datetime) -> list[str]:
    callback.state, callback.ended_at, callback.ended_by = state, now, by
    return ["state", "ended_at", "ended_by"]


def _phone_again(callback: Callback, attempt: Attempt, now: datetime) -> list[str]:
    if attempt.outcome == Outcome.WRONG_NUMBER:
        callback.has_wrong_number = True
        return ["has_wrong_number"]
    if attempt.outcome != Outcome.CALL_LATER:
        callback.call_again_at = _retry_at(callback, attempt.outcome, now)
        return []
    callback.call_again_at, callback.is_promised = attempt.call_again_at, True
    callback.is_anybodys = attempt.is_anybodys
    return _postponed_by_promise(callback, attempt, now)


def _retry_at(callback: Callback, outcome: str, now: datetime) -> datetime:
    policy = policy_of(callback.order)
    busy = outcome == Outcome.BUSY
    minutes = policy.retry_busy_minutes if busy else policy.retry_no_answer_minutes
    wait = timedelta(minutes=minutes)
    return retry_at(now, wait=wait, due_at=callback.due_at, hours=hours_of(policy))


def _postponed_by_promise(callback: Callback, attempt: Attempt, now: datetime) -> list[str]:
    """A reporter who asks to be phoned after the deadline has given the reason to postpone (特殊情况顺延)."""
    at, due = attempt.call_again_at, callback.due_at
    last = callback.order.last_due_at
    if not (at and due and last) or callback.postponed_reason or at <= due or last <= now:
        return []
    text = attempt.note.strip() or _("报修人要求届时再打")
    return move_to_last_day(callback, by=callback.caller, now=now, why=PostponedReason.SAID, text=text)


@transaction.atomic
def end_unreachable(callback: Callback, *, by: User, now: datetime) -> Callback:
    """The caller gives up after enough attempts on enough half-days (§6); again: the same callback."""
    target = lock_callback(callback)
    now = after_lock(now)
    if target.state == CallbackState.UNREACHABLE and target.ended_by_id == by.pk:
        return target
    if target.state != CallbackState.ASSIGNED:
        raise AlreadyEnded(target)
    refuse_settled(target.order)
    if target.caller_id != by.pk:
        raise NotAllowed(
            _("%(number)s由%(who)s回访。") % {"number": target.order.number, "who": target.caller}
        )
    if not may_give_up(target):
        raise Refused(_too_soon(target))
    target.held_by = target.held_until = target.held_since = None
    target.save(
        update_fields=[
            "held_by",
            "held_until",
            "held_since",
            *_end(target, CallbackState.UNREACHABLE, by=by, now=now),
        ]
    )
    return target
