"""Acts that have a row of their own: corrections, decisions, settlements, postponements (domain §4, §6–§8)."""

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

from .shapes import Change, Entry, Source, TrailQuery
from .wording import NOTHING

OF_ORDER = ("order__number",)
OF_CALLBACK = ("callback__order__number",)
SHOWN_OF_A_SAVE = ("state", "rating", "words")


def each(make: Callable[[Any], Entry]) -> Callable[[Sequence[Any], TrailQuery], list[Entry]]:
    """For rows that need nothing beside themselves."""
    return lambda rows, query: [make(row) for row in rows]


def of_order(order: WorkOrder) -> dict[str, Any]:
    return {"about": order.number, "url": reverse("orders:page", args=[order.number])}


def month_page(settlement: Settlement) -> str:
    return reverse("evaluations:month", args=[settlement.month])


# --- Ratings ----------------------------------------------------------------------------------------


def self_corrections(query: TrailQuery) -> Any:
    rows = RatingCorrection.objects.filter(self_evaluation__isnull=False)
    rows = query.of_known_selves(rows, "self_evaluation__order")
    return rows.select_related("self_evaluation__order", "by")


def callback_corrections(query: TrailQuery) -> Any:
    rows = RatingCorrection.objects.filter(callback__isnull=False)
    return query.of_known_callbacks(rows, "callback__order").select_related("callback__order", "by")


def correction(row: RatingCorrection) -> Entry:
    """Old → new, in the words of the order's timeline."""
    if row.callback is None:
        assert row.self_evaluation is not None
        what, order = pgettext("操作记录", "更正自评"), row.self_evaluation.order
    else:
        what, order = pgettext("操作记录", "更正回访"), row.callback.order
    changes = tuple(read_change(one) for one in changes_of(row))
    return Entry(row.at, str(row.by), what, words=row.reason, changes=changes, **of_order(order))


def read_change(change: correction_words.Change) -> Change:
    return Change(change.label, change.old or NOTHING, change.new or NOTHING)


def undone_saves(query: TrailQuery) -> Any:
    """Undone saves that no event tells of: those from before undoing left one."""
    told = AuditEvent.objects.filter(
        kind=AuditKind.SAVE_UNDONE,
        subject_type=Callback._meta.label_lower,
        subject_id=OuterRef("callback_id"),
        at=OuterRef("undone_at"),
    )
    rows = CallSave.objects.filter(~Exists(told), undone_at__isnull=False)
    rows = rows.select_related("callback__order", "by")
    return query.of_known_callbacks(rows, "callback__order")


def undone_save(row: CallSave) -> Entry:
    """What was saved, and taken back within seconds."""
    saved = row.undone.get(str(row.callback_id), {})
    told = changes_of_undo({name: [saved.get(name) or None, None] for name in SHOWN_OF_A_SAVE})
    changes, what = tuple(read_change(one) for one in told), pgettext("操作记录", "撤销回访保存")
    assert row.undone_at is not None
    return Entry(row.undone_at, str(row.by), what, changes=changes, **of_order(row.callback.order))


# --- Callers ----------------------------------------------------------------------------------------


def reassignments(query: TrailQuery) -> Any:
    rows = CallReassignment.objects.select_related("callback__order", "by", "from_caller", "to_caller")
    return query.of_known_callbacks(rows, "callback__order")


def reassignment(row: CallReassignment) -> Entry:
    change = Change(_("回访人"), str(row.from_caller), str(row.to_caller))
    what, order = pgettext("操作记录", "改派回访"), of_order(row.callback.order)
    return Entry(row.at, str(row.by), what, words=row.reason, changes=(change,), **order)


def postponements(query: TrailQuery) -> Any:
    """By people; what the system postpones has no actor and is on the draws and board pages."""
    rows = Callback.objects.filter(postponed_by__isnull=False).select_related("order", "postponed_by")
    return query.of_known_callbacks(rows, "order")


def postponement(row: Callback) -> Entry:
    words = row.postponed_text or row.get_postponed_reason_display()
    assert row.postponed_at is not None
    return Entry(
        row.postponed_at,
        str(row.postponed_by),
        pgettext("操作记录", "顺延回访"),
        words=words,
        **of_order(row.order),
    )


# --- Decisions of heads -----------------------------------------------------------------------------


def taken_out(query: TrailQuery) -> Any:
    return TakenOut.objects.filter(order__in=query.orders()).select_related("order", "by")


def take_out(row: TakenOut) -> Entry:
    return Entry(
        row.at, str(row.by), pgettext("操作记录", "剔除工单"), words=row.reason, **of_order(row.order)
    )


def objections(query: TrailQuery) -> Any:
    rows = Objection.objects.select_related("order", "by", "decided_by")
    return query.of_known_callbacks(rows, "order")


def objection(row: Objection) -> Entry:
    return Entry(row.at, str(row.by), _("申诉"), words=row.reason, **of_order(row.order))


def ruling(row: Objection) -> Entry:
    what = _("申诉裁定:%(state)s") % {"state": row.get_state_display()}
    assert row.decided_at is not None
    return Entry(row.decided_at, str(row.decided_by), what, words=row.decision, **of_order(row.order))


def settlements(query: TrailQuery) -> Any:
    return Settlement.objects.defer("snapshot").select_related("settled_by", "reopened_by")


def settling(row: Settlement) -> Entry:
    return Entry(row.settled_at, str(row.settled_by or ""), _("结算月份"), str(row), url=month_page(row))


def reopening(row: Settlement) -> Entry:
    assert row.reopened_at is not None
    return Entry(
        row.reopened_at, str(row.reopened_by), _("重开月份"), str(row), row.reopen_reason, month_page(row)
    )


def awards(query: TrailQuery) -> Any:
    rows = Award.objects.select_related("settlement", "technician", "crew", "named_by", "recorded_by")
    return rows.defer("settlement__snapshot")


def naming(row: Award) -> Entry:
    assert row.named_at is not None
    where = month_page(row.settlement)
    return Entry(row.named_at, str(row.named_by), _("指定奖项"), str(row), row.named_reason, where)


def committee(row: Award) -> Entry:
    assert row.recorded_at is not None
    words, where = f"{row.get_bonus_state_display()} · {row.reference}", month_page(row.settlement)
    return Entry(row.recorded_at, str(row.recorded_by), _("登记加分决定"), str(row), words, where)


def do_not_call(query: TrailQuery) -> Any:
    return DoNotCall.objects.select_related("by", "ended_by")


def listed(row: DoNotCall) -> Entry:
    until = Change(_("至"), None, row.until_on.isoformat())
    return Entry(row.at, str(row.by), _("列入免打扰名单"), reporter(row), row.reason, changes=(until,))


def unlisted(row: DoNotCall) -> Entry:
    assert row.ended_at is not None
    return Entry(row.ended_at, str(row.ended_by), _("移出免打扰名单"), reporter(row))


def reporter(row: DoNotCall) -> str:
    return f"{row.name} {masked(row.phone)}".strip()


SOURCES = (
    Source(
        "self_correction",
        pgettext_lazy("操作记录", "更正自评"),
        self_corrections,
        "at",
        "by",
        ("self_evaluation__order__number",),
        each(correction),
    ),
    Source(
        "callback_correction",
        pgettext_lazy("操作记录", "更正回访"),
        callback_corrections,
        "at",
        "by",
        OF_CALLBACK,
        each(correction),
    ),
    Source(
        "undone_save",
        pgettext_lazy("操作记录", "撤销回访保存"),
        undone_saves,
        "undone_at",
        "by",
        OF_CALLBACK,
        each(undone_save),
    ),
    Source(
        "reassignment",
        pgettext_lazy("操作记录", "改派回访"),
        reassignments,
        "at",
        "by",
        OF_CALLBACK,
        each(reassignment),
    ),
    Source(
        "postponement",
        pgettext_lazy("操作记录", "顺延回访"),
        postponements,
        "postponed_at",
        "postponed_by",
        OF_ORDER,
        each(postponement),
    ),
    Source(
        "taken_out", pgettext_lazy("操作记录", "剔除工单"), taken_out, "at", "by", OF_ORDER, each(take_out)
    ),
    Source("objection", gettext_lazy("申诉"), objections, "at", "by", OF_ORDER, each(objection)),
    Source(
        "ruling", gettext_lazy("申诉裁定"), objections, "decided_at", "decided_by", OF_ORDER, each(ruling)
    ),
    Source(
        "settling",
        gettext_lazy("结算月份"),
        settlements,
        "settled_at",
        "settled_by",
        ("month",),
        each(settling),
    ),
    Source(
        "reopening",
        gettext_lazy("重开月份"),
        settlements,
        "reopened_at",
        "reopened_by",
        ("month",),
        each(reopening),
    ),
    Source(
        "naming",
        gettext_lazy("指定奖项"),
        awards,
        "named_at",
        "named_by",
        ("technician__name", "crew__name"),
        each(naming),
    ),
    Source(
        "committee",
        gettext_lazy("登记加分决定"),
        awards,
        "recorded_at",
        "recorded_by",
        ("technician__name", "crew__name", "reference"),
        each(committee),
    ),
    Source("listed", gettext_lazy("列入免打扰名单"), do_not_call, "at", "by", ("name",), each(listed)),
    Source(
        "unlisted",
        gettext_lazy("移出免打扰名单"),
        do_not_call,
        "ended_at",
        "ended_by",
        ("name",),
        each(unlisted),
    ),
)
