from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from improvement.enums import PLANNABLE, ProjectState
from improvement.models import ProjectStep
from improvement.projects.steps import (
    StepPlan,
    add_step,
    change_step,
    may_report,
    remove_step,
    report_step,
    reportable_steps,
)
from satisfaction.accounts.models import Absence
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.versioned import StaleVersion
from tests.worlds.meetings import DAY, NOW, ROLES

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def step(room):
    return room.project_in(ProjectState.IN_PROGRESS).steps.get()


def plan(room, **fields):
    return StepPlan(**({"what": "值守", "due_on": DAY, "crew": room.crew} | fields))


@pytest.mark.parametrize("name", [name for name in ROLES if name not in ("manager", "head")])
def test_planning_steps_is_for_managers(room, step, name):
    by = getattr(room, name)
    for act in (
        lambda: add_step(step.project, by=by, plan=plan(room), now=NOW),
        lambda: change_step(step, by=by, plan=plan(room), now=NOW),
        lambda: remove_step(step, by=by, now=NOW),
    ):
        with pytest.raises(NotAllowed):
            act()


@pytest.mark.parametrize("name", ROLES)
def test_progress_is_reported_by_the_crews_foreman_or_a_manager(room, step, name):
    by = getattr(room, name)

    if name in ("foreman", "manager", "head"):
        done = report_step(step, by=by, progress="完成一半", done_on=TODAY, now=NOW)
        assert (done.progress, done.done_on, done.done_by) == ("完成一半", TODAY, by)
    else:
        with pytest.raises(NotAllowed, match="由该工班的工长报告"):
            report_step(step, by=by, progress="完成一半", now=NOW)


def test_deputy_reports_while_the_foreman_is_away(room, step):
    Absence.objects.create(person=room.foreman, first_on=TODAY, last_on=TODAY)

    assert report_step(step, by=room.deputy, progress="完成一半", now=NOW).progress == "完成一半"


@pytest.mark.parametrize("name", ROLES)
@pytest.mark.parametrize("is_away", [False, True])
def test_list_of_reportable_steps_is_the_same_rule(room, step, name, is_away):
    if is_away:
        Absence.objects.create(person=room.foreman, first_on=TODAY, last_on=TODAY)
    others = [room.step(step.project, crew=None), step]
    by = getattr(room, name)

    found = reportable_steps(others, by, now=NOW)

    assert found == {one.pk for one in others if may_report(one, by, now=NOW)}


@pytest.mark.parametrize("state", ProjectState)
def test_progress_is_of_projects_in_progress(room, state):
    project = room.project_in(state)
    step = project.steps.first() or ProjectStep.objects.create(
        project=project, what="值守", due_on=DAY, crew=room.crew
    )

    if state == ProjectState.IN_PROGRESS:
        assert report_step(step, by=room.foreman, progress="一半", now=NOW).progress == "一半"
    else:
        with pytest.raises(Refused, match="推进中的项目"):
            report_step(step, by=room.foreman, progress="一半", now=NOW)


@pytest.mark.parametrize("state", ProjectState)
def test_plan_changes_until_the_effect_is_evaluated(room, state):
    project = room.project_in(state)

    if state in PLANNABLE:
        assert add_step(project, by=room.manager, plan=plan(room), now=NOW).what == "值守"
    else:
        with pytest.raises(Refused, match="不能再改"):
            add_step(project, by=room.manager, plan=plan(room), now=NOW)


def test_report_twice_is_one_report(room, step):
    for by in (room.foreman, room.manager):
        done = report_step(step, by=by, progress="完成", done_on=TODAY, version=1, now=NOW)

    assert (done.done_by, done.version, done.history.count()) == (room.foreman, 2, 2)


def test_report_in_a_second_tab_is_told(room, step):
    report_step(step, by=room.foreman, progress="一半", version=1, now=NOW)

    with pytest.raises(StaleVersion):
        report_step(step, by=room.manager, progress="全部", version=1, now=NOW)


def test_done_in_the_future_is_refused(room, step):
    with pytest.raises(Refused, match="不能晚于今天"):
        report_step(step, by=room.foreman, progress="", done_on=TODAY + timedelta(days=1), now=NOW)


def test_done_before_the_decision_is_refused(room, step):
    decided_on = step.project.decided_on
    for by in (room.foreman, room.manager, room.head):
        with pytest.raises(Refused, match=rf"不能早于立项日\({decided_on}\)"):
            report_step(step, by=by, progress="", done_on=date(2019, 1, 1), now=NOW)

    assert report_step(step, by=room.foreman, progress="", done_on=decided_on, now=NOW).done_on == decided_on


def test_day_reported_is_the_day_of_the_first_report(room, step):
    tomorrow, day = NOW + timedelta(days=1), TODAY - timedelta(days=3)

    first = report_step(step, by=room.foreman, progress="完成", done_on=TODAY, now=NOW)
    corrected = report_step(step, by=room.manager, progress="完成", done_on=day, now=tomorrow)

    assert (first.reported_on, corrected.reported_on, corrected.done_on) == (TODAY, TODAY, day)


def test_step_taken_back_is_reported_anew(room, step):
    report_step(step, by=room.foreman, progress="完成", done_on=TODAY, now=NOW)
    report_step(step, by=room.foreman, progress="还差一点", now=NOW)

    again = report_step(step, by=room.foreman, progress="完成", done_on=TODAY, now=NOW + timedelta(days=1))

    assert again.reported_on == TODAY + timedelta(days=1)


def test_words_of_a_step_done_before_the_decision_may_still_change(room, step):
    """A row older than the rule keeps its day."""
    old = date(2019, 1, 1)
    ProjectStep.objects.filter(pk=step.pk).update(done_on=old, done_by=room.foreman, reported_on=TODAY)

    assert report_step(step, by=room.manager, progress="补充说明", done_on=old, now=NOW).done_on == old


def test_done_is_taken_back(room, step):
    report_step(step, by=room.foreman, progress="完成", done_on=TODAY, now=NOW)

    again = report_step(step, by=room.foreman, progress="还差一点", now=NOW)

    assert (again.done_on, again.done_by, again.reported_on) == (None, None, None)


def test_add_twice_is_one_step(room, step):
    token = uuid4()

    first, second = (
        add_step(step.project, by=room.manager, plan=plan(room), token=token, now=NOW) for _ in range(2)
    )

    assert first == second


@pytest.mark.parametrize("field", ["what", "crew"])
def test_step_has_words_and_a_crew_of_the_project(room, step, field):
    wrong = {"what": " ", "crew": room.other_crew}[field]

    with pytest.raises(Refused, match={"what": "步骤的内容", "crew": "相关工班之一"}[field]):
        add_step(step.project, by=room.manager, plan=plan(room, **{field: wrong}), now=NOW)


def test_change_twice_is_one_change(room, step):
    for _ in range(2):
        changed = change_step(step, by=room.manager, plan=plan(room, who=room.lead), version=1, now=NOW)

    assert (changed.what, changed.who, changed.version) == ("值守", room.lead, 2)


def test_done_step_is_not_planned_anew(room, step):
    report_step(step, by=room.foreman, progress="", done_on=TODAY, now=NOW)

    with pytest.raises(Refused, match="已经完成"):
        change_step(step, by=room.manager, plan=plan(room), now=NOW)


def test_remove_twice_is_one_removal_and_leaves_its_history(room, step):
    for _ in range(2):
        remove_step(step, by=room.manager, now=NOW)

    assert not ProjectStep.objects.exists()
    assert [(row.history_type, row.history_user) for row in ProjectStep.history.all()] == [
        ("-", room.manager),
        ("+", room.manager),
    ]


def test_step_with_progress_stays(room, step):
    report_step(step, by=room.foreman, progress="一半", now=NOW)

    with pytest.raises(Refused, match="已有进展"):
        remove_step(step, by=room.manager, now=NOW)


def test_removed_step_is_neither_changed_nor_reported(room, step):
    remove_step(step, by=room.manager, now=NOW)

    for act in (
        lambda: change_step(step, by=room.manager, plan=plan(room), now=NOW),
        lambda: report_step(step, by=room.foreman, progress="", now=NOW),
    ):
        with pytest.raises(Refused, match="已被删除"):
            act()


def test_step_done_goes_with_who_did_it(step):
    with pytest.raises(IntegrityError), transaction.atomic():
        ProjectStep.objects.filter(pk=step.pk).update(done_on=DAY)
