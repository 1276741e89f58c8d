"""One timeline for an order: from the report to what came of it, as far as the viewer may see (§4, §12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from evaluations.enums import CallbackState
from evaluations.models import Callback, RatingCorrection, SelfEvaluation
from workorders.models import WorkOrder


@dataclass(frozen=True)
class Event:
    """Something that happened; `look` g, b, r or empty is the colour of its dot, never its only sign."""

    at: datetime | None
    label: str
    who: str = ""
    note: str = ""
    look: str = ""


def timeline(order: WorkOrder, *, now: datetime) -> list[Event]:
    """Oldest first; what has no time stands last. `order` comes with `shows_self` and `shows_callback`."""
    events = [*_repair(order), *_judgements(order)]
    if order.shows_self and hasattr(order, "self_evaluation"):
        events += _self_evaluation(order.self_evaluation)
    if order.shows_callback and hasattr(order, "callback"):
        events += _callback(order.callback)
    return sorted(events, key=lambda event: (event.at is None, event.at or now))


def _repair(order: WorkOrder) -> Iterator[Event]:
    for at, label in (
        (order.reported_at, _("报修")),
        (order.first_contact_at, _("首次联系")),
        (order.finished_at, _("修复")),
        (order.closed_at, _("关闭")),
        (order.received_at, _("收到工单")),
    ):
        if at:
            yield Event(at, label)
    if order.entered_at and order.entered_at != order.received_at:
        yield Event(order.entered_at, _("资料补全"))


def _judgements(order: WorkOrder) -> Iterator[Event]:
    if hasattr(order, "taken_out"):
        yield Event(order.taken_out.at, _("剔除"), str(order.taken_out.by), order.taken_out.reason, "r")
    if hasattr(order, "objection") and order.shows_callback:
        objection = order.objection
        yield Event(objection.at, _("申诉"), str(objection.by), objection.reason)
        if objection.decided_at:
            label = _("申诉裁定:%(state)s") % {"state": objection.get_state_display()}
            yield Event(objection.decided_at, label, str(objection.decided_by), objection.decision)


def _self_evaluation(given: SelfEvaluation) -> Iterator[Event]:
    label = _("工长自评:%(rating)s") % {"rating": given.get_rating_display()}
    note = " · ".join(filter(None, [given.comment, given.opinion]))
    yield Event(given.rated_at, label, str(given.rated_by or _("导入")), note, "b")
    yield from _corrections(given.corrections.all(), _("更正自评"))


def _callback(callback: Callback) -> Iterator[Event]:
    if callback.run_id:
        who = str(callback.caller or "")
        yield Event(callback.run.at, _("抽取:%(group)s") % {"group": callback.get_group_display()}, who)
    for attempt in callback.attempts.all():
        yield Event(
            attempt.started_at,
            _("拨打:%(outcome)s") % {"outcome": attempt.get_outcome_display()},
            str(attempt.by),
        )
    if callback.state == CallbackState.RATED:
        label = _("报修人评价:%(rating)s") % {"rating": callback.get_rating_display()}
        yield Event(callback.ended_at, label, str(callback.caller or _("导入")), callback.words, "b")
    elif callback.ended_at:
        yield Event(callback.ended_at, callback.get_state_display())
    yield from _corrections(callback.corrections.all(), _("更正回访"))
    if callback.published_at:
        yield Event(callback.published_at, _("发布给工班"), str(callback.published_by or _("系统")), "", "g")


def _corrections(corrections: list[RatingCorrection], label: str) -> Iterator[Event]:
    for correction in corrections:
        yield Event(correction.at, label, str(correction.by), correction.reason)
