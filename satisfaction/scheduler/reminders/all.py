"""All reminder queries. If one fails, the others run, and notices of its kinds do not end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from satisfaction.notices.remind import Reminder

from . import crews, office
from .staff import PresentStaff, load_present_staff

ReminderQuery = Callable[[PresentStaff], Iterator[Reminder]]
REMINDER_QUERIES: tuple[tuple[ReminderQuery, tuple[str, ...]], ...] = (
    (crews.self_evaluation_reminders, ("self_evaluations_overdue", "self_evaluations_waiting")),
    (crews.result_reminders, ("results_waiting",)),
    (crews.revisit_reminders, ("revisits_overdue", "revisits_waiting")),
    (crews.step_reminders, ("steps_overdue",)),
    (office.callback_reminders, ("callbacks_overdue", "callbacks_waiting")),
    (office.unpublished_reminders, ("unpublished_overdue",)),
    (office.objection_reminders, ("objections_waiting",)),
    (office.meeting_reminders, ("meeting_overdue",)),
    (office.month_reminders, ("month_held_up",)),
    (office.crew_reminders, ("crews_without_lead",)),
    (office.pending_change_reminders, ("changes_waiting",)),
    (office.seed_reminders, ("seeds_made",)),
    (office.failed_step_reminders, ("night_failed",)),
    (office.grant_reminders, ("grants_waiting",)),
)
REMINDER_KINDS = frozenset(kind for _question, kinds in REMINDER_QUERIES for kind in kinds)


@dataclass(frozen=True)
class DueReminders:
    """Due reminders, the kinds that were computed, and the errors of the others."""

    due: tuple[Reminder, ...]
    kinds: frozenset[str]
    failures: tuple[Exception, ...]


def find_due_reminders(now: datetime) -> DueReminders:
    """Runs all reminder queries: about thirty SQL queries for any number of people, crews and orders."""
    staff = load_present_staff(now)
    due: list[Reminder] = []
    answered: set[str] = set()
    failures: list[Exception] = []
    for question, kinds in REMINDER_QUERIES:
        try:
            found = list(question(staff))
        except Exception as error:
            failures.append(error)
        else:
            due += found
            answered |= set(kinds)
    return DueReminders(tuple(due), frozenset(answered), tuple(failures))
