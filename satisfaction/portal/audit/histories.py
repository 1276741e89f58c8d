"""Trail sources from model histories: people, crews, orders, calendar, roster, policies, targets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.apps import apps
from django.db.models import Exists, Model, OuterRef, Q, QuerySet, Subquery
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from evaluations.models import EvaluationPolicy
from satisfaction.core.history import history_of
from workorders.models import WorkOrder

from .shapes import TrailChange, TrailEntry, TrailQuery, TrailSource
from .wording import NO_VALUE, RelatedNames, changed_fields, format_field_value, tracked_fields

SIGN_IN = "sign-in"
"""The reason that a migration set in history rows written by sign-ins; they changed nothing."""
ACTION_LABELS = {
    "+": gettext_lazy("新增"),
    "~": pgettext_lazy("操作记录", "修改"),
    "-": pgettext_lazy("操作记录", "删除"),
}
LabelFunction = Callable[[Any], str]
# model → relations to load, label of a row, fields to search
HISTORIES: dict[str, tuple[tuple[str, ...], LabelFunction, tuple[str, ...]]] = {
    "accounts.User": ((), lambda row: f"{row.name} {row.username}", ("name", "username")),
    "accounts.Absence": (
        ("person",),
        lambda row: f"{row.person} {row.first_on}–{row.last_on}",
        ("person__name",),
    ),
    "calendars.CalendarOverride": ((), lambda row: f"{row.day} {row.name}", ("day", "name")),
    "workorders.Crew": ((), lambda row: row.name, ("name",)),
    "workorders.Technician": ((), lambda row: f"{row.name} {row.employee_no}", ("name", "employee_no")),
    "workorders.CrewLead": (
        ("crew", "person"),
        lambda row: f"{row.crew} {row.person}",
        ("crew__name", "person__name"),
    ),
    "workorders.WorkOrder": ((), lambda row: row.number, ("number",)),
    "evaluations.EvaluationPolicy": ((), lambda row: f"{row.begins_on:%Y-%m}", ("begins_on",)),
    "improvement.KpiTarget": ((), lambda row: f"{row.get_key_display()} {row.begins_on:%Y-%m}", ("key",)),
}


def history_rows(model: type[Model], related: tuple[str, ...]) -> Callable[[TrailQuery], QuerySet[Any]]:
    def rows(query: TrailQuery) -> QuerySet[Any]:
        history = history_of(model)
        before = history.filter(id=OuterRef("id")).filter(
            Q(history_date__lt=OuterRef("history_date"))
            | Q(history_date=OuterRef("history_date"), history_id__lt=OuterRef("history_id"))
        )
        kept = history.select_related("history_user", *related).exclude(history_change_reason=SIGN_IN)
        kept = kept.annotate(
            before=Subquery(before.order_by("-history_date", "-history_id").values("history_id")[:1])
        )
        return visible_changes(kept, query) if model is WorkOrder else kept

    return rows


def visible_changes(kept: QuerySet[Any], query: TrailQuery) -> QuerySet[Any]:
    """Hides changes of drawn orders until the viewer sees the callback (domain §4).

    Their author is usually the caller, who corrected the phone.
    """
    kept = kept.filter(history_type="~")
    if not query.viewer.has_crews_eyes:
        return kept
    known = query.orders().filter(Q(shows_callback=True) | Q(callback__isnull=True))
    return kept.filter(Exists(known.filter(pk=OuterRef("id"))))


def history_entries(
    model: type[Model], label: LabelFunction
) -> Callable[[Sequence[Any], TrailQuery], list[TrailEntry]]:
    def entries(rows: Sequence[Any], query: TrailQuery) -> list[TrailEntry]:
        history = history_of(model)
        before = history.filter(history_id__in=[row.before for row in rows if row.before]).in_bulk()
        before |= predecessors(model, rows)
        names = RelatedNames()
        for row in rows:
            for field in tracked_fields(model):
                names.want(
                    field, getattr(row, field.attname), getattr(before.get(row.before), field.attname, None)
                )
        return [history_entry(model, row, before.get(row.before), label(row), names) for row in rows]

    return entries


def predecessors(model: type[Model], rows: Sequence[Any]) -> dict[Any, Any]:
    """Returns the preceding policy of each new policy, and sets `before` of the row to its key."""
    new = [row for row in rows if row.before is None]
    if model is not EvaluationPolicy or not new:
        return {}
    found = {}
    for row in new:
        row.before = f"policy {row.begins_on}"
        held = EvaluationPolicy.objects.filter(begins_on__lt=row.begins_on).order_by("-begins_on").first()
        if held:
            found[row.before] = held
    return found


def history_entry(model: type[Model], row: Any, before: Any, about: str, names: RelatedNames) -> TrailEntry:
    changes, words = history_changes(model, row, before, names), row.history_change_reason or ""
    if row.history_type == "~" and not changes:
        unknown = _("首次修改,此前的内容没有留存") if before is None else _("资料字段没有变化")
        words = " · ".join(filter(None, [unknown, words]))
    url = reverse("orders:page", args=[row.number]) if model is WorkOrder else ""
    what = f"{ACTION_LABELS[row.history_type]} · {model._meta.verbose_name}"
    return TrailEntry(row.history_date, str(row.history_user or ""), what, about, words, url, changes)


def history_changes(
    model: type[Model], row: Any, before: Any, names: RelatedNames
) -> tuple[TrailChange, ...]:
    """Returns old → new for each field; all values of a new row, nothing for a deleted one."""
    if row.history_type == "-" or (before is None and row.history_type == "~"):
        return ()
    fields = tracked_fields(model) if before is None else changed_fields(model, before, row)
    found = []
    for field in fields:
        new = format_field_value(field, getattr(row, field.attname), names)
        old = format_field_value(field, getattr(before, field.attname), names) if before is not None else None
        if old is not None or new != NO_VALUE:
            found.append(TrailChange(str(field.verbose_name), old, new))
    return tuple(found)


def history_source(name: str) -> TrailSource:
    related, label, about = HISTORIES[name]
    model = apps.get_model(name)
    called = lazy(lambda: _("资料变更:%(what)s") % {"what": model._meta.verbose_name}, str)()
    entries = history_entries(model, label)
    return TrailSource(
        f"history:{model.__name__}",
        called,
        history_rows(model, related),
        "history_date",
        "history_user",
        about,
        entries,
    )


SOURCES = tuple(history_source(name) for name in HISTORIES)
