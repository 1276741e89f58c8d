"""The audit trail: who decided or changed what, from the rows that keep it; nothing is written for it (§12)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from evaluations.domain.correction_words import changes_of, in_one_line
from evaluations.models import (
    Award,
    CallReassignment,
    DoNotCall,
    Objection,
    RatingCorrection,
    Settlement,
    TakenOut,
)
from evaluations.querysets.visibility import Viewer, orders_visible_to, with_visibility
from workorders.models import WorkOrder

Label = Callable[[Any], str]
# model → what a row of its history needs loaded, and how it is called
HISTORIES: dict[str, tuple[tuple[str, ...], Label]] = {
    "accounts.User": ((), lambda row: f"{row.name} {row.username}"),
    "accounts.Absence": (("person",), lambda row: f"{row.person} {row.first_on}–{row.last_on}"),
    "calendars.CalendarOverride": ((), lambda row: f"{row.day} {row.name}"),
    "workorders.Crew": ((), lambda row: row.name),
    "workorders.Technician": ((), lambda row: f"{row.name} {row.employee_no}"),
    "workorders.CrewLead": (("crew", "person"), lambda row: f"{row.crew} {row.person}"),
    "workorders.WorkOrder": ((), lambda row: row.number),
    "evaluations.EvaluationPolicy": ((), lambda row: f"{row.begins_on:%Y-%m}"),
}
MOST = 500  # entries of one kind in a period; the page says when there were more
ACTS = {
    "+": gettext_lazy("新增"),
    "~": pgettext_lazy("操作记录", "修改"),
    "-": pgettext_lazy("操作记录", "删除"),
}


@dataclass(frozen=True)
class Entry:
    """One act: when, who (empty: the system), what was done, to what, and the words given for it."""

    at: datetime
    who: str
    what: str
    about: str
    words: str = ""
    url: str = ""


@dataclass(frozen=True)
class Period:
    """From `begins` on, before `ends`, as `viewer` may see it now."""

    begins: datetime
    ends: datetime
    viewer: Viewer
    now: datetime

    def of(self, rows: QuerySet[Any], field: str) -> QuerySet[Any]:
        within = rows.filter(**{f"{field}__gte": self.begins, f"{field}__lt": self.ends})
        return within.order_by(f"-{field}")[:MOST]

    def orders(self, **shown: bool) -> QuerySet[WorkOrder]:
        visible = orders_visible_to(self.viewer, now=self.now)
        return with_visibility(visible, self.viewer, now=self.now).filter(**shown)


def entries(period: Period) -> list[Entry]:
    """Latest first. A fixed number of queries: one or two a source."""
    found = [entry for source in SOURCES for entry in source(period)]
    return sorted(found, key=lambda entry: entry.at, reverse=True)


def _order(order: WorkOrder) -> dict[str, str]:
    return {"about": order.number, "url": reverse("orders:page", args=[order.number])}


def _corrections(period: Period) -> Iterator[Entry]:
    """Of self-evaluations and callbacks, where the viewer may see them (§4)."""
    rows = RatingCorrection.objects.select_related("self_evaluation__order", "callback__order", "by")
    of_self = rows.filter(self_evaluation__order__in=period.orders(shows_self=True))
    of_callbacks = rows.filter(callback__order__in=period.orders(shows_callback=True))
    for row in period.of(of_self, "at"):
        yield Entry(
            row.at,
            str(row.by),
            pgettext("操作记录", "更正自评"),
            words=_told(row),
            **_order(row.self_evaluation.order),
        )
    for row in period.of(of_callbacks, "at"):
        yield Entry(
            row.at,
            str(row.by),
            pgettext("操作记录", "更正回访"),
            words=_told(row),
            **_order(row.callback.order),
        )


def _told(row: RatingCorrection) -> str:
    return " · ".join(filter(None, [in_one_line(changes_of(row)), row.reason]))


def _reassignments(period: Period) -> Iterator[Entry]:
    rows = CallReassignment.objects.filter(callback__order__in=period.orders(shows_callback=True))
    rows = rows.select_related("callback__order", "by", "from_caller", "to_caller")
    for row in period.of(rows, "at"):
        words = f"{row.from_caller} → {row.to_caller} · {row.reason}"
        yield Entry(
            row.at, str(row.by), pgettext("操作记录", "改派回访"), words=words, **_order(row.callback.order)
        )


def _taken_out(period: Period) -> Iterator[Entry]:
    rows = TakenOut.objects.filter(order__in=period.orders()).select_related("order", "by")
    for row in period.of(rows, "at"):
        yield Entry(
            row.at, str(row.by), pgettext("操作记录", "剔除工单"), words=row.reason, **_order(row.order)
        )


def _objections(period: Period) -> Iterator[Entry]:
    rows = Objection.objects.filter(order__in=period.orders(shows_callback=True))
    rows = rows.select_related("order", "by", "decided_by")
    for row in period.of(rows, "at"):
        yield Entry(row.at, str(row.by), _("申诉"), words=row.reason, **_order(row.order))
    for row in period.of(rows.filter(decided_at__isnull=False), "decided_at"):
        what = _("申诉裁定:%(state)s") % {"state": row.get_state_display()}
        yield Entry(row.decided_at, str(row.decided_by), what, words=row.decision, **_order(row.order))


def _settlements(period: Period) -> Iterator[Entry]:
    rows = Settlement.objects.defer("snapshot").select_related("settled_by", "reopened_by")
    for row in period.of(rows, "settled_at"):
        yield Entry(row.settled_at, str(row.settled_by or ""), _("结算月份"), str(row), url=_month(row))
    for row in period.of(rows.filter(reopened_at__isnull=False), "reopened_at"):
        yield Entry(
            row.reopened_at, str(row.reopened_by), _("重开月份"), str(row), row.reopen_reason, _month(row)
        )


def _month(settlement: Settlement) -> str:
    return reverse("evaluations:month", args=[settlement.month])


def _awards(period: Period) -> Iterator[Entry]:
    rows = Award.objects.select_related("settlement", "technician", "crew", "named_by", "recorded_by")
    rows = rows.defer("settlement__snapshot")
    for row in period.of(rows.filter(named_at__isnull=False), "named_at"):
        yield Entry(
            row.named_at, str(row.named_by), _("指定奖项"), str(row), row.named_reason, _month(row.settlement)
        )
    for row in period.of(rows.filter(recorded_at__isnull=False), "recorded_at"):
        words = f"{row.get_bonus_state_display()} · {row.reference}"
        yield Entry(
            row.recorded_at, str(row.recorded_by), _("登记加分决定"), str(row), words, _month(row.settlement)
        )


def _do_not_call(period: Period) -> Iterator[Entry]:
    rows = DoNotCall.objects.select_related("by", "ended_by")
    for row in period.of(rows, "at"):
        yield Entry(row.at, str(row.by), _("列入免打扰名单"), row.name, row.reason)
    for row in period.of(rows.filter(ended_at__isnull=False), "ended_at"):
        yield Entry(row.ended_at, str(row.ended_by), _("移出免打扰名单"), row.name)


def _histories(period: Period) -> Iterator[Entry]:
    """Rows kept by the history of people, calendar, crews, orders and policies, with the fields that changed."""
    for name, (related, label) in HISTORIES.items():
        model = apps.get_model(name)
        kept = model.history.select_related("history_user", *related)  # type: ignore[attr-defined]
        if model is WorkOrder:
            kept = kept.filter(history_type="~", id__in=_changes_known(period).values("pk"))
        rows = list(period.of(kept, "history_date"))
        before = _rows_before(model, rows)
        for row in rows:
            yield _history(model, row, before.get(row.pk), label(row))


def _changes_known(period: Period) -> QuerySet[WorkOrder]:
    """Who corrected a phone is as a rule the caller: known of a drawn order no earlier than the callback (§4)."""
    return period.orders().filter(Q(shows_callback=True) | Q(callback__isnull=True))


def _rows_before(model: type[Model], rows: list[Any]) -> dict[int, Any]:
    """History row id → the row before it; one query."""
    of_these = model.history.filter(id__in={row.id for row in rows})  # type: ignore[attr-defined]
    before: dict[int, Any] = {}
    last: dict[Any, Any] = {}
    for row in of_these.order_by("history_date", "history_id"):
        before[row.history_id] = last.get(row.id)
        last[row.id] = row
    return {history: row for history, row in before.items() if row is not None}


def _history(model: type[Model], row: Any, before: Any, about: str) -> Entry:
    what = f"{ACTS[row.history_type]} · {model._meta.verbose_name}"
    words = " · ".join(filter(None, [_changed(model, row, before), row.history_change_reason or ""]))
    url = reverse("orders:page", args=[row.number]) if model is WorkOrder else ""
    who = str(row.history_user or "")
    return Entry(row.history_date, who, what, about, words, url)


def _changed(model: type[Model], row: Any, before: Any) -> str:
    """Names of the fields that changed; values stay where they may be read."""
    if before is None:
        return ""
    names = [f for f in model._meta.concrete_fields if hasattr(row, f.attname)]
    changed = [f for f in names if f.editable and getattr(row, f.attname) != getattr(before, f.attname)]
    return _("、").join(str(field.verbose_name) for field in changed)


SOURCES: Iterable[Callable[[Period], Iterator[Entry]]] = (
    _corrections,
    _reassignments,
    _taken_out,
    _objections,
    _settlements,
    _awards,
    _do_not_call,
    _histories,
)
