"""The trail source of audit events, which record actions that no other table keeps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy

from evaluations.correction_wording import changes_of_undo
from evaluations.models import Callback, SelfEvaluation
from satisfaction.audit.enums import AuditKind
from satisfaction.audit.models import AuditEvent
from workorders.models import WorkOrder

from .decisions import trail_change
from .shapes import TrailChange, TrailEntry, TrailQuery, TrailSource
from .wording import detail_changes

ORDER, CALLBACK, SELF = (model._meta.label_lower for model in (WorkOrder, Callback, SelfEvaluation))
MULTI_CREW_KINDS = (AuditKind.PUBLISHED,)
"""Events about callbacks of several crews; hidden from readers with a crew of their own (domain §4)."""


def event_rows(query: TrailQuery) -> QuerySet[Any]:
    rows = AuditEvent.objects.select_related("by")
    if query.kind.startswith("event:"):
        rows = rows.filter(kind=query.kind.removeprefix("event:"))
    selves = query.orders(shows_self=True).filter(self_evaluation=OuterRef("subject_id"))
    rows = rows.filter(~Q(subject_type=SELF) | Exists(selves))
    if not query.viewer.has_crews_eyes:
        return rows
    known = query.orders().filter(Q(shows_callback=True) | Q(callback__isnull=True))
    return rows.exclude(kind__in=MULTI_CREW_KINDS).filter(
        ~Q(subject_type__in=[ORDER, CALLBACK])
        | Q(subject_type=ORDER) & Exists(known.filter(pk=OuterRef("subject_id")))
        | Q(subject_type=CALLBACK) & Exists(known.filter(callback=OuterRef("subject_id")))
    )


def event_entries(rows: Sequence[AuditEvent], query: TrailQuery) -> list[TrailEntry]:
    numbers = order_numbers(rows)
    return [
        TrailEntry(
            row.at,
            str(row.by or ""),
            row.get_kind_display(),
            number or row.about,
            row.reason,
            reverse("orders:page", args=[number]) if number else "",
            event_changes(row),
            row.address or "",
        )
        for row in rows
        for number in [numbers.get((row.subject_type, row.subject_id))]
    ]


def event_changes(row: AuditEvent) -> tuple[TrailChange, ...]:
    """Undone saves with the texts of the order's timeline; others by the names of their details."""
    if row.kind == AuditKind.SAVE_UNDONE:
        return tuple(trail_change(one) for one in changes_of_undo(row.details))
    return detail_changes(row.details)


def order_numbers(rows: Sequence[AuditEvent]) -> dict[tuple[str, int | None], str]:
    """Returns the order numbers of the events' subjects: order, callback or self-evaluation. One query."""
    ids: dict[str, list[Any]] = {ORDER: [], CALLBACK: [], SELF: []}
    for row in rows:
        if row.subject_type in ids:
            ids[row.subject_type].append(row.subject_id)
    wanted = Q(pk__in=ids[ORDER]) | Q(callback__in=ids[CALLBACK]) | Q(self_evaluation__in=ids[SELF])
    found: dict[tuple[str, int | None], str] = {}
    for pk, callback, own, number in WorkOrder.objects.filter(wanted).values_list(
        "pk", "callback", "self_evaluation", "number"
    ):
        found |= {(ORDER, pk): number, (CALLBACK, callback): number, (SELF, own): number}
    return found


SOURCES = (TrailSource("event", gettext_lazy("其它操作"), event_rows, "at", "by", ("about",), event_entries),)
