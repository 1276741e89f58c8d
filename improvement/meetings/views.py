"""Pages of the fault analysis meeting: plan, agenda, attendees and minutes (domain §9.5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from improvement.enums import MeetingState
from improvement.models import AgendaItem, AnalysisMeeting
from improvement.readers import READERS, RUNNERS, ImprovementViewer, improvement_viewer, items_concerning
from satisfaction.calendars import days
from satisfaction.core.access import roles_required
from satisfaction.core.error_pages import UNPROCESSABLE
from satisfaction.core.form_errors import form_status, run_action, submitted_version
from satisfaction.core.form_fields import load_choices
from satisfaction.core.pagination import Page, page_of
from satisfaction.core.requests import UserRequest, hide_navigation_counts
from satisfaction.core.roles import CREW_LEADS, Role

from . import views_minutes as minutes
from .actions import close_meeting, move_meeting, open_meeting, plan_meeting, save_minutes
from .agenda import live_agenda, overdue_by_crew
from .forms import MeetingForm, MinutesForm
from .minutes import convener_name, decisions_in_words, meeting_names, minutes_entry
from .queries import (
    MeetingWithCounts,
    agenda_items,
    annotated_meetings,
    decision_counts,
    is_meeting_overdue,
    with_dropped,
)


@dataclass(frozen=True)
class MeetingRow:
    """A meeting in the list; `convened_by` is the name of the person who planned it."""

    meeting: MeetingWithCounts
    is_overdue: bool
    convened_by: str


def meetings_page(request: UserRequest, now: datetime) -> Page[MeetingRow]:
    return page_of(request, annotated_meetings(), size=24).map(
        lambda one: MeetingRow(one, is_meeting_overdue(one, now), convener_name(one))
    )


@roles_required(*READERS)
@require_safe
def meetings(request: UserRequest) -> HttpResponse:
    """The list of meetings, and the form to plan the next one."""
    now = timezone.now()
    context: dict[str, Any] = {"page": meetings_page(request, now), "runs": request.user.has_role(*RUNNERS)}
    if context["runs"]:
        context["form"] = MeetingForm()
    return render(request, "improvement/meetings/list.html", context)


@roles_required(*RUNNERS)
@require_POST
def plan(request: UserRequest) -> HttpResponse:
    """Plans a month's meeting."""
    form = MeetingForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        found = run_action(
            form,
            plan_meeting,
            by=request.user,
            planned_at=given["planned_at"],
            place=given["place"],
            now=timezone.now(),
        )
        if found:
            messages.success(request, _("会议已安排。"))
            return redirect("improvement:meeting", found.month)
    context = {"page": meetings_page(request, timezone.now()), "runs": True, "form": form}
    return render(request, "improvement/meetings/list.html", context, status=UNPROCESSABLE)


@roles_required(*READERS)
@require_safe
def meeting(request: UserRequest, month: date) -> HttpResponse:
    """The agenda: computed before the meeting opens, the stored items with decisions afterwards."""
    hide_navigation_counts(request)
    now = timezone.now()
    found: MeetingWithCounts = get_object_or_404(annotated_meetings(), month=month)
    viewer = improvement_viewer(request.user, now=now)
    context = agenda_context(request, found, viewer, now)
    context |= {
        "meeting": found,
        "is_overdue": is_meeting_overdue(found, now),
        "runs": request.user.has_role(*RUNNERS),
        "reads_revisits": request.user.has_role(*RUNNERS, *CREW_LEADS, Role.LEAD),
        "may_open": found.state == MeetingState.PLANNED
        and not found.is_passed_over
        and days.local_day(found.planned_at) <= days.local_day(now),
        "shows_minutes": minutes.shows_minutes(found, viewer),
        "names": meeting_names(found),
    }
    return render(request, "improvement/meetings/meeting.html", context)


def agenda_context(
    request: UserRequest, found: AnalysisMeeting, viewer: ImprovementViewer, now: datetime
) -> dict[str, Any]:
    """Returns a page of items and the information, limited to what the viewer may see."""
    items: QuerySet[AgendaItem] | list[AgendaItem]
    more, decided = 0, ""
    if found.state == MeetingState.PLANNED:
        live = live_agenda(now)
        information, more = live.information, live.more
        items = [item for item in live.items if viewer.sees_all or concerns_reader(item, viewer)]
    else:
        items = with_dropped(items_concerning(agenda_items(found), viewer), now=now)
        decided = decisions_in_words(decision_counts(items_concerning(found.items.all(), viewer)))
        information = found.information
    seen = {
        kind: [row for row in rows if viewer.sees_all or row["crew"] in viewer.crews]
        for kind, rows in information.items()
    }
    page = page_of(request, items)
    if found.state == MeetingState.CLOSED:
        for item in page:
            item.told_then = minutes_entry(item)
    return {
        "page": page,
        "crews": overdue_by_crew(seen.get("revisits", [])),
        "overdue_count": len(seen.get("revisits", [])),
        "steps": seen.get("steps", []),
        "more": more,
        "decided": decided,
    }


def concerns_reader(item: Any, viewer: ImprovementViewer) -> bool:
    """Whether an unsaved item concerns the viewer's crews; same rule as `items_concerning`."""
    if item.revisit is not None:
        return item.revisit.order.crew_id in viewer.crews
    if item.project is None:
        return False
    crews = {crew.pk for crew in item.project.crews.all()}
    return not crews or bool(crews & viewer.crews)


@roles_required(*RUNNERS)
def move(request: UserRequest, month: date) -> HttpResponse:
    """Changes time or place; due dates of revisits derive from it."""
    found = get_object_or_404(AnalysisMeeting, month=month)
    form = MeetingForm.of(found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if run_action(form, move_meeting, found, by=request.user, now=timezone.now(), **given):
            messages.success(request, _("会议时间已修改,回访期限随之重新计算。"))
            return redirect("improvement:meeting", month)
    context = {"meeting": found, "form": form}
    return render(request, "improvement/meetings/move.html", context, status=form_status(form))


@roles_required(*RUNNERS)
@require_POST
def open_(request: UserRequest, month: date) -> HttpResponse:
    """Opens the meeting and stores its agenda."""
    open_meeting(get_object_or_404(AnalysisMeeting, month=month), by=request.user, now=timezone.now())
    return redirect("improvement:meeting_mode", month)


@roles_required(*RUNNERS)
def attendance(request: UserRequest, month: date) -> HttpResponse:
    """Edits attendees and minutes."""
    found = get_object_or_404(AnalysisMeeting, month=month)
    form = MinutesForm.of(found, request.POST or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        if run_action(form, save_minutes, found, by=request.user, now=timezone.now(), **given):
            messages.success(request, _("已保存。"))
            then = "improvement:meeting_end" if request.POST.get("then") == "mode" else "improvement:meeting"
            return redirect(then, month)
    load_choices(form)
    context = {"meeting": found, "form": form, "then": request.POST.get("then", "")}
    return render(request, "improvement/meetings/attendance.html", context, status=form_status(form))


@roles_required(*RUNNERS)
@require_POST
def close(request: UserRequest, month: date) -> HttpResponse:
    """Closes the meeting; refused while a submitted revisit is undecided."""
    found = get_object_or_404(AnalysisMeeting, month=month)
    close_meeting(found, by=request.user, version=submitted_version(request), now=timezone.now())
    messages.success(request, _("会议已结束,纪要不再变动。"))
    return redirect("improvement:meeting", month)
