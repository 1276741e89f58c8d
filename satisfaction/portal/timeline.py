"""One timeline for an order: from the report to what came of it, as far as the viewer may see (§4, §12)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from evaluations.enums import CallbackState
from evaluations.models import Callback, RatingCorrection, SelfEvaluation
from improvement.domain import revisit_timeline
from improvement.domain.timeline import timeline_events as meetings_and_projects
from satisfaction.accounts.models import User
from satisfaction.happenings import Happened
from workorders.models import WorkOrder


def timeline(order: WorkOrder, *, person: User, now: datetime) -> list[Happened]:
    """Oldest first; what has no time stands last. `order` comes with `shows_self` and `shows_callback`."""
    events = [*_repair(order), *_judgements(order)]
    if order.shows_self and hasattr(order, "self_evaluation"):  # type: ignore[attr-defined]
        events += _self_evaluation(order.self_evaluation)
    if order.shows_callback and hasattr(order, "callback"):  # type: ignore[attr-defined]
        events += _callback(order.callback)
    events += revisit_timeline.timeline_events(order)
    if order.shows_callback:  # type: ignore[attr-defined]
        events += meetings_and_projects(order, person=person, now=now)
    return sorted(events, key=lambda event: (event.at is None, event.at or now))


def _repair(order: WorkOrder) -> Iterator[Happened]:
    for at, label in (
        (order.reported_at, _("报修")),
        (order.first_contact_at, _("首次联系")),
        (order.finished_at, _("修复")),
        (order.closed_at, _("关闭")),
        (order.received_at, _("收到工单")),
    ):
        if at:
            yield Happened(at, label)
    if order.entered_at and order.entered_at != order.received_at:
        yield Happened(order.entered_at, _("资料补全"))


def _judgements(order: WorkOrder) -> Iterator[Happened]:
    if hasattr(order, "taken_out"):
        yield Happened(
            order.taken_out.at,
            pgettext("操作记录", "剔除"),
            str(order.taken_out.by),
            order.taken_out.reason,
            "r",
        )
    if hasattr(order, "objection") and order.shows_callback:  # type: ignore[attr-defined]
        objection = order.objection
        yield Happened(objection.at, _("申诉"), str(objection.by), objection.reason)
        if objection.decided_at:
            label = _("申诉裁定:%(state)s") % {"state": objection.get_state_display()}
            yield Happened(objection.decided_at, label, str(objection.decided_by), objection.decision)


def _self_evaluation(given: SelfEvaluation) -> Iterator[Happened]:
    label = _("工长自评:%(rating)s") % {"rating": given.get_rating_display()}
    note = " · ".join(filter(None, [given.comment, given.opinion]))
    yield Happened(given.rated_at, label, str(given.rated_by or _("导入")), note, "b")
    yield from _corrections(given.corrections.all(), pgettext("操作记录", "更正自评"))


def _callback(callback: Callback) -> Iterator[Happened]:
    if callback.run:
        who = str(callback.caller or "")
        yield Happened(callback.run.at, _("抽取:%(group)s") % {"group": callback.get_group_display()}, who)
    for attempt in callback.attempts.all():
        yield Happened(
            attempt.started_at,
            _("拨打:%(outcome)s") % {"outcome": attempt.get_outcome_display()},
            str(attempt.by),
        )
    if callback.state == CallbackState.RATED:
        label = _("报修人评价:%(rating)s") % {"rating": callback.get_rating_display()}
        yield Happened(callback.ended_at, label, str(callback.caller or _("导入")), callback.words, "b")
    elif callback.ended_at:
        yield Happened(callback.ended_at, callback.get_state_display())
    yield from _corrections(callback.corrections.all(), pgettext("操作记录", "更正回访"))
    if callback.published_at:
        yield Happened(
            callback.published_at, _("发布给工班"), str(callback.published_by or _("系统")), "", "g"
        )


def _corrections(corrections: Iterable[RatingCorrection], label: str) -> Iterator[Happened]:
    for correction in corrections:
        yield Happened(correction.at, label, str(correction.by), correction.reason)
