"""Decisions of an open meeting on one agenda item (domain §9.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from improvement.enums import (
    PLANNABLE,
    TRACKED,
    Decision,
    ItemKind,
    MeetingState,
    ProjectSource,
    ProjectState,
    RevisitState,
)
from improvement.guards import require_runner, require_words
from improvement.models import AgendaItem, AnalysisMeeting, ImprovementProject, Revisit
from improvement.projects.actions import ProjectPlan, add_concerned, create_project, lock_project
from improvement.projects.transitions import confirm_project, decide_project, send_back
from satisfaction.accounts.models import User
from satisfaction.core.errors import Refused
from satisfaction.core.locks import after_lock
from satisfaction.core.versioned import require_version, save_change

from .rules import FINAL, NEEDS_REASON, NEEDS_SUBMITTED, is_allowed


@dataclass(frozen=True)
class Resolution:
    """A decision with its details: a reason, the project to add to, or the content of a new project.

    `measure`: 会议讨论确定整改措施 of a new or accepted project; for an existing project it replaces the measure if
    given.
    """

    decision: str
    reason: str = ""
    project: ImprovementProject | None = None
    problem: str = ""
    measure: str = ""
    responsible: User | None = None


def decide_item(
    item: AgendaItem, *, by: User, resolution: Resolution, version: int | None = None, now: datetime
) -> AgendaItem:
    """Records the decision and applies it. Repeating the same decision returns the item.

    While the meeting is open a decision may be replaced, unless it changed the state of a project.

    Raises Refused when the meeting is not open, the kind of item does not allow the decision, or the revisit was
    returned to the crew; NotAllowed for other roles, or when a person confirms the effect of their own work;
    StaleVersion when the item was decided meanwhile.
    """
    require_runner(by)
    with transaction.atomic():
        item = _locked(item)
        now = after_lock(now)
        if _is_same(item, resolution):
            return item
        _guard(item, resolution)
        require_version(item, version)
        item.project = APPLY[Decision(resolution.decision)](item, resolution, by, now)
        item.decision, item.reason = resolution.decision, resolution.reason.strip()
        item.decided_by, item.decided_at = by, now
        save_change(
            item, by=by, now=now, fields=["decision", "reason", "project", "decided_by", "decided_at"]
        )
    return item


def suggest_project_texts(item: AgendaItem) -> dict[str, str]:
    """Returns initial texts for a new project from this item."""
    if item.kind == ItemKind.REVISIT and item.revisit is not None:
        revisit = item.revisit
        return {"problem": revisit.words or revisit.findings, "measure": revisit.measure}
    if item.kind == ItemKind.PROPOSAL:
        names = " · ".join(name for _likeness, name in item.proposal["names"])
        return {
            "problem": _("%(what)s:%(n)d 张工单") % {"what": names, "n": len(item.proposal["orders"])},
            "measure": "",
        }
    return {"problem": "", "measure": item.project.initial_measure if item.project else ""}


def _locked(item: AgendaItem) -> AgendaItem:
    """Locks the meeting first, so that closing and deciding exclude each other, then the item and its revisit.

    `no_key`: a question about a revisit references the meeting while it locks the revisit.
    """
    meeting = AnalysisMeeting.objects.select_for_update(no_key=True).get(pk=item.meeting_id)
    rows = AgendaItem.objects.select_for_update(of=("self",)).select_related("project")
    found = rows.get(pk=item.pk)
    found.meeting = meeting
    if found.revisit_id:
        found.revisit = (
            Revisit.objects.select_for_update(of=("self",)).select_related("order").get(pk=found.revisit_id)
        )
    return found


def _is_same(item: AgendaItem, resolution: Resolution) -> bool:
    if not item.decision or (item.decision, item.reason) != (resolution.decision, resolution.reason.strip()):
        return False
    project = item.project
    if item.decision == Decision.ADDED:
        return project == resolution.project and resolution.measure.strip() in ("", _measure(item))
    if item.decision == Decision.NEW_PROJECT and project is not None:
        texts = (resolution.problem.strip(), resolution.measure.strip(), resolution.responsible)
        return texts == (project.problem, project.decided_measure, project.responsible)
    return True


def _measure(item: AgendaItem) -> str:
    return item.project.decided_measure if item.project else ""


def _guard(item: AgendaItem, resolution: Resolution) -> None:
    if item.meeting.state != MeetingState.OPEN:
        raise Refused(
            _("会议已结束,决定不能再改。")
            if item.meeting.state == MeetingState.CLOSED
            else _("会议还没有开始。")
        )
    if not is_allowed(item.kind, resolution.decision):
        raise Refused(_("这个议题不能作这样的决定,请从列出的决定中选择。"))
    if resolution.decision in NEEDS_REASON:
        require_words(resolution.reason, _("请写明理由。"))
    _guard_replaced(item, resolution)
    is_returned = item.revisit is not None and item.revisit.state != RevisitState.SUBMITTED
    if is_returned and resolution.decision in NEEDS_SUBMITTED:
        raise Refused(_("这张回访表已退回工长补充,重新提交之后才能决定。"))


def _guard_replaced(item: AgendaItem, resolution: Resolution) -> None:
    if item.decision in FINAL:
        raise Refused(_("这个决定已经生效,不能再改。"))
    if item.decision == Decision.NEW_PROJECT and resolution.decision != Decision.NEW_PROJECT:
        assert item.project is not None
        if item.project.state != ProjectState.CANCELLED:
            raise Refused(_("这个议题已新建了改善项目;要改决定,请先写明原因取消那个项目。"))


def _new_project(
    item: AgendaItem, resolution: Resolution, by: User, now: datetime
) -> ImprovementProject | None:
    """Creates a decided project. Deciding again changes its texts while work has not begun."""
    measure = require_words(resolution.measure, _("请写明会议讨论确定的整改措施。"))
    if resolution.responsible is None:
        raise Refused(_("请选择负责人。"))
    if item.decision == Decision.NEW_PROJECT and item.project is not None:
        project = lock_project(item.project)
        if project.state == ProjectState.DECIDED:
            return _reworded(project, resolution, measure, by, now)
        if project.state != ProjectState.CANCELLED:
            raise Refused(_("项目已在推进,请到项目页修改。"))
    plan = _plan(item, resolution.problem, resolution.responsible)
    return create_project(by=by, plan=plan, now=now, decided_measure=measure)


def _reworded(
    project: ImprovementProject, resolution: Resolution, measure: str, by: User, now: datetime
) -> ImprovementProject:
    assert resolution.responsible is not None
    project.problem = require_words(resolution.problem, _("请填写改善问题描述。"))
    project.decided_measure, project.responsible = measure, resolution.responsible
    save_change(project, by=by, now=now, fields=["problem", "decided_measure", "responsible"])
    return project


def _plan(item: AgendaItem, problem: str, responsible: User) -> ProjectPlan:
    """Returns the plan with crews and problem types of the item; the project may change them."""
    if item.revisit is not None:
        return ProjectPlan(
            problem=problem,
            responsible=responsible,
            source=ProjectSource.REVISITS,
            source_text=item.revisit.order.number,
            initial_measure=item.revisit.measure,
            crews=frozenset(_crews(item)),
            problem_types=frozenset(_problem_types(item)),
        )
    return ProjectPlan(
        problem=problem,
        responsible=responsible,
        source=ProjectSource.MEETING,
        source_text=str(item.meeting),
        crews=frozenset(_crews(item)),
    )


def _crews(item: AgendaItem) -> set[int]:
    if item.revisit is not None:
        crew = item.revisit.order.crew_id
        return {crew} if crew is not None else set()
    return {order["crew"] for order in item.proposal.get("orders", [])} - {None}


def _problem_types(item: AgendaItem) -> set[int]:
    return set(item.revisit.problem_types.values_list("pk", flat=True)) if item.revisit else set()


def _added(item: AgendaItem, resolution: Resolution, by: User, now: datetime) -> ImprovementProject | None:
    if resolution.project is None:
        raise Refused(_("请选择要并入的改善项目。"))
    project = lock_project(resolution.project)
    if project.state not in PLANNABLE:
        raise Refused(
            _("项目“%(state)s”,不能再并入;请选择其他项目,或新建一个。")
            % {"state": project.get_state_display()}
        )
    add_concerned(project, crews=_crews(item), problem_types=_problem_types(item), by=by, now=now)
    measure = resolution.measure.strip()
    if measure and measure != project.decided_measure:
        project.decided_measure = measure
        save_change(project, by=by, now=now, fields=["decided_measure"])
    return project


def _without_project(
    item: AgendaItem, resolution: Resolution, by: User, now: datetime
) -> ImprovementProject | None:
    """Returns the item's own project; drops a project that an earlier decision added."""
    return None if item.decision in TRACKED or item.revisit is not None else item.project


def _confirmed(
    item: AgendaItem, resolution: Resolution, by: User, now: datetime
) -> ImprovementProject | None:
    assert item.project is not None
    return confirm_project(item.project, by=by, now=now)


def _not_effective(
    item: AgendaItem, resolution: Resolution, by: User, now: datetime
) -> ImprovementProject | None:
    assert item.project is not None
    return send_back(item.project, by=by, reason=resolution.reason, now=now)


def _accepted(item: AgendaItem, resolution: Resolution, by: User, now: datetime) -> ImprovementProject | None:
    assert item.project is not None
    return decide_project(item.project, by=by, measure=resolution.measure, now=now)


APPLY: dict[Decision, Callable[[AgendaItem, Resolution, User, datetime], ImprovementProject | None]] = {
    Decision.NEW_PROJECT: _new_project,
    Decision.ADDED: _added,
    Decision.NO_ACTION: _without_project,
    Decision.DEFERRED: _without_project,
    Decision.DISMISSED: _without_project,
    Decision.CONFIRMED: _confirmed,
    Decision.NOT_EFFECTIVE: _not_effective,
    Decision.ACCEPTED: _accepted,
}
