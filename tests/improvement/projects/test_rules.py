from datetime import date, timedelta
from itertools import product

import pytest

from improvement.enums import ProjectState as S
from improvement.projects.rules import (
    BY_MEETING,
    TRANSITIONS,
    Obstacle,
    ProjectFacts,
    StepFacts,
    effective_day,
    is_step_in_time,
    may_become,
    obstacle_to_confirm,
    obstacle_to_evaluate,
    obstacle_to_start,
    workers,
)

DAY = date(2026, 5, 11)
DONE = StepFacts(who=1, done_by=2, done_on=DAY)
WAYS = {
    (S.PROPOSED, S.DECIDED),
    (S.PROPOSED, S.CANCELLED),
    (S.DECIDED, S.IN_PROGRESS),
    (S.DECIDED, S.CANCELLED),
    (S.IN_PROGRESS, S.EVALUATED),
    (S.IN_PROGRESS, S.CANCELLED),
    (S.EVALUATED, S.CONFIRMED),
    (S.EVALUATED, S.IN_PROGRESS),
    (S.EVALUATED, S.CANCELLED),
}


@pytest.mark.parametrize(("state", "target"), list(product(S, S)))
def test_only_the_ways_of_the_plan_are_open(state, target):
    assert may_become(state, target) is ((state, target) in WAYS)


def test_meeting_takes_steps_that_exist():
    assert {(state, target) for state, targets in TRANSITIONS.items() for target in targets} >= BY_MEETING


@pytest.mark.parametrize(
    ("steps", "entered", "day"),
    [
        ((), None, None),
        ((DONE, StepFacts()), None, None),
        ((DONE, StepFacts(done_on=date(2026, 5, 20))), None, date(2026, 5, 20)),
        ((DONE, StepFacts()), date(2026, 4, 1), date(2026, 4, 1)),
    ],
)
def test_measure_holds_from_the_last_step_unless_entered(steps, entered, day):
    assert effective_day(ProjectFacts(S.IN_PROGRESS, 9, steps, entered)) == day


@pytest.mark.parametrize(
    ("decided_on", "causes_until", "day"),
    [
        (None, None, date(2026, 5, 11)),
        (date(2026, 5, 1), None, date(2026, 5, 11)),
        (date(2026, 5, 12), None, date(2026, 5, 12)),
        (date(2026, 5, 1), date(2026, 5, 10), date(2026, 5, 11)),
        (date(2026, 5, 1), date(2026, 5, 11), date(2026, 5, 12)),
        (date(2026, 6, 1), date(2026, 5, 11), date(2026, 6, 1)),
    ],
)
@pytest.mark.parametrize("entered", [DAY, None])
def test_measure_holds_neither_before_the_decision_nor_before_its_causes(
    decided_on, causes_until, day, entered
):
    facts = ProjectFacts(S.IN_PROGRESS, 9, (DONE,), entered, decided_on, causes_until)

    assert effective_day(facts) == day


def test_evaluation_waits_from_the_decision_on_whatever_day_was_entered():
    facts = ProjectFacts(S.IN_PROGRESS, 9, (DONE,), date(2026, 1, 1), decided_on=date(2026, 5, 20))

    found = [
        obstacle_to_evaluate(facts, days=30, today=day) for day in (date(2026, 6, 18), date(2026, 6, 19))
    ]

    assert found == [Obstacle.PERIOD_RUNNING, None]


def test_effect_measured_before_the_decision_is_not_confirmed():
    early, fit = (
        ProjectFacts(S.EVALUATED, 9, (DONE,), effective_on=day, decided_on=DAY)
        for day in (DAY - timedelta(days=1), DAY)
    )

    assert [obstacle_to_confirm(facts, 4) for facts in (early, fit)] == [Obstacle.PERIOD_TOO_EARLY, None]


@pytest.mark.parametrize(
    ("done_on", "reported_on", "is_in_time"),
    [
        (None, None, False),
        (date(2026, 5, 14), date(2026, 5, 14), True),
        (date(2026, 5, 15), date(2026, 5, 15), False),
        (date(2026, 5, 14), date(2026, 5, 15), False),
        (date(2026, 5, 11), date(2026, 5, 14), True),
        (date(2019, 1, 1), date(2026, 5, 14), False),
    ],
)
def test_step_is_in_time_by_the_day_done_and_the_day_reported(done_on, reported_on, is_in_time):
    found = is_step_in_time(
        due_on=date(2026, 5, 14), done_on=done_on, reported_on=reported_on, decided_on=DAY
    )

    assert found is is_in_time


@pytest.mark.parametrize("state", S)
def test_start_needs_a_decision_and_a_step(state):
    bare, planned = ProjectFacts(state, 9), ProjectFacts(state, 9, (StepFacts(),))

    expected = (Obstacle.NO_STEPS, None) if state == S.DECIDED else (Obstacle.WRONG_STATE,) * 2
    assert (obstacle_to_start(bare), obstacle_to_start(planned)) == expected


@pytest.mark.parametrize("state", S)
def test_evaluation_is_of_projects_in_progress(state):
    facts = ProjectFacts(state, 9, (DONE,))

    found = obstacle_to_evaluate(facts, days=30, today=date(2026, 12, 1))

    assert found == (None if state == S.IN_PROGRESS else Obstacle.WRONG_STATE)


@pytest.mark.parametrize(
    ("steps", "today", "obstacle"),
    [
        ((), date(2026, 12, 1), Obstacle.NO_STEPS),
        ((DONE, StepFacts()), date(2026, 12, 1), Obstacle.STEPS_OPEN),
        ((DONE,), date(2026, 6, 9), Obstacle.PERIOD_RUNNING),
        ((DONE,), date(2026, 6, 10), None),
    ],
)
def test_evaluation_waits_for_the_work_and_for_equal_time(steps, today, obstacle):
    assert obstacle_to_evaluate(ProjectFacts(S.IN_PROGRESS, 9, steps), days=30, today=today) == obstacle


def test_whoever_had_a_hand_in_it_did_the_work():
    assert workers(ProjectFacts(S.EVALUATED, 9, (DONE, StepFacts(who=3)))) == {9, 1, 2, 3}


@pytest.mark.parametrize(
    ("person", "obstacle"),
    [(9, Obstacle.OWN_WORK), (1, Obstacle.OWN_WORK), (2, Obstacle.OWN_WORK), (4, None)],
)
def test_nobody_confirms_own_work(person, obstacle):
    assert obstacle_to_confirm(ProjectFacts(S.EVALUATED, 9, (DONE,)), person) == obstacle


@pytest.mark.parametrize("state", sorted(set(S) - {S.EVALUATED}))
def test_confirming_needs_an_evaluation(state):
    assert obstacle_to_confirm(ProjectFacts(state, 9), 4) == Obstacle.WRONG_STATE
