"""Trail sources with their own tables: corrections, decisions, settlements (domain §4, §6–domain §8)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from evaluations import correction_wording as correction_words
from evaluations.correction_wording import changes_of, changes_of_undo
from evaluations.models import (
    Award,
    Callback,
    CallReassignment,
    CallSave,
    DoNotCall,
    Objection,
    RatingCorrection,
    Settlement,
    TakenOut,
)
from satisfaction.audit.enums import AuditKind
from satisfaction.audit.models import AuditEvent
from workorders.models import WorkOrder
from workorders.phones import masked

from .shapes import TrailChange, TrailEntry, TrailQuery, TrailSource
from .wording import NO_VALUE

ORDER_SEARCH = ("order__number",)
CALLBACK_SEARCH = ("callback__order__number",)
SAVED_FIELDS = ("state", "rating", "words")


def map_rows(make: Callable[[Any], TrailEntry]) -> Callable[[Sequence[Any], TrailQuery], list[TrailEntry]]:
    """Returns an `entries` function that makes each entry from its row alone."""
    return lambda rows, query: [make(row) for row in rows]


def order_link(order: WorkOrder) -> dict[str, Any]:
    return {"about": order.number, "url": reverse("orders:page", args=[order.number])}


def month_page(settlement: Settlement) -> str:
    return reverse("evaluations:month", args=[settlement.month])


# --- Ratings ----------------------------------------------------------------------------------------


def self_correction_rows(query: TrailQuery) -> Any:
    rows = RatingCorrection.objects.filter(self_evaluation__isnull=False)
    rows = query.of_known_selves(rows, "self_evaluation__order")
    return rows.select_related("self_evaluation__order", "by")


def callback_correction_rows(query: TrailQuery) -> Any:
    rows = RatingCorrection.objects.filter(callback__isnull=False)
    return query.of_known_callbacks(rows, "callback__order").select_related("callback__order", "by")


def correction_entry(row: RatingCorrection) -> TrailEntry:
    """Old → new, with the same texts as in the order's timeline."""
    if row.callback is None:
        assert row.self_evaluation is not None
        what, order = pgettext("操作记录", "更正自评"), row.self_evaluation.order
    else:
        what, order = pgettext("操作记录", "更正回访"), row.callback.order
    changes = tuple(trail_change(one) for one in changes_of(row))
    return TrailEntry(row.at, str(row.by), what, words=row.reason, changes=changes, **order_link(order))


def trail_change(change: correction_words.CorrectedValue) -> TrailChange:
    return TrailChange(change.label, change.old or NO_VALUE, change.new or NO_VALUE)


def undone_save_rows(query: TrailQuery) -> Any:
    """Undone saves without an audit event, from before such events were recorded."""
    told = AuditEvent.objects.filter(
        kind=AuditKind.SAVE_UNDONE,
        subject_type=Callback._meta.label_lower,
        subject_id=OuterRef("callback_id"),
        at=OuterRef("undone_at"),
    )
    rows = CallSave.objects.filter(~Exists(told), undone_at__isnull=False)
    rows = rows.select_related("callback__order", "by")
    return query.of_known_callbacks(rows, "callback__order")


def undone_save_entry(row: CallSave) -> TrailEntry:
    """A save that was undone within seconds."""
    saved = row.undone.get(str(row.callback_id), {})
    told = changes_of_undo({name: [saved.get(name) or None, None] for name in SAVED_FIELDS})
    changes, what = tuple(trail_change(one) for one in told), pgettext("操作记录", "撤销回访保存")
    assert row.undone_at is not None
    return TrailEntry(row.undone_at, str(row.by), what, changes=changes, **order_link(row.callback.order))


# --- Callers ----------------------------------------------------------------------------------------


def reassignment_rows(query: TrailQuery) -> Any:
    rows = CallReassignment.objects.select_related("callback__order", "by", "from_caller", "to_caller")
    return query.of_known_callbacks(rows, "callback__order")


def reassignment_entry(row: CallReassignment) -> TrailEntry:
    change = TrailChange(_("回访人"), str(row.from_caller), str(row.to_caller))
    what, order = pgettext("操作记录", "改派回访"), order_link(row.callback.order)
    return TrailEntry(row.at, str(row.by), what, words=row.reason, changes=(change,), **order)


def postponement_rows(query: TrailQuery) -> Any:
    """Postponements by people; those by the system have no actor and are shown on draw and board pages."""
    rows = Callback.objects.filter(postponed_by__isnull=False).select_related("order", "postponed_by")
    return query.of_known_callbacks(rows, "order")


def postponement_entry(row: Callback) -> TrailEntry:
    words = row.postponed_text or row.get_postponed_reason_display()
    assert row.postponed_at is not None
    return TrailEntry(
        row.postponed_at,
        str(row.postponed_by),
        pgettext("操作记录", "顺延回访"),
        words=words,
        **order_link(row.order),
    )


# --- Decisions of heads -----------------------------------------------------------------------------


def taken_out_rows(query: TrailQuery) -> Any:
    return TakenOut.objects.filter(order__in=query.orders()).select_related("order", "by")


def taken_out_entry(row: TakenOut) -> TrailEntry:
    return TrailEntry(
        row.at, str(row.by), pgettext("操作记录", "剔除工单"), words=row.reason, **order_link(row.order)
    )


def objection_rows(query: TrailQuery) -> Any:
    rows = Objection.objects.select_related("order", "by", "decided_by")
    return query.of_known_callbacks(rows, "order")


def objection_entry(row: Objection) -> TrailEntry:
    return TrailEntry(row.at, str(row.by), _("申诉"), words=row.reason, **order_link(row.order))


def ruling_entry(row: Objection) -> TrailEntry:
    what = _("申诉裁定:%(state)s") % {"state": row.get_state_display()}
    assert row.decided_at is not None
    return TrailEntry(row.decided_at, str(row.decided_by), what, words=row.decision, **order_link(row.order))


def settlement_rows(query: TrailQuery) -> Any:
    return Settlement.objects.defer("snapshot").select_related("settled_by", "reopened_by")


def settlement_entry(row: Settlement) -> TrailEntry:
    return TrailEntry(row.settled_at, str(row.settled_by or ""), _("结算月份"), str(row), url=month_page(row))


def reopening_entry(row: Settlement) -> TrailEntry:
    assert row.reopened_at is not None
    return TrailEntry(
        row.reopened_at, str(row.reopened_by), _("重开月份"), str(row), row.reopen_reason, month_page(row)
    )


def award_rows(query: TrailQuery) -> Any:
    rows = Award.objects.select_related("settlement", "technician", "crew", "named_by", "recorded_by")
    return rows.defer("settlement__snapshot")


def award_naming_entry(row: Award) -> TrailEntry:
    assert row.named_at is not None
    where = month_page(row.settlement)
    return TrailEntry(row.named_at, str(row.named_by), _("指定奖项"), str(row), row.named_reason, where)


def bonus_decision_entry(row: Award) -> TrailEntry:
    assert row.recorded_at is not None
    words, where = f"{row.get_bonus_state_display()} · {row.reference}", month_page(row.settlement)
    return TrailEntry(row.recorded_at, str(row.recorded_by), _("登记加分决定"), str(row), words, where)


def do_not_call_rows(query: TrailQuery) -> Any:
    return DoNotCall.objects.select_related("by", "ended_by")


def listing_entry(row: DoNotCall) -> TrailEntry:
    until = TrailChange(_("至"), None, row.until_on.isoformat())
    return TrailEntry(
        row.at, str(row.by), _("列入免打扰名单"), reporter_label(row), row.reason, changes=(until,)
    )


def delisting_entry(row: DoNotCall) -> TrailEntry:
    assert row.ended_at is not None
    return TrailEntry(row.ended_at, str(row.ended_by), _("移出免打扰名单"), reporter_label(row))


def reporter_label(row: DoNotCall) -> str:
    return f"{row.name} {masked(row.phone)}".strip()


SOURCES = (
    TrailSource(
        "self_correction",
        pgettext_lazy("操作记录", "更正自评"),
        self_correction_rows,
        "at",
        "by",
        ("self_evaluation__order__number",),
        map_rows(correction_entry),
    ),
    TrailSource(
        "callback_correction",
        pgettext_lazy("操作记录", "更正回访"),
        callback_correction_rows,
        "at",
        "by",
        CALLBACK_SEARCH,
        map_rows(correction_entry),
    ),
    TrailSource(
        "undone_save",
        pgettext_lazy("操作记录", "撤销回访保存"),
        undone_save_rows,
        "undone_at",
        "by",
        CALLBACK_SEARCH,
        map_rows(undone_save_entry),
    ),
    TrailSource(
        "reassignment",
        pgettext_lazy("操作记录", "改派回访"),
        reassignment_rows,
        "at",
        "by",
        CALLBACK_SEARCH,
        map_rows(reassignment_entry),
    ),
    TrailSource(
        "postponement",
        pgettext_lazy("操作记录", "顺延回访"),
        postponement_rows,
        "postponed_at",
        "postponed_by",
        ORDER_SEARCH,
        map_rows(postponement_entry),
    ),
    TrailSource(
        "taken_out",
        pgettext_lazy("操作记录", "剔除工单"),
        taken_out_rows,
        "at",
        "by",
        ORDER_SEARCH,
        map_rows(taken_out_entry),
    ),
    TrailSource(
        "objection", gettext_lazy("申诉"), objection_rows, "at", "by", ORDER_SEARCH, map_rows(objection_entry)
    ),
    TrailSource(
        "ruling",
        gettext_lazy("申诉裁定"),
        objection_rows,
        "decided_at",
        "decided_by",
        ORDER_SEARCH,
        map_rows(ruling_entry),
    ),
    TrailSource(
        "settling",
        gettext_lazy("结算月份"),
        settlement_rows,
        "settled_at",
        "settled_by",
        ("month",),
        map_rows(settlement_entry),
    ),
    TrailSource(
        "reopening",
        gettext_lazy("重开月份"),
        settlement_rows,
        "reopened_at",
        "reopened_by",
        ("month",),
        map_rows(reopening_entry),
    ),
    TrailSource(
        "naming",
        gettext_lazy("指定奖项"),
        award_rows,
        "named_at",
        "named_by",
        ("technician__name", "crew__name"),
        map_rows(award_naming_entry),
    ),
    TrailSource(
        "committee",
        gettext_lazy("登记加分决定"),
        award_rows,
        "recorded_at",
        "recorded_by",
        ("technician__name", "crew__name", "reference"),
        map_rows(bonus_decision_entry),
    ),
    TrailSource(
        "listed",
        gettext_lazy("列入免打扰名单"),
        do_not_call_rows,
        "at",
        "by",
        ("name",),
        map_rows(listing_entry),
    ),
    TrailSource(
        "unlisted",
        gettext_lazy("移出免打扰名单"),
        do_not_call_rows,
        "ended_at",
        "ended_by",
        ("name",),
        map_rows(delisting_entry),
    ),
)
