"""The timeline of an order, from the report to its results, as far as the viewer may see (domain §4, §12)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlencode

from django.urls import resolve, reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from evaluations.correction_wording import (
    CorrectedValue,
    changes_of,
    changes_of_number,
    changes_of_undo,
    in_one_line,
)
from evaluations.enums import CallbackState
from evaluations.models import Callback, SelfEvaluation
from evaluations.visibility import VisibleOrder
from improvement.meetings.timeline import meeting_timeline as meetings_and_projects
from improvement.revisits import timeline as revisit_timeline
from satisfaction.accounts.models import User
from satisfaction.audit.enums import AuditKind
from satisfaction.audit.querysets import events_about
from satisfaction.core.access import roles_of
from satisfaction.core.timeline import TimelineEntry
from workorders.models import WorkOrder


def order_timeline(order: VisibleOrder, *, person: User, now: datetime) -> list[TimelineEntry]:
    """Returns the entries, oldest first, those without time last. `order` has its visibility for the person.

    An entry links to a page with details if the person may open it.
    """
    events = [*_repair(order), *_judgements(order)]
    if order.shows_self and hasattr(order, "self_evaluation"):
        events += _self_evaluation(order)
    if order.shows_callback and hasattr(order, "callback"):
        events += _callback(order, person)
    events += revisit_timeline.revisit_timeline(order, person=person, now=now)
    if order.shows_callback:
        events += meetings_and_projects(order, person=person, now=now)
    known = [event if _opens(event.url, person) else replace(event, url="") for event in events]
    return sorted(known, key=lambda event: (event.at is None, event.at or now))


def _opens(url: str, person: User) -> bool:
    """Whether the person has a role for the page at the address."""
    if not url:
        return True
    roles = roles_of(resolve(url.partition("?")[0]).func)
    return roles is None or person.has_role(*roles)


def _repair(order: WorkOrder) -> Iterator[TimelineEntry]:
    technician = str(order.technician or "")
    day = {"closed_from": order.closed_on, "closed_to": order.closed_on}
    number = order.technician.employee_no if order.technician else ""
    for at, label, who, url in (
        (order.reported_at, _("报修"), order.reporter_name, _orders(q=order.reporter_name)),
        (order.first_contact_at, _("首次联系"), technician, ""),
        (order.finished_at, _("修复"), technician, _orders(technician=number, **day)),
        (order.closed_at, _("关闭"), str(order.crew or ""), _orders(crew=order.crew_id, **day)),
        (order.received_at, _("收到工单"), "", ""),
    ):
        if at:
            yield TimelineEntry(at, label, who, url=url)
    if order.entered_at and order.entered_at != order.received_at:
        yield TimelineEntry(order.entered_at, _("资料补全"))
    yield from _numbers(order)


def _orders(**chosen: object) -> str:
    """Returns the address of the order list with these filters."""
    return f"{reverse('orders:list')}?{urlencode({key: value for key, value in chosen.items() if value})}"


def _results(order: WorkOrder) -> str:
    """Returns the address of the crew's results of the day."""
    return f"{reverse('evaluations:results')}?{urlencode({'day': order.closed_on, 'crew': order.crew_id})}"


def _judgements(order: VisibleOrder) -> Iterator[TimelineEntry]:
    if hasattr(order, "taken_out"):
        yield TimelineEntry(
            order.taken_out.at,
            pgettext("操作记录", "剔除"),
            str(order.taken_out.by),
            order.taken_out.reason,
            "danger",
        )
    if hasattr(order, "objection") and order.shows_callback:
        objection = order.objection
        url = reverse("evaluations:objection", args=[objection.pk])
        yield TimelineEntry(objection.at, _("申诉"), str(objection.by), objection.reason, url=url)
        if objection.decided_at:
            label = _("申诉裁定:%(state)s") % {"state": objection.get_state_display()}
            yield TimelineEntry(
                objection.decided_at, label, str(objection.decided_by), objection.decision, url=url
            )


def _self_evaluation(order: WorkOrder) -> Iterator[TimelineEntry]:
    given: SelfEvaluation = order.self_evaluation
    label = _("工长自评:%(rating)s") % {"rating": given.get_rating_display()}
    note = " · ".join(filter(None, [given.comment, given.opinion]))
    yield TimelineEntry(
        given.rated_at, label, str(given.rated_by or _("导入")), note, "info", _results(order)
    )
    yield from _corrections(given, pgettext("操作记录", "更正自评"), _results(order))


def _callback(order: WorkOrder, person: User) -> Iterator[TimelineEntry]:
    callback: Callback = order.callback
    results = _results(order)
    own = reverse("evaluations:call", args=[callback.pk]) if callback.caller_id == person.pk else results
    if callback.run:
        label = _("抽取:%(group)s") % {"group": callback.get_group_display()}
        draw = reverse("evaluations:draw_day", args=[callback.run.day])
        yield TimelineEntry(callback.run.at, label, str(callback.caller or ""), url=draw)
    for attempt in callback.attempts.all():
        label = _("拨打:%(outcome)s") % {"outcome": attempt.get_outcome_display()}
        yield TimelineEntry(attempt.started_at, label, str(attempt.by), url=own)
    if callback.state == CallbackState.RATED:
        label = _("报修人评价:%(rating)s") % {"rating": callback.get_rating_display()}
        who = str(callback.caller or _("导入"))
        yield TimelineEntry(callback.ended_at, label, who, callback.words, "info", own)
    elif callback.ended_at:
        yield TimelineEntry(callback.ended_at, callback.get_state_display(), url=own)
    yield from _corrections(callback, pgettext("操作记录", "更正回访"), results)
    yield from _kept_acts(callback)
    if callback.published_at:
        who = str(callback.published_by or _("系统"))
        yield TimelineEntry(callback.published_at, _("发布给工班"), who, "", "success", results)


def _corrections(of: SelfEvaluation | Callback, label: str, url: str) -> Iterator[TimelineEntry]:
    for correction in of.corrections.select_related("by"):
        note = _old_and_new(changes_of(correction), correction.reason)
        yield TimelineEntry(correction.at, label, str(correction.by), note, url=url)


def _kept_acts(callback: Callback) -> Iterator[TimelineEntry]:
    """Undone saves and corrected phones, for viewers who see the callback."""
    for event in events_about(callback, AuditKind.SAVE_UNDONE):
        note = _old_and_new(changes_of_undo(event.details), event.reason)
        yield TimelineEntry(event.at, pgettext("操作记录", "撤销保存"), str(event.by), note)
    yield from _numbers(callback)


def _numbers(subject: WorkOrder | Callback) -> Iterator[TimelineEntry]:
    """Phone corrections of a callback while it was open, or of an order that its crew completed."""
    for event in events_about(subject, AuditKind.NUMBER_CHANGED):
        note = _old_and_new(changes_of_number(event.details), event.reason)
        yield TimelineEntry(event.at, pgettext("操作记录", "更正电话"), str(event.by), note)


def _old_and_new(changes: list[CorrectedValue], reason: str) -> str:
    return "\n".join(filter(None, [in_one_line(changes), reason]))
