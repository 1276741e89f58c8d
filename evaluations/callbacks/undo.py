"""Undoing a save for five seconds: every callback of it is restored as it was (domain §6)."""

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
"""The page counts five seconds; the request may take some more to arrive."""


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
