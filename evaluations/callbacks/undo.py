"""Undoing a save within five seconds: restores all of its callbacks (domain §6)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.correction_wording import CALLBACK
from evaluations.enums import ENDED_BY_CALL, CallbackState
from evaluations.guards import refuse_settled
from evaluations.models import Callback, CallbackAttempt, CallDraft, CallSave
from satisfaction.accounts.models import User
from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.locks import after_lock

from .guards import lock_reporter
from .save import SNAPSHOT, snapshot

UNDO_FOR = timedelta(seconds=5)
NETWORK_TIME = timedelta(seconds=3)
"""Allowance for the request to arrive after the page has counted down five seconds."""


@transaction.atomic
def undo_save(save: CallSave, *, by: User, now: datetime) -> Callback:
    """Undoes a save within 5 seconds: restores its callbacks and turns the submitted form into the draft.

    Repeating the undo changes nothing. The undone values stay in the save's record; an audit event for each
    callback holds old and new values, visible to people who may see the callback.
    Raises Refused: too late, published, settled, or changed meanwhile (correct it instead).
    Raises NotAllowed: `by` did not make the save.
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
    """Returns the parts of the saved result outside the callback's own fields: attempts and problem types."""
    types = sorted(row.problem_types.values_list("code", flat=True))
    return {"attempts": _told(made, row), "problem_types": types}


def _record_undo(
    row: Callback, saved: dict[str, Any], before: dict[str, Any], *, by: User, now: datetime
) -> None:
    """Details: field → [saved value, restored value]; `outcome` is the outcome of the undone attempt."""
    outcome = saved["attempts"][-1]["outcome"] if saved["attempts"] else ""
    old, new = saved | {"outcome": outcome}, before | {"outcome": "", "problem_types": []}
    details = {name: [old[name], new[name]] for name in CALLBACK if old[name] != new[name]}
    if details:
        record_event(
            AuditKind.SAVE_UNDONE, by=by, at=now, subject=row, about=row.order.number, details=details
        )


def _told(made: Any, row: Callback) -> list[dict[str, str]]:
    return [
        {"outcome": one.outcome, "started_at": one.started_at.isoformat()}
        for one in made
        if one.callback_id == row.pk
    ]


def _guard_undo(save: CallSave, rows: list[Callback], now: datetime) -> None:
    late = _("撤销的时间已过;需要修改请用“更正”。")
    if now - save.at > UNDO_FOR + NETWORK_TIME:
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
        field: Any = Callback._meta.get_field(name)
        setattr(row, field.attname, None if values[name] is None else field.to_python(values[name]))
    row.problem_types.clear()
    row.save(update_fields=list(SNAPSHOT))
