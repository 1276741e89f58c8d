from datetime import date, time, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from evaluations.enums import Rating
from evaluations.models import ProblemType
from improvement.enums import PLANNABLE, Decision, ItemKind, ProjectState
from improvement.models import ImprovementProject
from improvement.projects.actions import change_project, create_project
from improvement.projects.effects import current_effect, effect_windows
from improvement.projects.project_history import project_changes
from improvement.projects.rules_effect import RatingTally, effect_from_json
from improvement.projects.steps import report_step
from improvement.projects.transitions import (
    cancel_project,
    confirm_project,
    decide_project,
    evaluate_project,
    send_back,
    start_project,
)
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.versioned import StaleVersion
from tests.factories import OrderFactory
from tests.worlds.meetings import (
    BEFORE,
    DAY,
    DECIDED_ON,
    LATER,
    NOW,
    ROLES,
    item_of,
)

pytestmark = pytest.mark.django_db
OTHERS = [name for name in ROLES if name not in ("manager", "head")]


ACTS = {
    "create": lambda room, p, by: create_project(by=by, plan=room.plan(), now=NOW),
    "change": lambda room, p, by: change_project(p, by=by, plan=room.plan(problem="新"), now=NOW),
    "start": lambda room, p, by: start_project(p, by=by, now=NOW),
    "evaluate": lambda room, p, by: evaluate_project(p, by=by, effect="有效", now=NOW),
    "cancel": lambda room, p, by: cancel_project(p, by=by, reason="不再需要了", now=NOW),
}


@pytest.mark.parametrize("name", OTHERS)
@pytest.mark.parametrize("act", ACTS)
def test_projects_are_managers_to_run(room, act, name):
    project = room.proposed()

    with pytest.raises(NotAllowed):
        ACTS[act](room, project, getattr(room, name))

    assert ImprovementProject.objects.get().version == project.version


# The states from which each action leads on; a decided project has a step, one in progress has finished work.
FROM = {
    "change": PLANNABLE,
    "start": {ProjectState.DECIDED},
    "evaluate": {ProjectState.IN_PROGRESS},
    "cancel": set(ProjectState) - {ProjectState.CONFIRMED, ProjectState.CANCELLED},
}
TO = {
    "start": ProjectState.IN_PROGRESS,
    "evaluate": ProjectState.EVALUATED,
    "cancel": ProjectState.CANCELLED,
}


@pytest.mark.parametrize("state", ProjectState)
@pytest.mark.parametrize("act", FROM)
def test_acts_lead_from_their_states_only(room, act, state):
    project = room.project_in(state)
    if state == ProjectState.DECIDED:
        room.step(project)
    if state == ProjectState.IN_PROGRESS:
        report_step(
            project.steps.get(), by=room.foreman, progress="", done_on=DAY - timedelta(days=40), now=NOW
        )
    is_done_already = (act, state) == ("start", ProjectState.IN_PROGRESS)

    if state in FROM[act] or is_done_already:
        found = ACTS[act](room, project, room.head)
        assert found.state == TO.get(act, state)
    else:
        with pytest.raises(Refused):
            ACTS[act](room, project, room.head)
        assert ImprovementProject.objects.get().state == state


@pytest.mark.parametrize("state", ProjectState)
def test_moves_of_the_meeting_lead_from_their_states_only(room, state):
    moves = {
        ProjectState.PROPOSED: lambda p: decide_project(p, by=room.head, measure="值守", now=NOW),
        ProjectState.EVALUATED: lambda p: send_back(p, by=room.head, reason="没变", now=NOW),
    }
    project = room.project_in(state)
    for begins, move in moves.items():
        if begins != state:
            with pytest.raises(Refused):
                move(project)
    if state != ProjectState.EVALUATED:
        with pytest.raises(Refused):
            confirm_project(project, by=room.head, now=NOW)

    assert ImprovementProject.objects.get().state == state


def test_create_twice_is_one_project(room):
    token = uuid4()

    first, second = (
        create_project(by=room.manager, plan=room.plan(), token=token, now=BEFORE) for _ in range(2)
    )

    assert first == second
    assert (first.state, first.created_by, first.created_at, list(first.crews.all())) == (
        ProjectState.PROPOSED,
        room.manager,
        BEFORE,
        [room.crew],
    )


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("problem", " ", "改善问题描述"),
        ("source", "dream", "问题来源"),
        ("responsible", "admin", "负责人须是"),
    ],
)
def test_create_needs_its_fields(room, field, value, sentence):
    value = getattr(room, value) if field == "responsible" else value

    with pytest.raises(Refused, match=sentence):
        create_project(by=room.manager, plan=room.plan(**{field: value}), now=BEFORE)


def test_change_twice_is_one_change(room):
    project = room.proposed()
    plan = room.plan(problem="新", crews=frozenset({room.other_crew.pk}))

    for _ in range(2):
        changed = change_project(project, by=room.head, plan=plan, version=1, now=NOW)

    assert (changed.problem, list(changed.crews.all()), changed.version) == ("新", [room.other_crew], 2)


def test_change_in_a_second_tab_is_told(room):
    project = room.proposed()
    change_project(project, by=room.head, plan=room.plan(problem="甲"), version=1, now=NOW)

    with pytest.raises(StaleVersion, match="已由head"):
        change_project(project, by=room.manager, plan=room.plan(problem="乙"), version=1, now=NOW)

    assert ImprovementProject.objects.get().problem == "甲"


@pytest.mark.parametrize(
    ("act", "state"),
    [
        ("start", ProjectState.DECIDED),
        ("evaluate", ProjectState.IN_PROGRESS),
        ("cancel", ProjectState.PROPOSED),
    ],
)
def test_moving_from_an_older_page_is_told(room, act, state):
    project = room.project_in(state)
    if state != ProjectState.PROPOSED:
        step = room.step(project) if state == ProjectState.DECIDED else project.steps.get()
        if state == ProjectState.IN_PROGRESS:
            report_step(step, by=room.foreman, progress="", done_on=DAY - timedelta(days=40), now=NOW)
    arguments = {"start": {}, "evaluate": {"effect": "有效"}, "cancel": {"reason": "停"}}[act]
    move = {"start": start_project, "evaluate": evaluate_project, "cancel": cancel_project}[act]

    with pytest.raises(StaleVersion):
        move(project, by=room.head, version=project.version - 1, now=NOW, **arguments)

    assert ImprovementProject.objects.get().state == state


def test_start_needs_a_step(room):
    with pytest.raises(Refused, match="还没有步骤"):
        start_project(room.project_in(ProjectState.DECIDED), by=room.manager, now=NOW)


def test_start_twice_is_one_start(room):
    project = room.project_in(ProjectState.DECIDED)
    room.step(project)

    first, again = (start_project(project, by=room.manager, version=1, now=NOW) for _ in range(2))

    assert (first.state, again.version) == (ProjectState.IN_PROGRESS, first.version)


def test_evaluation_waits_for_open_steps(room):
    with pytest.raises(Refused, match="还有步骤没有完成"):
        evaluate_project(room.project_in(ProjectState.IN_PROGRESS), by=room.manager, effect="有效", now=NOW)


@pytest.mark.parametrize(("passed", "is_over"), [(29, False), (30, True)])
def test_evaluation_waits_for_equal_time(room, passed, is_over):
    project = room.project_in(ProjectState.IN_PROGRESS)
    done_on = NOW.date() - timedelta(days=passed)
    report_step(project.steps.get(), by=room.foreman, progress="", done_on=done_on, now=NOW)

    if is_over:
        assert evaluate_project(project, by=room.manager, effect="有效", now=NOW).effective_on == done_on
    else:
        with pytest.raises(Refused, match=r"生效后要观察 30 天,到2026年6月10日为止"):
            evaluate_project(project, by=room.manager, effect="有效", now=NOW)


def test_evaluation_keeps_the_numbers_of_that_day(room):
    project = room.project_in(ProjectState.IN_PROGRESS, problem_types=types(1))
    report_step(project.steps.get(), by=room.foreman, progress="", done_on=DAY, now=NOW)
    room.dissatisfied(day=DAY - timedelta(days=1))
    room.rated(OrderFactory(technician=room.worker, day=DAY), Rating.SATISFIED)

    done = evaluate_project(project, by=room.manager, effect="有效", now=LATER)
    room.dissatisfied(day=DAY)
    again = evaluate_project(project, by=room.head, effect="有效", now=LATER)

    effect = effect_from_json(again.effect_numbers)
    assert (effect.before, effect.after) == (RatingTally(1, 1), RatingTally(1, 0))
    assert (again.evaluated_by, again.version, again.state) == (
        room.manager,
        done.version,
        ProjectState.EVALUATED,
    )


def types(*codes):
    return frozenset(ProblemType.objects.filter(code__in=codes).values_list("pk", flat=True))


def test_evaluation_needs_words(room):
    with pytest.raises(Refused, match="整改效果评定"):
        evaluate_project(room.proposed(), by=room.manager, effect=" ", now=NOW)


def test_cancel_twice_is_one_end_and_has_a_reason(room):
    project = room.proposed()
    with pytest.raises(Refused, match="取消的原因"):
        cancel_project(project, by=room.head, reason="", now=NOW)

    for by in (room.head, room.manager):
        done = cancel_project(project, by=by, reason="不再需要", now=NOW)

    assert (done.state, done.cancelled_reason, done.version) == (ProjectState.CANCELLED, "不再需要", 2)


def test_history_says_who_changed_what(room):
    project = room.proposed()
    plan = room.plan(problem="新", responsible=room.head, crews=frozenset({room.crew.pk, room.other_crew.pk}))
    change_project(project, by=room.head, plan=plan, now=NOW)
    step = room.step(project)
    cancel_project(project, by=room.manager, reason="停", now=LATER)

    found = [
        (
            change.at,
            change.by,
            change.is_new,
            change.step,
            sorted((one.label, one.before, one.after) for one in change.differences),
        )
        for change in project_changes(project)
    ]

    assert found[0] == (
        LATER,
        room.manager,
        False,
        "",
        [("取消原因", "", "停"), ("状态", "提出", "已取消")],
    )
    assert found[1] == (
        NOW,
        room.head,
        False,
        "",
        [
            ("改善问题描述", "响应慢", "新"),
            ("相关工班", "工班甲", "工班乙、工班甲"),
            ("负责人", "manager", "head"),
        ],
    )
    assert {(change[0], change[2], change[3]) for change in found[2:]} == {
        (BEFORE, True, ""),
        (BEFORE, True, step.what),
    }


@pytest.mark.parametrize(
    "fields",
    [
        {"state": ProjectState.CANCELLED},
        {"state": ProjectState.EVALUATED},
        {"state": ProjectState.CONFIRMED, "effect": "有效"},
        {"problem": ""},
    ],
)
def test_project_in_a_state_has_what_the_state_says(room, fields):
    project = room.proposed()

    with pytest.raises(IntegrityError), transaction.atomic():
        ImprovementProject.objects.filter(pk=project.pk).update(**fields)


def test_effective_day_may_be_entered(room):
    entered = date(2026, 4, 20)
    project = room.project_in(ProjectState.IN_PROGRESS)
    change_project(project, by=room.manager, plan=room.plan(effective_on=entered), now=NOW)
    report_step(project.steps.get(), by=room.foreman, progress="", done_on=DAY, now=NOW)

    done = evaluate_project(project, by=room.manager, effect="有效", now=NOW)

    assert effect_from_json(done.effect_numbers).windows.after_first == entered


def test_effective_day_before_the_decision_is_refused(room):
    project = room.project_in(ProjectState.IN_PROGRESS)
    early = room.plan(effective_on=DECIDED_ON - timedelta(days=1))

    with pytest.raises(Refused, match=f"最早为{DECIDED_ON}"):
        change_project(project, by=room.manager, plan=early, now=NOW)
    kept = change_project(project, by=room.manager, plan=room.plan(effective_on=DECIDED_ON), now=NOW)

    assert kept.effective_on == DECIDED_ON


def test_effective_day_of_a_proposal_is_not_in_the_past(room):
    yesterday = NOW.date() - timedelta(days=1)

    with pytest.raises(Refused, match="最早为2026-06-10"):
        create_project(by=room.manager, plan=room.plan(effective_on=yesterday), now=NOW)


def test_early_effective_day_from_before_the_rule_counts_from_the_decision(room):
    project = room.project_in(ProjectState.DECIDED, effective_on=date(2026, 1, 1))
    room.step(project)
    project = start_project(project, by=room.manager, now=BEFORE)
    report_step(project.steps.get(), by=room.foreman, progress="", done_on=DAY, now=NOW)
    just_before, over = (days.moment_at(DECIDED_ON + timedelta(days=n), time(9)) for n in (29, 30))

    with pytest.raises(Refused, match="要观察 30 天"):
        evaluate_project(project, by=room.manager, effect="有效", now=just_before)
    done = evaluate_project(project, by=room.manager, effect="有效", now=over)

    assert effect_from_json(done.effect_numbers).windows.after_first == DECIDED_ON


def test_period_after_holds_no_order_that_led_to_the_project(room):
    """The order was closed on the day of the meeting that decided the project."""
    order = room.dissatisfied(day=NOW.date())
    room.revisit(order, submitted_at=NOW - timedelta(minutes=30))
    project = room.decide(item_of(room.opened()), Decision.NEW_PROJECT).project
    room.step(project, due_on=NOW.date())
    start_project(project, by=room.manager, now=NOW)
    report_step(project.steps.get(), by=room.foreman, progress="", done_on=NOW.date(), now=NOW)

    span = effect_windows(project, now=NOW)

    assert (project.decided_on, span.after_first) == (NOW.date(), NOW.date() + timedelta(days=1))


def test_order_added_after_the_measure_took_effect_stays_in_the_count(room):
    project = room.project_in(ProjectState.IN_PROGRESS)
    report_step(project.steps.get(), by=room.foreman, progress="", done_on=DAY, now=NOW)
    room.revisit(room.dissatisfied(day=DAY + timedelta(days=5)))
    room.decide(item_of(room.opened()), Decision.ADDED, project=project)

    effect = current_effect(project, now=NOW)

    assert (effect.windows.after_first, effect.after) == (DAY, RatingTally(1, 1))


def test_effect_measured_before_the_decision_goes_back(room):
    """The project was evaluated before the rule existed: a meeting can only send it back, then the rule applies."""
    project = room.project_in(ProjectState.EVALUATED)
    ImprovementProject.objects.filter(pk=project.pk).update(effective_on=date(2026, 1, 1))
    item = item_of(room.opened(), ItemKind.EFFECT)

    with pytest.raises(Refused, match="立项之前的日期"):
        room.decide(item, Decision.CONFIRMED)

    assert room.decide(item, Decision.NOT_EFFECTIVE).project.state == ProjectState.IN_PROGRESS
