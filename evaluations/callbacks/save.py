"""Saving a call: locks and checks the reporter's orders once, then writes them one by one (domain §6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.enums import CallbackState, Outcome, PostponedReason
from evaluations.guards import policy_of, refuse_settled
from evaluations.models import Callback, CallbackAttempt, CallDraft, CallSave, CallScript
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import Refused
from satisfaction.core.locks import after_lock
from workorders.phones import with_phone

from .answers import WRITTEN, Answers, CheckedAnswers, Contradictory, check_answers, unrated, write_answers
from .attempts import (
    ABOUT_THE_NUMBER,
    ENDED_AS,
    Attempt,
    guard_attempt,
    is_repeated,
    require_enough_tried,
)
from .guards import (
    attempt_with,
    clear_hold,
    clear_holds,
    hours_of,
    lock_callback,
    lock_reporter,
    refuse_not_assigned,
    require_caller,
)
from .postpone import move_to_last_day
from .rules import Contradiction, retry_at

SNAPSHOT = (
    "state due_at calling_on postponed_at postponed_by postponed_reason postponed_text call_again_at is_promised"
    " is_anybodys has_wrong_number script response manner uncivil repaired rating points words gave_no_reason"
    " other_problem is_contradictory ended_at ended_by"
).split()
"""The fields restored by an undo."""


@dataclass(frozen=True)
class CallEntry:
    """What a save records for one order; `checked` is set if the outcome ends the callback with answers."""

    callback: Callback
    attempt: Attempt
    checked: CheckedAnswers | None
    is_same_call: bool = False


@transaction.atomic
def save_call(
    callback: Callback,
    attempt: Attempt,
    *,
    by: User,
    now: datetime,
    further: Mapping[int, Answers] | None = None,
    form: dict[str, Any] | None = None,
) -> tuple[Callback, CallSave | None]:
    """Saves the whole call, all or nothing: the callback, and the reporter's `further` ones (id → answers).

    The same form sent twice, even concurrently, is one save and returns it both times (None: it was undone,
    or recorded outside the desk). Further callbacks without a rating end as refused when the reporter refuses,
    else they stay open. `form` is stored for an undo. Raises the errors of `record_attempt`.
    """
    target, others = lock_reporter(callback)
    now = after_lock(now)
    if is_repeated(target, attempt, by):
        return target, _save_of(target, attempt, by)
    entries = _checked_call(target, others, attempt, further or {}, by=by, now=now)
    own = [row for row in others if row.caller_id == by.pk]
    before = {str(row.pk): snapshot(row) for row in (target, *own)}
    _write(entries, others, by=by, now=now)
    filled_in = [entry.callback.pk for entry in entries if not entry.is_same_call]
    CallDraft.objects.filter(callback__in=filled_in, by=by).delete()
    return target, CallSave.objects.create(callback=target, by=by, at=now, before=before, form=form or {})


@transaction.atomic
def record_attempt(callback: Callback, attempt: Attempt, *, by: User, now: datetime) -> Callback:
    """Records one attempt like `save_call`, without further orders and without an undo.

    The same form or the same result twice is one attempt. Raises Refused: settled, ended differently
    (`AlreadyEnded`), incomplete answers; Contradictory until confirmed. Raises NotAllowed: not the caller.
    """
    target, others = lock_reporter(callback)
    now = after_lock(now)
    if not is_repeated(target, attempt, by):
        _write(_checked_call(target, others, attempt, {}, by=by, now=now), others, by=by, now=now)
    return target


@transaction.atomic
def end_unreachable(callback: Callback, *, by: User, now: datetime) -> Callback:
    """Ends the callback as unreachable; repeating the call changes nothing (domain §6).

    Raises Refused: ended, settled, too few attempts or half-days. Raises NotAllowed: not the caller.
    """
    target = lock_callback(callback)
    now = after_lock(now)
    if target.state == CallbackState.UNREACHABLE and target.ended_by_id == by.pk:
        return target
    refuse_not_assigned(target)
    refuse_settled(target.order)
    require_caller(target, by)
    require_enough_tried(target)
    ended = _end(target, CallbackState.UNREACHABLE, by=by, now=now)
    target.save(update_fields=[*clear_hold(target), *ended])
    return target


def snapshot(row: Callback) -> dict[str, str | None]:
    """Returns the `SNAPSHOT` fields of the callback as text."""
    fields: list[Any] = [Callback._meta.get_field(name) for name in SNAPSHOT]
    return {
        field.name: None if field.value_from_object(row) is None else field.value_to_string(row)
        for field in fields
    }


def _save_of(target: Callback, attempt: Attempt, by: User) -> CallSave | None:
    """Returns the save already made by the same form, unless it was undone."""
    made = attempt_with(attempt.token)
    at = made.ended_at if made else target.ended_at
    if at is None:
        return None
    return CallSave.objects.filter(callback=target, by=by, at=at, undone_at__isnull=True).first()


def _checked_call(
    target: Callback,
    others: list[Callback],
    attempt: Attempt,
    further: Mapping[int, Answers],
    *,
    by: User,
    now: datetime,
) -> list[CallEntry]:
    """Returns the checked entry of each order, the target first. Raises the errors of `record_attempt`."""
    guard_attempt(target, attempt, by=by, now=now)
    own = {row.pk: row for row in others if row.caller_id == by.pk and not row.has_wrong_number}
    if attempt.outcome in ABOUT_THE_NUMBER:
        same = replace(attempt, token=None, gives_up=False)
        return [
            CallEntry(target, attempt, None),
            *(CallEntry(row, same, None, is_same_call=True) for row in own.values()),
        ]
    told = [(target, attempt)]
    for row, one in _further_attempts(own, further, attempt):
        guard_attempt(row, one, by=by, now=now)
        told.append((row, one))
    entries = [CallEntry(row, one, _checked(row, one)) for row, one in told]
    _ask_once(entries, attempt.confirmed)
    return entries


def _further_attempts(
    own: dict[int, Callback], further: Mapping[int, Answers], attempt: Attempt
) -> Iterable[tuple[Callback, Attempt]]:
    """Yields the attempts for the reporter's other orders on the screen."""
    for pk, answers in further.items():
        if not answers.rating and attempt.outcome != Outcome.REFUSED:
            continue
        if pk not in own:
            raise Refused(_("同一报修人的另一张工单已改由别人处理,请核对后再保存一次。"))
        yield own[pk], Attempt(Outcome.REACHED if answers.rating else Outcome.REFUSED, answers)


def _checked(row: Callback, attempt: Attempt) -> CheckedAnswers:
    if attempt.outcome == Outcome.REFUSED:
        return unrated(attempt.answers, row.order)
    try:
        return check_answers(attempt.answers, row.order)
    except Refused as refusal:
        raise Refused(f"{row.order.number}: {refusal}") from refusal


def _ask_once(entries: list[CallEntry], confirmed: frozenset[Contradiction]) -> None:
    """Raises Contradictory with all contradictions of the call, unless all are confirmed."""
    rated = [entry for entry in entries if entry.attempt.outcome == Outcome.REACHED]
    found = [(entry.checked.contradictions, entry.callback.order) for entry in rated if entry.checked]
    if {one for several, _order in found for one in several} <= confirmed:
        return
    target = entries[0].callback.order
    of_target = next((several for several, order in found if order is target), ())
    raise Contradictory(
        of_target, target, *((several, order) for several, order in found if order is not target)
    )


def _write(entries: list[CallEntry], others: list[Callback], *, by: User, now: datetime) -> None:
    for entry in entries:
        _log(entry, by=by, now=now)
        _follow(entry, by=by, now=now)
    if entries[0].attempt.outcome in ABOUT_THE_NUMBER:
        clear_holds(Callback.objects.filter(held_by=by, pk__in=[row.pk for row in others]))


def _log(entry: CallEntry, *, by: User, now: datetime) -> None:
    callback, attempt = entry.callback, entry.attempt
    earlier = _earlier_in_call(callback, by)
    started = _on_screen_since(callback, by, now) or now
    CallbackAttempt.objects.create(
        callback=callback,
        by=by,
        started_at=max(started, earlier.ended_at) if earlier else started,
        ended_at=now,
        outcome=attempt.outcome,
        call_again_at=attempt.call_again_at if attempt.outcome == Outcome.CALL_LATER else None,
        phone=callback.order.reporter_phone,
        is_same_call=entry.is_same_call or earlier is not None,
        note=attempt.note.strip(),
        token=attempt.token,
    )


def _on_screen_since(callback: Callback, by: User, now: datetime) -> datetime | None:
    """Returns the start of the hold if it began today; an old hold must not produce an overnight call."""
    since = callback.held_since
    if callback.held_by_id != by.pk or since is None or since > now:
        return None
    return since if days.local_day(since) == days.local_day(now) else None


def _earlier_in_call(callback: Callback, by: User) -> CallbackAttempt | None:
    """Returns the latest answered attempt for another order of the reporter since this one was opened."""
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


def _follow(entry: CallEntry, *, by: User, now: datetime) -> None:
    """Applies the outcome to one callback and clears its hold."""
    callback, attempt = entry.callback, entry.attempt
    changed = [*clear_hold(callback), "call_again_at", "is_promised", "is_anybodys"]
    callback.call_again_at, callback.is_promised, callback.is_anybodys = None, False, False
    if entry.checked:
        write_answers(callback, entry.checked)
        callback.script = callback.script or CallScript.objects.first()
        changed += [*WRITTEN, "script", *_end(callback, ENDED_AS[Outcome(attempt.outcome)], by=by, now=now)]
    elif attempt.gives_up:
        changed += _end(callback, CallbackState.UNREACHABLE, by=by, now=now)
    else:
        changed += _phone_again(callback, attempt, now)
    callback.save(update_fields=changed)


def _end(callback: Callback, state: CallbackState, *, by: User, now: datetime) -> list[str]:
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
    """Postpones for a promise after the deadline (特殊情况顺延); returns the names of the fields to save."""
    at, due = attempt.call_again_at, callback.due_at
    last = callback.order.last_due_at
    if not (at and due and last) or callback.postponed_reason or at <= due or last <= now:
        return []
    text = attempt.note.strip() or _("报修人要求届时再打")
    return move_to_last_day(callback, by=callback.caller, now=now, why=PostponedReason.SAID, text=text)
