"""Create improvement projects and change them until their effect is evaluated (domain §9.9)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from improvement.enums import PLANNABLE, ProjectSource, ProjectState
from improvement.guards import require_runner, require_words
from improvement.models import ImprovementProject
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import Refused
from satisfaction.core.locks import acquire_lock, after_lock
from satisfaction.core.roles import Role
from satisfaction.core.versioned import require_version, save_change

MAY_BE_RESPONSIBLE = (Role.FOREMAN, Role.DEPUTY, Role.LEAD, Role.MANAGER, Role.HEAD)


@dataclass(frozen=True)
class ProjectPlan:
    """The fields of the tracking table before a meeting decides. `crews`, `problem_types`: ids."""

    problem: str
    responsible: User
    source: str = ProjectSource.OTHER
    source_text: str = ""
    initial_measure: str = ""
    crews: frozenset[int] = frozenset()
    problem_types: frozenset[int] = frozenset()
    effective_on: date | None = None


TEXT_FIELDS = ("problem", "source_text", "initial_measure")
RELATIONS = ("crews", "problem_types")
PLAN_COLUMNS = [field.name for field in fields(ProjectPlan) if field.name not in RELATIONS]


def create_project(
    *,
    by: User,
    plan: ProjectPlan,
    now: datetime,
    token: UUID | None = None,
    decided_measure: str | None = None,
) -> ImprovementProject:
    """Creates a proposed project, or with `decided_measure` a decided one. Repeating a `token` returns the project.

    Raises Refused without a problem, for an unsuitable responsible person, or for an effective day in the past.
    """
    require_runner(by)
    plan = _clean_plan(plan)
    with transaction.atomic():
        if token is not None:
            acquire_lock(f"improvement project {token}")
            existing = ImprovementProject.objects.filter(token=token).first()
            if existing is not None:
                return existing
        state = ProjectState.PROPOSED if decided_measure is None else ProjectState.DECIDED
        today = days.local_day(now)
        _guard_effective_day(plan.effective_on, earliest=today)
        project = ImprovementProject(
            state=state,
            decided_measure=decided_measure or "",
            decided_on=None if decided_measure is None else today,
            created_by=by,
            created_at=now,
            token=token,
        )
        _set_columns(project, plan)
        save_change(project, by=by, now=now)
        _set_relations(project, plan)
    return project


def change_project(
    project: ImprovementProject, *, by: User, plan: ProjectPlan, version: int | None = None, now: datetime
) -> ImprovementProject:
    """Changes texts, crews, problem types, responsible person or effective day. Repeating returns the project.

    Raises Refused when it is evaluated or finished, or for an effective day before the decision; StaleVersion when it
    was changed meanwhile.
    """
    require_runner(by)
    plan = _clean_plan(plan)
    with transaction.atomic():
        project = lock_project(project)
        now = after_lock(now)
        if current_plan(project) == plan:
            return project
        require_plannable(project)
        require_version(project, version)
        if plan.effective_on != project.effective_on:
            _guard_effective_day(plan.effective_on, earliest=project.decided_on or days.local_day(now))
        _set_columns(project, plan)
        save_change(project, by=by, now=now, fields=PLAN_COLUMNS)
        _set_relations(project, plan)
    return project


def add_concerned(
    project: ImprovementProject,
    *,
    crews: Iterable[int],
    problem_types: Iterable[int],
    by: User,
    now: datetime,
) -> None:
    """Adds the crew and problem types of an added revisit. An empty relation means all and stays empty."""
    missing = {
        name: set(ids) - set(getattr(project, name).values_list("pk", flat=True))
        for name, ids in (("crews", crews), ("problem_types", problem_types))
        if getattr(project, name).exists()
    }
    if not any(missing.values()):
        return
    save_change(project, by=by, now=now, fields=[])
    for name, ids in missing.items():
        getattr(project, name).add(*ids)


def current_plan(project: ImprovementProject) -> ProjectPlan:
    """Returns the stored plan."""
    found: dict[str, Any] = {name: getattr(project, name) for name in PLAN_COLUMNS}
    for name in RELATIONS:
        found[name] = frozenset(getattr(project, name).values_list("pk", flat=True))
    return ProjectPlan(**found)


def lock_project(project: ImprovementProject) -> ImprovementProject:
    return ImprovementProject.objects.select_for_update(no_key=True).get(pk=project.pk)


def require_plannable(project: ImprovementProject) -> None:
    if project.state not in PLANNABLE:
        raise Refused(_("项目“%(state)s”,内容和计划不能再改。") % {"state": project.get_state_display()})


def _clean_plan(plan: ProjectPlan) -> ProjectPlan:
    """Returns the plan with stripped texts. Raises Refused when it is incomplete."""
    require_words(plan.problem, _("请填写改善问题描述。"))
    if plan.source not in ProjectSource.values:
        raise Refused(_("请选择问题来源。"))
    if not plan.responsible.is_active or not plan.responsible.has_role(*MAY_BE_RESPONSIBLE):
        raise Refused(_("负责人须是在岗的工长、副工长、调度长或管理人员。"))
    texts = {name: getattr(plan, name).strip() for name in TEXT_FIELDS}
    return replace(plan, **texts)


def _guard_effective_day(day: date | None, *, earliest: date) -> None:
    """Raises Refused when the effect would be measured from before the decision (domain §9.12)."""
    if day is not None and day < earliest:
        raise Refused(
            _("生效日不能早于立项日(尚未立项:不早于今天),最早为%(day)s。") % {"day": f"{earliest:%Y-%m-%d}"}
        )


def _set_columns(project: ImprovementProject, plan: ProjectPlan) -> None:
    for name in PLAN_COLUMNS:
        setattr(project, name, getattr(plan, name))


def _set_relations(project: ImprovementProject, plan: ProjectPlan) -> None:
    project.crews.set(plan.crews)
    project.problem_types.set(plan.problem_types)
