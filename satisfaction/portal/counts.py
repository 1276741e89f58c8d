"""Counters of navigation places for a person; each runs only if its place is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.utils import timezone

from evaluations.callbacks.queries import head_line
from evaluations.enums import ObjectionState
from evaluations.models import Objection
from evaluations.workbook.pending_changes import changes_for
from improvement.revisits.due import orders_to_visit
from satisfaction.accounts.models import User
from satisfaction.core.roles import CREW_LEADS, Role
from satisfaction.notices.models import Notice
from satisfaction.portal.home.crew import count_to_acknowledge, count_to_rate

PlaceCounter = Callable[[User], int]


def _unread(person: User) -> int:
    return Notice.objects.visible_to(person).unread().count()


def _pending_changes(person: User) -> int:
    return changes_for(person).count()


def _desk(person: User) -> int:
    return head_line(person, now=timezone.now()).left


def _to_rate(person: User) -> int:
    return count_to_rate(person, now=timezone.now())


def _to_acknowledge(person: User) -> int:
    return count_to_acknowledge(person, now=timezone.now())


def _undecided(person: User) -> int:
    if not person.has_role(Role.HEAD):
        return 0
    return Objection.objects.filter(state=ObjectionState.UNDECIDED).count()


def _revisits(person: User) -> int:
    now = timezone.now()
    visits = person.has_role(*CREW_LEADS, Role.MANAGER, Role.HEAD)
    return orders_to_visit(person, now=now).count() if visits else 0


COUNTERS: Mapping[str, PlaceCounter] = {
    "notices": _unread,
    "desk": _desk,
    "self_evaluations": _to_rate,
    "feedback": _to_acknowledge,
    "objections": _undecided,
    "pending_changes": _pending_changes,
    "revisits": _revisits,
}
