"""States of an improvement project, their transitions, and obstacles to them (domain §9.10). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from improvement.enums import ProjectState as S

TRANSITIONS: dict[S, frozenset[S]] = {
    S.PROPOSED: frozenset({S.DECIDED, S.CANCELLED}),
    S.DECIDED: frozenset({S.IN_PROGRESS, S.CANCELLED}),
    S.IN_PROGRESS: frozenset({S.EVALUATED, S.CANCELLED}),
    S.EVALUATED: frozenset({S.CONFIRMED, S.IN_PROGRESS, S.CANCELLED}),
    S.CONFIRMED: frozenset(),
    S.CANCELLED: frozenset(),
}
BY_MEETING = frozenset({(S.PROPOSED, S.DECIDED), (S.EVALUATED, S.CONFIRMED), (S.EVALUATED, S.IN_PROGRESS)})
"""Transitions that only a meeting makes."""


class Obstacle(Enum):
    """Reason why a project cannot change its state now."""

    WRONG_STATE = "wrong_state"
    NO_STEPS = "no_steps"
    STEPS_OPEN = "steps_open"
    PERIOD_RUNNING = "period_running"
    OWN_WORK = "own_work"
    PERIOD_TOO_EARLY = "period_too_early"


@dataclass(frozen=True)
class StepFacts:
    """Ids of the assigned person and of the person who reported the step done; the day it was done."""

    who: int | None = None
    done_by: int | None = None
    done_on: date | None = None


@dataclass(frozen=True)
class ProjectFacts:
    """Facts that decide about a project. `effective_on` as entered; None: the day the last step was done.

    `causes_until`: the last closing day of the orders that caused the project.
    """

    state: S
    responsible: int
    steps: tuple[StepFacts, ...] = ()
    effective_on: date | None = None
    decided_on: date | None = None
    causes_until: date | None = None


def may_become(state: str, target: str) -> bool:
    return S(target) in TRANSITIONS[S(state)]


def nominal_effective_day(steps: Iterable[StepFacts], entered: date | None) -> date | None:
    """Returns the entered day, else the day the last step was done; None while a step is open."""
    done = [step.done_on for step in steps]
    if entered is not None:
        return entered
    return max(day for day in done if day) if done and all(done) else None


def earliest_effective_day(facts: ProjectFacts) -> date | None:
    """Returns the day of the decision or the day after the last causing order closed, whichever is later."""
    after_causes = facts.causes_until + timedelta(days=1) if facts.causes_until else None
    return max((day for day in (facts.decided_on, after_causes) if day), default=None)


def effective_day(facts: ProjectFacts) -> date | None:
    """Returns the day from which the effect is measured (domain §9.12); None before it."""
    named = nominal_effective_day(facts.steps, facts.effective_on)
    if named is None:
        return None
    earliest = earliest_effective_day(facts)
    return max(named, earliest) if earliest else named


def workers(facts: ProjectFacts) -> frozenset[int]:
    """Returns the people who did the work: the responsible person, and those with or reporting a step."""
    people = {facts.responsible}
    for step in facts.steps:
        people |= {person for person in (step.who, step.done_by) if person is not None}
    return frozenset(people)


def obstacle_to_start(facts: ProjectFacts) -> Obstacle | None:
    if not may_become(facts.state, S.IN_PROGRESS) or facts.state != S.DECIDED:
        return Obstacle.WRONG_STATE
    return None if facts.steps else Obstacle.NO_STEPS


def obstacle_to_evaluate(facts: ProjectFacts, *, days: int, today: date) -> Obstacle | None:
    """Returns the obstacle to evaluation. `days`: length of the period after the effective day, which must be over."""
    if not may_become(facts.state, S.EVALUATED):
        return Obstacle.WRONG_STATE
    if not facts.steps:
        return Obstacle.NO_STEPS
    if not all(step.done_on for step in facts.steps):
        return Obstacle.STEPS_OPEN
    effective_on = effective_day(facts)
    assert effective_on is not None
    return Obstacle.PERIOD_RUNNING if today < effective_on + timedelta(days=days) else None


def obstacle_to_confirm(facts: ProjectFacts, person: int) -> Obstacle | None:
    """Returns the obstacle to confirmation by `person`, who must not have done the work."""
    if not may_become(facts.state, S.CONFIRMED):
        return Obstacle.WRONG_STATE
    if person in workers(facts):
        return Obstacle.OWN_WORK
    return Obstacle.PERIOD_TOO_EARLY if is_measured_too_early(facts) else None


def is_measured_too_early(facts: ProjectFacts) -> bool:
    """Whether the entered effective day is before the decision or before a causing order closed."""
    earliest = earliest_effective_day(facts)
    return facts.effective_on is not None and earliest is not None and facts.effective_on < earliest


def is_step_in_time(
    *, due_on: date, done_on: date | None, reported_on: date | None, decided_on: date | None
) -> bool:
    """Whether both the day done and the day reported are in time, and not before the decision (domain §9.11)."""
    if done_on is None or reported_on is None or decided_on is None:
        return False
    return decided_on <= done_on and max(done_on, reported_on) <= due_on
