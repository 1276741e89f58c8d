"""Every question once; one that fails keeps no other from being answered, and ends no notice of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from satisfaction.notices.remind import Reminder

from . import crews, office
from .staff import Staff, staff_of

Question = Callable[[Staff], Iterator[Reminder]]
QUESTIONS: tuple[tuple[Question, tuple[str, ...]], ...] = (
    (crews.self_evaluations, ("self_evaluations_overdue", "self_evaluations_waiting")),
    (crews.results, ("results_waiting",)),
    (crews.revisits, ("revisits_overdue", "revisits_waiting")),
    (crews.steps, ("steps_overdue",)),
    (office.callbacks, ("callbacks_overdue", "callbacks_waiting")),
    (office.unpublished, ("unpublished_overdue",)),
    (office.objections, ("objections_waiting",)),
    (office.meetings, ("meeting_overdue",)),
    (office.months, ("month_held_up",)),
    (office.crews, ("crews_without_lead",)),
    (office.pending_changes, ("changes_waiting",)),
    (office.seeds, ("seeds_made",)),
    (office.nights, ("night_failed",)),
    (office.grants, ("grants_waiting",)),
)
KINDS_ASKED = frozenset(kind for _question, kinds in QUESTIONS for kind in kinds)


@dataclass(frozen=True)
class Asked:
    """What is due, the kinds that were answered, and what went wrong with the others."""

    due: tuple[Reminder, ...]
    kinds: frozenset[str]
    failures: tuple[Exception, ...]


def ask_all(now: datetime) -> Asked:
    """About thirty queries, whatever the number of people, crews and orders."""
    staff = staff_of(now)
    due: list[Reminder] = []
    answered: set[str] = set()
    failures: list[Exception] = []
    for question, kinds in QUESTIONS:
        try:
            found = list(question(staff))
        except Exception as error:
            failures.append(error)
        else:
            due += found
            answered |= set(kinds)
    return Asked(tuple(due), frozenset(answered), tuple(failures))
