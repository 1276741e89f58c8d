"""What the page of a project shows: plan, effect in numbers, decisions, what may be done next (四, §9)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone

from evaluations.visibility import orders_visible_to, viewer_of, with_visibility
from improvement.enums import FINISHED, PLANNABLE, ProjectState
from improvement.models import AgendaItem, ImprovementProject
from improvement.readers import RUNNERS, items_concerning, reader_of
from satisfaction.calendars import days
from satisfaction.core.requests import UserRequest

from .effect_queries import dissatisfied_orders
from .effects import effect_of, facts_of, scope_of, sentence
from .project_history import changes_of
from .queries import projects_visible_to, with_progress, with_steps
from .rules import is_measured_too_early, named_day
from .rules_effect import Effect, from_json
from .steps import reportable
from .transitions import obstacle_now, obstacle_to_start, why_not


def visible_project(request: UserRequest, pk: int) -> ImprovementProject:
    """The project with its steps, crews and types; 404 for who may not know of it."""
    now = timezone.now()
    visible = projects_visible_to(reader_of(request.user, now=now))
    return get_object_or_404(with_steps(with_progress(visible, days.local_day(now))), pk=pk)


def page_of_project(request: UserRequest, found: ImprovementProject) -> dict[str, Any]:
    now = timezone.now()
    steps = list(found.steps.all())
    runs = request.user.has_role(*RUNNERS)
    is_running = found.state == ProjectState.IN_PROGRESS
    return {
        "project": found,
        "steps": steps,
        "runs": runs,
        "reportable": reportable(steps, request.user, now=now) if is_running else set(),
        "is_plannable": found.state in PLANNABLE,
        "today": days.local_day(now),
        "changes": changes_of(found),
        "items": items_of_project(request, found, now),
        **effect_context(request, found, now),
        **(next_moves(found, now=now) if runs else {}),
    }


def next_moves(found: ImprovementProject, *, now: datetime) -> dict[str, Any]:
    """What a manager may do now, or the sentence that says what stands in the way."""
    context: dict[str, Any] = {"may_cancel": found.state not in FINISHED}
    if found.state == ProjectState.DECIDED:
        obstacle = obstacle_to_start(found)
        context["move"] = "start"
        context["hindrance"] = obstacle and why_not(found, obstacle, ProjectState.IN_PROGRESS)
    if found.state == ProjectState.IN_PROGRESS:
        obstacle = obstacle_now(found, now=now)
        context["move"] = "evaluate"
        context["hindrance"] = obstacle and why_not(found, obstacle, ProjectState.EVALUATED, now=now)
    return context


def effect_context(request: UserRequest, found: ImprovementProject, now: datetime) -> dict[str, Any]:
    """The numbers as they were evaluated, else as they show now, and the orders behind them."""
    effect: Effect | None = from_json(found.effect_numbers) or effect_of(found, now=now)
    context: dict[str, Any] = {"effect": effect, "effect_sentence": sentence(effect)}
    facts = facts_of(found)
    named = named_day(facts.steps, facts.effective_on)
    if effect is not None and not found.effect_numbers and effect.windows.after_first != named:
        context["moved_to"] = effect.windows.after_first
    context["is_early"] = bool(found.effect_numbers) and is_measured_too_early(facts)
    if effect is not None:
        viewer = viewer_of(request.user, now=now)
        seen = with_visibility(orders_visible_to(viewer, now=now), viewer, now=now)
        mine = seen.filter(shows_callback=True).values("pk")
        orders = dissatisfied_orders(*scope_of(found), effect.windows, now=now).filter(pk__in=mine)
        context["effect_orders"] = list(orders[:100])
    return context


def items_of_project(request: UserRequest, found: ImprovementProject, now: datetime) -> list[AgendaItem]:
    """What meetings decided about it, as far as the reader may know of the orders."""
    items = AgendaItem.objects.filter(project=found).exclude(decision="")
    seen = items_concerning(items, reader_of(request.user, now=now))
    shown = seen.select_related("meeting", "revisit__order__crew", "decided_by")
    return list(shown.order_by("-decided_at")[:200])
