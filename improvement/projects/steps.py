"""The work plan of a project (推进工作计划): add, change, remove and report steps (domain §9.11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.feedback.acknowledge import acts_for
from evaluations.self_evaluation.queries import leads_by_crew
from evaluations.self_evaluation.rules import RatingFacts, acts_as_lead
from improvement.enums import ProjectState
from improvement.guards import require_runner, require_words
from improvement.models import ImprovementProject, ProjectStep
from improvement.readers import RUNNERS
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.history import set_change_author
from satisfaction.core.locks import after_lock
from satisfaction.core.versioned import require_version, save_change
from workorders.models import Crew

from .actions import lock_project, require_plannable


@dataclass(frozen=True)
class StepPlan:
    """Content, due day, person and crew of a step. The crew may report it done."""

    what: str
    due_on: date
    who: User | None = None
    crew: Crew | None = None


STEP_FIELDS = ("what", "due_on", "who", "crew")


def add_step(
    project: ImprovementProject, *, by: User, plan: StepPlan, now: datetime, token: UUID | None = None
) -> ProjectStep:
    """Adds a step. Repeating a `token` returns the step. Raises Refused for an evaluated or finished project."""
    require_runner(by)
    with transaction.atomic():
        project = lock_project(project)
        now = after_lock(now)
        existing = ProjectStep.objects.filter(token=token).first() if token else None
        if existing is not None:
            return existing
        require_plannable(project)
        step = ProjectStep(project=project, token=token)
        _set_fields(step, _clean_step(project, plan))
        save_change(step, by=by, now=now)
    return step


def change_step(
    step: ProjectStep, *, by: User, plan: StepPlan, version: int | None = None, now: datetime
) -> ProjectStep:
    """Changes a step that is not done. Repeating returns the step. Raises Refused as `add_step`."""
    require_runner(by)
    with transaction.atomic():
        project, step = _locked(step)
        now = after_lock(now)
        plan = replace(plan, what=plan.what.strip())
        if StepPlan(**{name: getattr(step, name) for name in STEP_FIELDS}) == plan:
            return step
        require_plannable(project)
        if step.done_on:
            raise Refused(_("这个步骤已经完成,不能再改。"))
        require_version(step, version)
        _set_fields(step, _clean_step(project, plan))
        save_change(step, by=by, now=now, fields=STEP_FIELDS)
    return step


def remove_step(step: ProjectStep, *, by: User, version: int | None = None, now: datetime) -> None:
    """Deletes a step without progress; its history stays. Repeating does nothing."""
    require_runner(by)
    with transaction.atomic():
        project = lock_project(step.project)
        now = after_lock(now)
        found = ProjectStep.objects.select_for_update().filter(pk=step.pk).first()
        if found is None:
            return
        require_plannable(project)
        if found.done_on or found.progress:
            raise Refused(_("这个步骤已有进展,不能删除。"))
        require_version(found, version)
        set_change_author(found, by=by, at=now)
        found.delete()


def report_step(
    step: ProjectStep,
    *,
    by: User,
    progress: str,
    done_on: date | None = None,
    version: int | None = None,
    now: datetime,
) -> ProjectStep:
    """Records progress and the day done. Repeating returns the step.

    While the step is done the day of the first report stays: a corrected day does not make a late report early.

    Raises NotAllowed unless `by` is a manager or acts for the step's crew today; Refused when the project is not in
    progress, or for a day in the future or before the decision; StaleVersion when the step was changed meanwhile.
    """
    if not may_report(step, by, now=now):
        raise NotAllowed(_("步骤的进展由该工班的工长报告(工长缺勤时由副工长),或由管理人员填写。"))
    with transaction.atomic():
        project, step = _locked(step)
        now = after_lock(now)
        if (step.progress, step.done_on) == (progress.strip(), done_on):
            return step
        _guard_report(project)
        if done_on is not None and done_on != step.done_on:
            _guard_day(project, done_on, now=now)
        require_version(step, version)
        if done_on != step.done_on:
            reported_on = step.reported_on or days.local_day(now)
            step.done_on, step.done_by = done_on, by if done_on else None
            step.reported_on = reported_on if done_on else None
        step.progress = progress.strip()
        save_change(step, by=by, now=now, fields=["progress", "done_on", "done_by", "reported_on"])
    return step


def may_report(step: ProjectStep, person: User, *, now: datetime) -> bool:
    """Whether `person` is a manager or acts for the step's crew today (the foreman, or the deputy in place)."""
    if person.has_role(*RUNNERS):
        return True
    return step.crew_id is not None and acts_for(step.crew_id, person, now=now)


def reportable_steps(steps: Iterable[ProjectStep], person: User, *, now: datetime) -> set[int]:
    """Returns the ids of the steps that `may_report` allows. One query."""
    steps = list(steps)
    if person.has_role(*RUNNERS):
        return {step.pk for step in steps}
    crews = {step.crew_id for step in steps if step.crew_id is not None}
    leads = leads_by_crew(days.local_day(now), crews)
    mine = {crew for crew in crews if acts_as_lead(RatingFacts(leads.get(crew, ())), person.pk)}
    return {step.pk for step in steps if step.crew_id in mine}


def _locked(step: ProjectStep) -> tuple[ImprovementProject, ProjectStep]:
    """Locks the project first, so that a transition and a report exclude each other, then the step."""
    project = lock_project(step.project)
    found = ProjectStep.objects.select_for_update().filter(pk=step.pk).first()
    if found is None:
        raise Refused(_("这个步骤已被删除。"))
    return project, found


def _clean_step(project: ImprovementProject, plan: StepPlan) -> StepPlan:
    require_words(plan.what, _("请填写步骤的内容。"))
    if plan.crew is not None:
        concerned = set(project.crews.values_list("pk", flat=True))
        if concerned and plan.crew.pk not in concerned:
            raise Refused(_("步骤的工班须是项目的相关工班之一,请先把它加入相关工班。"))
    return replace(plan, what=plan.what.strip())


def _set_fields(step: ProjectStep, plan: StepPlan) -> None:
    for name in STEP_FIELDS:
        setattr(step, name, getattr(plan, name))


def _guard_report(project: ImprovementProject) -> None:
    if project.state != ProjectState.IN_PROGRESS:
        raise Refused(
            _("项目现在是“%(state)s”,推进中的项目才能报告进展。") % {"state": project.get_state_display()}
        )


def _guard_day(project: ImprovementProject, done_on: date, *, now: datetime) -> None:
    if done_on > days.local_day(now):
        raise Refused(_("完成日不能晚于今天。"))
    if project.decided_on is not None and done_on < project.decided_on:
        raise Refused(
            _("完成日不能早于立项日(%(day)s):立项之前做的工作不是这个项目的步骤。")
            % {"day": f"{project.decided_on:%Y-%m-%d}"}
        )
