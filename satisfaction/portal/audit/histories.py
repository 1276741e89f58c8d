"""Changes of people, crews, orders, calendar, roster, policies and targets, from the history that each keeps."""

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
from workorders.models import WorkOrder

from .shapes import Change, Entry, Source, TrailQuery
from .wording import NOTHING, Names, changed_fields, tracked, value_in_words

SIGN_IN = "sign-in"
"""The reason that a migration gave to rows of people which a sign-in left behind; they changed nothing."""
ACTS = {
    "+": gettext_lazy("新增"),
    "~": pgettext_lazy("操作记录", "修改"),
    "-": pgettext_lazy("操作记录", "删除"),
}
Label = Callable[[Any], str]
# model → what a row of its history needs loaded, how it is called, and what a search looks at
HISTORIES: dict[str, tuple[tuple[str, ...], Label, tuple[str, ...]]] = {
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


def rows_of(model: type[Model], related: tuple[str, ...]) -> Callable[[TrailQuery], QuerySet[Any]]:
    def rows(query: TrailQuery) -> QuerySet[Any]:
        history = model.history  # type: ignore[attr-defined]
        before = history.filter(id=OuterRef("id")).filter(
            Q(history_date__lt=OuterRef("history_date"))
            | Q(history_date=OuterRef("history_date"), history_id__lt=OuterRef("history_id"))
        )
        kept = history.select_related("history_user", *related).exclude(history_change_reason=SIGN_IN)
        kept = kept.annotate(
            before=Subquery(before.order_by("-history_date", "-history_id").values("history_id")[:1])
        )
        return known_changes(kept, query) if model is WorkOrder else kept

    return rows


def known_changes(kept: QuerySet[Any], query: TrailQuery) -> QuerySet[Any]:
    """Who corrected a phone is as a rule the caller: known of a drawn order no earlier than the callback (§4)."""
    kept = kept.filter(history_type="~")
    if not query.viewer.has_crews_eyes:
        return kept
    known = query.orders().filter(Q(shows_callback=True) | Q(callback__isnull=True))
    return kept.filter(Exists(known.filter(pk=OuterRef("id"))))


def in_words(model: type[Model], label: Label) -> Callable[[Sequence[Any], TrailQuery], list[Entry]]:
    def entries(rows: Sequence[Any], query: TrailQuery) -> list[Entry]:
        history = model.history  # type: ignore[attr-defined]
        before = history.filter(history_id__in=[row.before for row in rows if row.before]).in_bulk()
        before |= predecessors(model, rows)
        names = Names()
        for row in rows:
            for field in tracked(model):
                names.want(
                    field, getattr(row, field.attname), getattr(before.get(row.before), field.attname, None)
                )
        return [entry(model, row, before.get(row.before), label(row), names) for row in rows]

    return entries


def predecessors(model: type[Model], rows: Sequence[Any]) -> dict[Any, Any]:
    """A new policy is read against the one that held before it; stored under None, where nothing else stands."""
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


def entry(model: type[Model], row: Any, before: Any, about: str, names: Names) -> Entry:
    changes, words = changes_of(model, row, before, names), row.history_change_reason or ""
    if row.history_type == "~" and not changes:
        unknown = _("首次修改,此前的内容没有留存") if before is None else _("资料字段没有变化")
        words = " · ".join(filter(None, [unknown, words]))
    url = reverse("orders:page", args=[row.number]) if model is WorkOrder else ""
    what = f"{ACTS[row.history_type]} · {model._meta.verbose_name}"
    return Entry(row.history_date, str(row.history_user or ""), what, about, words, url, changes)


def changes_of(model: type[Model], row: Any, before: Any, names: Names) -> tuple[Change, ...]:
    """Old → new; of a new row what it holds, of a deleted one nothing."""
    if row.history_type == "-" or (before is None and row.history_type == "~"):
        return ()
    fields = tracked(model) if before is None else changed_fields(model, before, row)
    found = []
    for field in fields:
        new = value_in_words(field, getattr(row, field.attname), names)
        old = value_in_words(field, getattr(before, field.attname), names) if before is not None else None
        if old is not None or new != NOTHING:
            found.append(Change(str(field.verbose_name), old, new))
    return tuple(found)


def source_of(name: str) -> Source:
    related, label, about = HISTORIES[name]
    model = apps.get_model(name)
    called = lazy(lambda: _("资料变更:%(what)s") % {"what": model._meta.verbose_name}, str)()
    entries = in_words(model, label)
    return Source(
        f"history:{model.__name__}",
        called,
        rows_of(model, related),
        "history_date",
        "history_user",
        about,
        entries,
    )


SOURCES = tuple(source_of(name) for name in HISTORIES)
