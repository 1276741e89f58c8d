"""Meeting mode: one item per screen, for a projector; decisions are entered on it (domain §9.6)."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from improvement.enums import ItemKind, MeetingState, RevisitState
from improvement.models import AgendaItem, AnalysisMeeting
from improvement.projects.effects import effect_sentence
from improvement.projects.rules_effect import effect_from_json
from improvement.readers import RUNNERS
from improvement.revisits.actions import return_with_question
from satisfaction.core.access import roles_required
from satisfaction.core.error_pages import UNPROCESSABLE
from satisfaction.core.form_errors import run_action
from satisfaction.core.form_fields import load_choices
from satisfaction.core.requests import UserRequest, hide_navigation_counts
from satisfaction.core.roles import Role

from .decisions import decide_item
from .forms import AgendaDecisionForm, MinutesForm, QuestionForm
from .minutes import decisions_in_words, minutes_entry
from .queries import HELD, blocking_items, decision_counts, items_for_screen


@roles_required(*RUNNERS)
@require_safe
def meeting_mode(request: UserRequest, month: date) -> HttpResponse:
    """Redirects to the first undecided item, or to the end page."""
    meeting = get_object_or_404(AnalysisMeeting, month=month)
    if meeting.state not in HELD:
        messages.info(request, _("会议还没有开始;先按“开始会议”,议题就固定下来。"))
        return redirect("improvement:meeting", month)
    waiting = meeting.items.filter(decision="").values_list("position", flat=True).first()
    if waiting is None:
        return redirect("improvement:meeting_end", month)
    return redirect("improvement:meeting_screen", month, waiting)


@roles_required(*RUNNERS)
def meeting_screen(request: UserRequest, month: date, position: int) -> HttpResponse:
    """One item; saving leads to the next."""
    meeting, item = item_at(month, position)
    form = AgendaDecisionForm(item, request.POST or None)
    if request.method == "POST" and form.is_valid():
        done = run_action(
            form,
            decide_item,
            item,
            by=request.user,
            resolution=form.resolution(),
            version=form.cleaned_data["version"],
            now=timezone.now(),
        )
        if done:
            return redirect_after(meeting, position)
    return render_screen(request, meeting, item, form)


@roles_required(*RUNNERS)
@require_POST
def meeting_ask(request: UserRequest, month: date, position: int) -> HttpResponse:
    """Returns the revisit to its crew with a question."""
    meeting, item = item_at(month, position)
    form = QuestionForm(request.POST)
    if item.revisit is not None and form.is_valid():
        question = form.cleaned_data["question"]
        now = timezone.now()
        if run_action(
            form,
            return_with_question,
            item.revisit,
            by=request.user,
            question=question,
            now=now,
            meeting=meeting,
        ):
            messages.success(request, _("已退回工长补充,问题已记录。"))
            return redirect_after(meeting, position)
    return render_screen(request, meeting, item, AgendaDecisionForm(item), question=form)


@roles_required(*RUNNERS)
@require_safe
def meeting_end(request: UserRequest, month: date) -> HttpResponse:
    """The end page: decisions, attendees, and items that prevent closing."""
    hide_navigation_counts(request)
    meeting = get_object_or_404(AnalysisMeeting, month=month, state__in=HELD)
    counts, form = decision_counts(meeting.items.all()), MinutesForm.of(meeting)
    load_choices(form)
    context = {
        "meeting": meeting,
        "is_open": meeting.state == MeetingState.OPEN,
        "form": form,
        "blocking": list(blocking_items(meeting)[:50]),
        "decided": decisions_in_words(counts),
        "total": sum(counts.values()),
        "previous": sum(counts.values()) or None,
    }
    return render(request, "improvement/meetings/end.html", context)


def item_at(month: date, position: int) -> tuple[AnalysisMeeting, AgendaItem]:
    meeting = get_object_or_404(AnalysisMeeting, month=month, state__in=HELD)
    return meeting, get_object_or_404(items_for_screen(meeting, now=timezone.now()), position=position)


def redirect_after(meeting: AnalysisMeeting, position: int) -> HttpResponse:
    """Redirects to the next item, decided or not."""
    if meeting.items.filter(position=position + 1).exists():
        return redirect("improvement:meeting_screen", meeting.month, position + 1)
    return redirect("improvement:meeting_end", meeting.month)


def render_screen(
    request: UserRequest,
    meeting: AnalysisMeeting,
    item: AgendaItem,
    form: AgendaDecisionForm,
    question: QuestionForm | None = None,
) -> HttpResponse:
    hide_navigation_counts(request)
    if meeting.state == MeetingState.CLOSED:
        item.told_then = minutes_entry(item)
    counts = decision_counts(meeting.items.all())
    total = sum(counts.values())
    is_open = meeting.state == MeetingState.OPEN
    if is_open:
        load_choices(form)
    may_ask = is_open and item.kind == ItemKind.REVISIT and request.user.has_role(Role.HEAD)
    context: dict[str, Any] = {
        "meeting": meeting,
        "item": item,
        "form": form if is_open else None,
        "total": total,
        "decided": total - counts.get("", 0),
        "previous": item.position - 1 or None,
        "next": item.position + 1 if item.position < total else None,
        **effect_of_item(item),
    }
    if may_ask and item.revisit and item.revisit.state == RevisitState.SUBMITTED and not item.decision:
        context["question"] = question or QuestionForm()
    refused = form.is_bound or (question is not None and question.is_bound)
    return render(
        request, "improvement/meetings/screen.html", context, status=UNPROCESSABLE if refused else 200
    )


def effect_of_item(item: AgendaItem) -> dict[str, Any]:
    """Returns the evaluated numbers to be confirmed."""
    effect = effect_from_json(item.proposal.get("numbers", {}))
    return {"effect": effect, "effect_sentence": effect_sentence(effect)} if effect else {}
