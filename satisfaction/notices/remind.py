"""Synchronising notices with what is due now: create, update, end. The caller says what is due."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, Value, When

from .kinds import KINDS, is_overdue_kind
from .models import Notice

ReminderKey = tuple[int, str, str]


@dataclass(frozen=True)
class Reminder:
    """Something due for a person (id); `params` is plain JSON and only holds what this person may see."""

    person: int
    kind: str
    period: str
    params: Mapping[str, Any] = field(default_factory=dict)
    url: str = ""

    @property
    def key(self) -> ReminderKey:
        return self.person, self.kind, self.period


@transaction.atomic
def remind(
    due: Sequence[Reminder], *, kinds: Collection[str], now: datetime, may_begin: bool = True
) -> list[Reminder]:
    """Creates one notice for each person, kind and period of `due`; returns the reminders that are new.

    `kinds`: the kinds that were computed; their notices that are not in `due` any more end. Changed
    parameters are updated; a notice that had ended and is overdue again becomes unread. Without `may_begin`
    (at night, on days off) no notice is created, and a notice of an earlier day does not end while its
    subject is due. Three statements, and one for each updated row. Repeating it changes nothing.
    """
    wanted = {reminder.key: reminder for reminder in due}
    known = _known(kinds, {reminder.period for reminder in due})
    _end([row for row in known.values() if _is_over(row, wanted, may_begin=may_begin)], now)
    for key, reminder in wanted.items():
        if key in known:
            _renew(known[key], reminder, may_begin=may_begin)
    fresh = [one for key, one in wanted.items() if key not in known] if may_begin else []
    # If two runs overlap, the second one's rows are ignored.
    Notice.objects.bulk_create([_row(one, now) for one in fresh], ignore_conflicts=True, batch_size=500)
    return fresh


def _known(kinds: Collection[str], periods: Collection[str]) -> dict[ReminderKey, Notice]:
    rows = Notice.objects.filter(Q(ended_at__isnull=True) | Q(period__in=periods), kind__in=kinds)
    return {(row.person_id, row.kind, row.period): row for row in rows}


def _row(one: Reminder, now: datetime) -> Notice:
    return Notice(
        person_id=one.person,
        kind=one.kind,
        period=one.period,
        params=dict(one.params),
        url=one.url,
        created_at=now,
    )


def _is_over(row: Notice, wanted: Mapping[ReminderKey, Reminder], *, may_begin: bool) -> bool:
    if row.ended_at is not None or (row.person_id, row.kind, row.period) in wanted:
        return False
    # Yesterday's notice stays until today's is created.
    return may_begin or (row.person_id, row.kind) not in {key[:2] for key in wanted}


def _end(rows: list[Notice], now: datetime) -> None:
    if rows:
        Notice.objects.filter(pk__in=[row.pk for row in rows], ended_at__isnull=True).update(ended_at=now)


def _renew(row: Notice, reminder: Reminder, *, may_begin: bool) -> None:
    changed: dict[str, Any] = {}
    if row.params != dict(reminder.params) or row.url != reminder.url:
        changed = {"params": dict(reminder.params), "url": reminder.url}
    if row.ended_at is not None and may_begin:
        changed["ended_at"] = None
        if is_overdue_kind(row.kind):
            changed["read_at"] = None
    if changed and (row.ended_at is None or may_begin):
        Notice.objects.filter(pk=row.pk).update(**changed)


def mark_read(notices: Collection[int] | None, *, by: Any, now: datetime) -> int:
    """Marks the person's unread notices with these ids (None: all) as read; returns how many."""
    unread = Notice.objects.visible_to(by).filter(read_at__isnull=True)
    if notices is not None:
        unread = unread.filter(pk__in=notices)
    over = [kind.key for kind in KINDS.values() if kind.ends_when_read]
    ended = Case(When(kind__in=over, then=Value(now)), default=F("ended_at"))
    return unread.update(read_at=now, ended_at=ended)
