"""State transitions of a project: decide, start, evaluate, confirm, send back, cancel (domain §9.10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from improvement.enums import ProjectState
from improvement.guards import require_runner, require_words
from improvement.models import ImprovementProject
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.formats import format_long_day
from satisfaction.core.locks import after_lock
from satisfaction.core.versioned import require_version, save_change

from . import rules
from .actions import lock_project
from .effects import current_effect, effect_windows, project_facts
from .rules import Obstacle
from .rules_effect import effect_to_json


def decide_project(
    project: ImprovementProject, *, by: User, measure: str, now: datetime
) -> ImprovementProject:
    """Proposed → decided, with the meeting's measure. Called for a meeting's decision only."""
    project = _lock_for_transition(project, ProjectState.DECIDED)
    project.decided_measure = require_words(measure, _("请写明会议讨论确定的整改措施。"))
    project.decided_on = days.local_day(now)
    _set_state(project, ProjectState.DECIDED, by=by, now=now, fields=["decided_measure", "decided_on"])
    return project


def start_project(
    project: ImprovementProject, *, by: User, version: int | None = None, now: datetime
) -> ImprovementProject:
    """Decided → in progress, once its plan has a step. Repeating returns the project."""
    require_runner(by)
    with transaction.atomic():
        project = lock_project(project)
        now = after_lock(now)
        if project.state == ProjectState.IN_PROGRESS:
            return project
        obstacle = rules.obstacle_to_start(project_facts(project))
        if obstacle is not None:
            raise Refused(obstacle_sentence(project, obstacle, ProjectState.IN_PROGRESS))
        require_version(project, version)
        _set_state(project, ProjectState.IN_PROGRESS, by=by, now=now)
    return project


def evaluate_project(
    project: ImprovementProject, *, by: User, effect: str, version: int | None = None, now: datetime
) -> ImprovementProject:
    """In progress → effect evaluated, with the current numbers. Repeating returns the project.

    Raises Refused while a step is open or the period after the effective day is not over, or without a text.
    """
    require_runner(by)
    effect = require_words(effect, _("请写明整改效果评定。"))
    with transaction.atomic():
        project = lock_project(project)
        now = after_lock(now)
        if (project.state, project.effect) == (ProjectState.EVALUATED, effect):
            return project
        obstacle = evaluation_obstacle(project, now=now)
        if obstacle is not None:
            raise Refused(obstacle_sentence(project, obstacle, ProjectState.EVALUATED, now=now))
        require_version(project, version)
        numbers = current_effect(project, now=now)
        assert numbers is not None
        project.effect, project.effect_numbers = effect, effect_to_json(numbers)
        project.effective_on = numbers.windows.after_first
        project.evaluated_by, project.evaluated_at = by, now
        fields = ["effect", "effect_numbers", "effective_on", "evaluated_by", "evaluated_at"]
        _set_state(project, ProjectState.EVALUATED, by=by, now=now, fields=fields)
    return project


def confirm_project(project: ImprovementProject, *, by: User, now: datetime) -> ImprovementProject:
    """Effect evaluated → confirmed. Called for a meeting's decision only.

    Raises NotAllowed for a person who did the work.
    """
    project = lock_project(project)
    obstacle = rules.obstacle_to_confirm(project_facts(project), by.pk)
    if obstacle == Obstacle.OWN_WORK:
        raise NotAllowed(obstacle_sentence(project, obstacle, ProjectState.CONFIRMED))
    if obstacle is not None:
        raise Refused(obstacle_sentence(project, obstacle, ProjectState.CONFIRMED))
    project.confirmed_by, project.confirmed_at = by, now
    _set_state(project, ProjectState.CONFIRMED, by=by, now=now, fields=["confirmed_by", "confirmed_at"])
    return project


def send_back(project: ImprovementProject, *, by: User, reason: str, now: datetime) -> ImprovementProject:
    """Effect evaluated → in progress again: not effective. Called for a meeting's decision only.

    The next evaluation uses a new effective day; the old evaluation stays in the history.
    """
    project = _lock_for_transition(project, ProjectState.IN_PROGRESS)
    project.effect, project.effect_numbers, project.effective_on = "", {}, None
    project.evaluated_by = project.evaluated_at = None
    fields = ["effect", "effect_numbers", "effective_on", "evaluated_by", "evaluated_at"]
    _set_state(project, ProjectState.IN_PROGRESS, by=by, now=now, fields=fields, reason=reason)
    return project


def cancel_project(
    project: ImprovementProject, *, by: User, reason: str, version: int | None = None, now: datetime
) -> ImprovementProject:
    """Cancels a project that is not confirmed, with a reason. Repeating returns the project."""
    require_runner(by)
    reason = require_words(reason, _("请写明取消的原因。"))
    with transaction.atomic():
        project = lock_project(project)
        now = after_lock(now)
        if (project.state, project.cancelled_reason) == (ProjectState.CANCELLED, reason):
            return project
        project = _lock_for_transition(project, ProjectState.CANCELLED)
        require_version(project, version)
        project.cancelled_reason = reason
        _set_state(
            project, ProjectState.CANCELLED, by=by, now=now, fields=["cancelled_reason"], reason=reason
        )
    return project


def evaluation_obstacle(project: ImprovementProject, *, now: datetime) -> Obstacle | None:
    """Returns the obstacle to evaluating the effect, if any."""
    span = effect_windows(project, now=now)
    length = span.days if span else 0
    return rules.obstacle_to_evaluate(project_facts(project), days=length, today=days.local_day(now))


def start_obstacle(project: ImprovementProject) -> Obstacle | None:
    return rules.obstacle_to_start(project_facts(project))


def obstacle_sentence(
    project: ImprovementProject, obstacle: Obstacle, target: ProjectState, *, now: datetime | None = None
) -> str:
    """Returns the obstacle as a sentence for the user."""
    if obstacle == Obstacle.PERIOD_RUNNING and now is not None:
        span = effect_windows(project, now=now)
        assert span is not None
        until = format_long_day(span.after_last)
        return _("生效后要观察 %(days)d 天,到%(until)s为止;之后才能评定效果。") % {
            "days": span.days,
            "until": until,
        }
    return {
        Obstacle.NO_STEPS: _("推进工作计划还没有步骤,请先添加。"),
        Obstacle.STEPS_OPEN: _("还有步骤没有完成,不能评定效果。"),
        Obstacle.OWN_WORK: _(
            "效果不能由做这项工作的人确认(负责人,或承担、完成步骤的人),请其他管理人员确认。"
        ),
        Obstacle.PERIOD_TOO_EARLY: _(
            "效果按立项之前的日期评定,看不出措施的作用,不能确认;请以“效果不足”退回,重新评定。"
        ),
    }.get(obstacle) or _("项目现在是“%(state)s”,不能变为“%(target)s”。") % {
        "state": project.get_state_display(),
        "target": target.label,
    }


def _lock_for_transition(project: ImprovementProject, target: ProjectState) -> ImprovementProject:
    """Locks the project. Raises Refused unless it may become `target`."""
    project = lock_project(project)
    if not rules.may_become(project.state, target) or (
        target == ProjectState.IN_PROGRESS and project.state != ProjectState.EVALUATED
    ):
        raise Refused(obstacle_sentence(project, Obstacle.WRONG_STATE, target))
    return project


def _set_state(
    project: ImprovementProject,
    target: ProjectState,
    *,
    by: User,
    now: datetime,
    fields: Iterable[str] = (),
    reason: str = "",
) -> None:
    project.state = target
    save_change(project, by=by, now=now, fields=["state", *fields], reason=reason)
