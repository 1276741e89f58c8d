"""Plan, open and close the monthly fault analysis meeting (domain §9.5)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from improvement.enums import MeetingState
from improvement.guards import require_runner
from improvement.models import AgendaItem, AnalysisMeeting
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import Refused
from satisfaction.core.formats import format_iso_minute, format_month
from satisfaction.core.locks import acquire_lock, after_lock
from satisfaction.core.versioned import require_version, save_change

from .agenda import live_agenda
from .minutes import freeze_minutes
from .queries import HELD, blocking_items

LOCK = "fault analysis meetings"
MAX_NAMED_ITEMS = 10
"""Number of items named when a meeting cannot close; the others are counted."""


def plan_meeting(*, by: User, planned_at: datetime, place: str = "", now: datetime) -> AnalysisMeeting:
    """Plans the meeting of the month of `planned_at`. Repeating the same plan returns the meeting.

    Raises Refused when the month already has a meeting, a later one was held, or the day is past.
    """
    require_runner(by)
    month = days.first_of_month(days.local_day(planned_at))
    with transaction.atomic():
        acquire_lock(LOCK)
        existing = AnalysisMeeting.objects.filter(month=month).first()
        if existing is not None:
            return _planned_again(existing, planned_at, place)
        _guard_time(planned_at, now=now)
        if AnalysisMeeting.objects.filter(month__gt=month, state__in=HELD).exists():
            raise Refused(_("更晚月份的故障分析会已经召开,不能再安排这个月的。"))
        meeting = AnalysisMeeting(month=month, planned_at=planned_at, place=place.strip(), planned_by=by)
        save_change(meeting, by=by, now=now)
    return meeting


def move_meeting(
    meeting: AnalysisMeeting,
    *,
    by: User,
    planned_at: datetime,
    place: str,
    version: int | None = None,
    now: datetime,
) -> AnalysisMeeting:
    """Moves the meeting within its month; due dates of revisits derive from the new time.

    Raises Refused when it was opened, or the day is past or in another month; StaleVersion after a change.
    """
    require_runner(by)
    with transaction.atomic():
        meeting = _locked(meeting)
        now = after_lock(now)
        if (meeting.planned_at, meeting.place) == (planned_at, place.strip()):
            return meeting
        if meeting.state != MeetingState.PLANNED:
            raise Refused(_("会议已经开始,时间和地点不能再改。"))
        require_version(meeting, version)
        if planned_at != meeting.planned_at:
            _guard_time(planned_at, now=now)
        if days.first_of_month(days.local_day(planned_at)) != meeting.month:
            raise Refused(_("每月一次会议:请改到当月的另一天;别的月份请另行安排。"))
        meeting.planned_at, meeting.place = planned_at, place.strip()
        save_change(meeting, by=by, now=now, fields=["planned_at", "place"])
    return meeting


def open_meeting(meeting: AnalysisMeeting, *, by: User, now: datetime) -> AnalysisMeeting:
    """Opens the meeting and stores the agenda; later items go to the next meeting. Repeating returns the meeting.

    Raises Refused before the planned day, when another meeting is open, or when a later one was held.
    """
    require_runner(by)
    with transaction.atomic():
        acquire_lock(LOCK)
        meeting = _locked(meeting)
        now = after_lock(now)
        if meeting.state != MeetingState.PLANNED:
            return meeting
        _guard_opening(meeting, now=now)
        agenda = live_agenda(now)
        for item in agenda.items:
            item.meeting = meeting
        AgendaItem.objects.bulk_create(agenda.items)
        meeting.information = agenda.information
        meeting.state, meeting.opened_at, meeting.opened_by = MeetingState.OPEN, now, by
        save_change(meeting, by=by, now=now, fields=["information", "state", "opened_at", "opened_by"])
    return meeting


def save_minutes(
    meeting: AnalysisMeeting,
    *,
    by: User,
    attendees: Iterable[User],
    other_attendees: str,
    minutes: str,
    version: int | None = None,
    now: datetime,
) -> AnalysisMeeting:
    """Saves attendees and minutes. Repeating the same content returns the meeting.

    Raises Refused when the meeting is closed; StaleVersion when it was changed meanwhile.
    """
    require_runner(by)
    people = {person.pk for person in attendees}
    texts = {"other_attendees": other_attendees.strip(), "minutes": minutes.strip()}
    with transaction.atomic():
        meeting = _locked(meeting)
        now = after_lock(now)
        present = set(meeting.attendees.values_list("pk", flat=True))
        if present == people and all(getattr(meeting, name) == text for name, text in texts.items()):
            return meeting
        if meeting.state == MeetingState.CLOSED:
            raise Refused(_("会议已结束,纪要不能再改。"))
        require_version(meeting, version)
        for name, text in texts.items():
            setattr(meeting, name, text)
        save_change(meeting, by=by, now=now, fields=texts)
        meeting.attendees.set(people)
    return meeting


def close_meeting(
    meeting: AnalysisMeeting, *, by: User, version: int | None = None, now: datetime
) -> AnalysisMeeting:
    """Closes the meeting. Repeating returns the meeting.

    Raises Refused when it is not open, or names the submitted revisits neither decided nor deferred. Projects and
    proposals without a decision return at the next meeting.
    """
    require_runner(by)
    with transaction.atomic():
        acquire_lock(LOCK)
        meeting = _locked(meeting)
        now = after_lock(now)
        if meeting.state == MeetingState.CLOSED:
            return meeting
        if meeting.state == MeetingState.PLANNED:
            raise Refused(_("会议还没有开始,不能结束。"))
        require_version(meeting, version)
        _guard_decided(meeting)
        meeting.state, meeting.closed_at, meeting.closed_by = MeetingState.CLOSED, now, by
        freeze_minutes(meeting)
        save_change(meeting, by=by, now=now, fields=["state", "closed_at", "closed_by", "names"])
    return meeting


def _locked(meeting: AnalysisMeeting) -> AnalysisMeeting:
    return AnalysisMeeting.objects.select_for_update(no_key=True).get(pk=meeting.pk)


def _planned_again(existing: AnalysisMeeting, planned_at: datetime, place: str) -> AnalysisMeeting:
    if (existing.planned_at, existing.place) == (planned_at, place.strip()):
        return existing
    month = format_month(existing.month)
    raise Refused(_("%(month)s已经安排了故障分析会;每月一次,请修改它的时间。") % {"month": month})


def _guard_time(planned_at: datetime, *, now: datetime) -> None:
    if days.local_day(planned_at) < days.local_day(now):
        raise Refused(_("会议时间不能早于今天。"))


def _guard_opening(meeting: AnalysisMeeting, *, now: datetime) -> None:
    if days.local_day(now) < days.local_day(meeting.planned_at):
        when = format_iso_minute(meeting.planned_at)
        raise Refused(_("会议计划在%(when)s召开;要提前召开,请先修改会议时间。") % {"when": when})
    held = AnalysisMeeting.objects.filter(state__in=HELD).exclude(pk=meeting.pk)
    still_open = held.filter(state=MeetingState.OPEN).first()
    if still_open is not None:
        raise Refused(_("%(month)s的会议还没有结束,请先结束它。") % {"month": format_month(still_open.month)})
    if held.filter(month__gt=meeting.month).exists():
        raise Refused(_("更晚月份的故障分析会已经召开,议题已在那次会上讨论。"))


def _guard_decided(meeting: AnalysisMeeting) -> None:
    open_items = blocking_items(meeting)
    orders = [item.revisit.order for item in open_items[:MAX_NAMED_ITEMS] if item.revisit]
    named = [f"{order.number}{_('(%(name)s)') % {'name': order.crew}}" for order in orders]
    if not named:
        return
    more = open_items.count() - len(named)
    which = _("、").join(named) + (_("等,另有 %(n)d 张") % {"n": more} if more else "")
    raise Refused(_("还不能结束会议。以下不满意回访既没有决定,也没有延期:%(which)s。") % {"which": which})
