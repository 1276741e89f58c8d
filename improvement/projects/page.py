"""Data of a project's page: plan, effect, decisions and next actions (domain §9.10)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone

from evaluations.visibility import orders_visible_to, viewer_of, with_visibility
from improvement.enums import FINISHED, PLANNABLE, ProjectState
from improvement.models import AgendaItem, ImprovementProject
from improvement.readers import RUNNERS, improvement_viewer, items_concerning
from satisfaction.calendars import days
from satisfaction.core.requests import UserRequest

from .effect_queries import dissatisfied_orders
from .effects import current_effect, effect_scope, effect_sentence, project_facts
from .project_history import project_changes
from .queries import projects_visible_to, with_progress, with_steps
from .rules import is_measured_too_early, nominal_effective_day
from .rules_effect import Effect, effect_from_json
from .steps import reportable_steps
from .transitions import evaluation_obstacle, obstacle_sentence, start_obstacle


def visible_project(request: UserRequest, pk: int) -> ImprovementProject:
    """Returns the project with steps, crews and types. Raises Http404 when the person may not see it."""
    now = timezone.now()
    visible = projects_visible_to(improvement_viewer(request.user, now=now))
    return get_object_or_404(with_steps(with_progress(visible, days.local_day(now))), pk=pk)


def project_context(request: UserRequest, found: ImprovementProject) -> dict[str, Any]:
    now = timezone.now()
    steps = list(found.steps.all())
    runs = request.user.has_role(*RUNNERS)
    is_running = found.state == ProjectState.IN_PROGRESS
    return {
        "project": found,
        "steps": steps,
        "runs": runs,
        "reportable": reportable_steps(steps, request.user, now=now) if is_running else set(),
        "is_plannable": found.state in PLANNABLE,
        "today": days.local_day(now),
        "changes": project_changes(found),
        "items": decided_items(request, found, now),
        **effect_context(request, found, now),
        **(next_actions(found, now=now) if runs else {}),
    }


def next_actions(found: ImprovementProject, *, now: datetime) -> dict[str, Any]:
    """Returns the manager's next actions, or the sentence that names the obstacle."""
    context: dict[str, Any] = {"may_cancel": found.state not in FINISHED}
    if found.state == ProjectState.DECIDED:
        obstacle = start_obstacle(found)
        context["move"] = "start"
        context["hindrance"] = obstacle and obstacle_sentence(found, obstacle, ProjectState.IN_PROGRESS)
    if found.state == ProjectState.IN_PROGRESS:
        obstacle = evaluation_obstacle(found, now=now)
        context["move"] = "evaluate"
        context["hindrance"] = obstacle and obstacle_sentence(
            found, obstacle, ProjectState.EVALUATED, now=now
        )
    return context


def effect_context(request: UserRequest, found: ImprovementProject, now: datetime) -> dict[str, Any]:
    """Returns the evaluated numbers, else the current ones, and the orders behind them."""
    effect: Effect | None = effect_from_json(found.effect_numbers) or current_effect(found, now=now)
    context: dict[str, Any] = {"effect": effect, "effect_sentence": effect_sentence(effect)}
    facts = project_facts(found)
    named = nominal_effective_day(facts.steps, facts.effective_on)
    if effect is not None and not found.effect_numbers and effect.windows.after_first != named:
        context["moved_to"] = effect.windows.after_first
    context["is_early"] = bool(found.effect_numbers) and is_measured_too_early(facts)
    if effect is not None:
        viewer = viewer_of(request.user, now=now)
        seen = with_visibility(orders_visible_to(viewer, now=now), viewer, now=now)
        mine = seen.filter(shows_callback=True).values("pk")
        orders = dissatisfied_orders(*effect_scope(found), effect.windows, now=now).filter(pk__in=mine)
        context["effect_orders"] = list(orders[:100])
    return context


def decided_items(request: UserRequest, found: ImprovementProject, now: datetime) -> list[AgendaItem]:
    """Returns the meetings' decisions on the project that the viewer may see."""
    items = AgendaItem.objects.filter(project=found).exclude(decision="")
    seen = items_concerning(items, improvement_viewer(request.user, now=now))
    shown = seen.select_related("meeting", "revisit__order__crew", "decided_by")
    return list(shown.order_by("-decided_at")[:200])
