"""One press of save: every order of the reporter that was rated in the call, and taking it back for 5 seconds (§6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.correction_wording import CALLBACK
from evaluations.enums import ENDED_BY_CALL, CallbackState, Outcome
from evaluations.guards import refuse_settled
from evaluations.models import Callback, CallbackAttempt, CallDraft, CallSave
from satisfaction.accounts.models import User
from satisfaction.audit.actions import record
from satisfaction.audit.enums import AuditKind
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import after_lock

from .answers import Answers, Contradictory, cleaned, contradictions_in
from .guards import attempt_with, lock_reporter
from .record import Attempt, guard_attempt, is_repeated, record_locked
from .rules import Contradiction

UNDO_FOR = timedelta(seconds=5)
ON_THE_WAY = timedelta(seconds=3)
"""The page counts five seconds; the press may be on its way for some more."""
SNAPSHOT = (
    "state due_at calling_on postponed_at postponed_by postponed_reason postponed_text call_again_at is_promised"
    " is_anybodys has_wrong_number script response manner uncivil repaired rating points words gave_no_reason"
    " other_problem is_contradictory ended_at ended_by"
).split()


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
    """Saves the call at once: the callback, and the reporter's `further` ones (id → answers) each with its rating.

    All or nothing; the same form twice, or twice at once, is one save and returns it both times (None: it was undone
    or made without the desk). Of the further ones those without a rating are refused when the reporter refuses, else
    they stay open. `form` is kept for an undo.
    """
    further = further or {}
    target, others = lock_reporter(callback)
    now = after_lock(now)
    if is_repeated(target, attempt, by):
        return target, _save_of(target, attempt, by)
    guard_attempt(target, attempt, by=by, now=now)
    own = {row.pk: row for row in others if row.caller_id == by.pk and row.state == CallbackState.ASSIGNED}
    before = {str(row.pk): snapshot(row) for row in (target, *own.values())}
    told = _further(own, further, attempt)
    confirmed = _ask(target, told, attempt)
    kept = record_locked(target, others, replace(attempt, confirmed=confirmed), by=by, now=now)
    for row, one in told:
        record_locked(row, [], replace(one, confirmed=confirmed), by=by, now=now)
    CallDraft.objects.filter(callback__in=[target.pk, *(row.pk for row, _one in told)], by=by).delete()
    save = CallSave.objects.create(callback=kept, by=by, at=now, before=before, form=form or {})
    return kept, save


def _save_of(target: Callback, attempt: Attempt, by: User) -> CallSave | None:
    """The save that the same form has made, while it is not undone."""
    made = attempt_with(attempt.token)
    at = made.ended_at if made else target.ended_at
    return CallSave.objects.filter(callback=target, by=by, at=at, undone_at__isnull=True).first()


def _further(
    own: dict[int, Callback], further: Mapping[int, Answers], attempt: Attempt
) -> list[tuple[Callback, Attempt]]:
    """What is recorded for the reporter's other orders on the screen."""
    if attempt.outcome not in (Outcome.REACHED, Outcome.REFUSED):
        return []  # what is about the number holds for all of them anyway
    found = []
    for pk, answers in further.items():
        if not answers.rating and attempt.outcome != Outcome.REFUSED:
            continue
        if pk not in own or own[pk].has_wrong_number:
            raise Refused(_("同一报修人的另一张工单已改由别人处理,请核对后再保存一次。"))
        outcome = Outcome.REACHED if answers.rating else Outcome.REFUSED
        found.append((own[pk], Attempt(outcome, answers)))
    return found


def _ask(
    target: Callback, told: list[tuple[Callback, Attempt]], attempt: Attempt
) -> frozenset[Contradiction]:
    """Every contradiction of the call is asked about at once; gives all that are accepted."""
    rated = [(row, one.answers) for row, one in [(target, attempt), *told] if one.outcome == Outcome.REACHED]
    found = {row: contradictions_in(_cleaned(row, answers), row.order) for row, answers in rated}
    together = frozenset(one for several in found.values() for one in several)
    if together - attempt.confirmed:
        further = [(several, row.order) for row, several in found.items() if row is not target]
        raise Contradictory(found.get(target, ()), target.order, *further)
    return together | attempt.confirmed


def _cleaned(row: Callback, answers: Answers) -> Answers:
    try:
        return cleaned(answers)
    except Refused as refusal:
        raise Refused(f"{row.order.number}: {refusal}") from refusal


def snapshot(row: Callback) -> dict[str, str | None]:
    """The callback as it stands, field by field, as text."""
    fields: list[Any] = [Callback._meta.get_field(name) for name in SNAPSHOT]
    return {
        field.name: None if field.value_from_object(row) is None else field.value_to_string(row)
        for field in fields
    }


@transaction.atomic
def undo_save(save: CallSave, *, by: User, now: datetime) -> Callback:
    """Takes a save back: every callback of it stands as before, what was filled in becomes the draft again.

    Within 5 seconds, by who saved; again: the same. Refused: too late, published, settled, or changed meanwhile:
    then it is a matter of correcting. What was undone stays in the save's record, and an audit event for each
    callback tells old and new to who may see the callback.
    """
    target, _others = lock_reporter(save.callback)
    now = after_lock(now)
    save = CallSave.objects.select_for_update(of=("self",)).get(pk=save.pk)
    if save.by_id != by.pk:
        raise NotAllowed(_("只有保存的人可以撤销。"))
    if save.undone_at:
        return target
    refuse_settled(target.order)
    rows = list(
        Callback.objects.filter(pk__in=save.before).select_related("order").select_for_update(of=("self",))
    )
    made = CallbackAttempt.objects.filter(callback__in=rows, by=by, ended_at=save.at)
    _guard_undo(save, rows, now)
    save.undone = {str(row.pk): snapshot(row) | _more(made, row) for row in rows}
    save.undone_at = now
    save.save(update_fields=["undone", "undone_at"])
    made.delete()
    for row in rows:
        before = save.before[str(row.pk)]
        _restore(row, before)
        _record_undo(row, save.undone[str(row.pk)], before, by=by, now=now)
    CallDraft.objects.update_or_create(callback=target, defaults={"by": by, "values": save.form, "at": now})
    return next(row for row in rows if row.pk == target.pk)


def _more(made: Any, row: Callback) -> dict[str, Any]:
    """What belongs to the saved result beside the callback's own fields."""
    types = sorted(row.problem_types.values_list("code", flat=True))
    return {"attempts": _told(made, row), "problem_types": types}


def _record_undo(
    row: Callback, saved: dict[str, Any], before: dict[str, Any], *, by: User, now: datetime
) -> None:
    """The details: field → [as saved, as before]; `outcome` is that of the attempt taken back."""
    outcome = saved["attempts"][-1]["outcome"] if saved["attempts"] else ""
    old, new = saved | {"outcome": outcome}, before | {"outcome": "", "problem_types": []}
    details = {name: [old[name], new[name]] for name in CALLBACK if old[name] != new[name]}
    if details:
        record(AuditKind.SAVE_UNDONE, by=by, at=now, subject=row, about=row.order.number, details=details)


def _told(made: Any, row: Callback) -> list[dict[str, str]]:
    return [
        {"outcome": one.outcome, "started_at": one.started_at.isoformat()}
        for one in made
        if one.callback_id == row.pk
    ]


def _guard_undo(save: CallSave, rows: list[Callback], now: datetime) -> None:
    late = _("撤销的时间已过;需要修改请用“更正”。")
    if now - save.at > UNDO_FOR + ON_THE_WAY:
        raise Refused(late)
    later = CallbackAttempt.objects.filter(callback__in=rows, ended_at__gt=save.at)
    for row in rows:
        is_as_saved = row.state == CallbackState.ASSIGNED or (
            row.state in ENDED_BY_CALL and row.ended_at == save.at
        )
        if row.published_at or row.corrected_at or not is_as_saved or row.caller_id != save.by_id:
            raise Refused(late)
    if later.exists():
        raise Refused(late)


def _restore(row: Callback, values: dict[str, str | None]) -> None:
    for name in SNAPSHOT:
        field = Callback._meta.get_field(name)
        setattr(row, field.attname, None if values[name] is None else field.to_python(values[name]))  # type: ignore[union-attr]
    row.problem_types.clear()
    row.save(update_fields=list(SNAPSHOT))
