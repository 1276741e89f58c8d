"""Who reads meetings and projects (§12): everything, or what concerns the crews one leads."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.roles import CREW_LEADS, Role
from workorders.models import CrewLead

from .enums import ItemKind
from .models import AgendaItem, ImprovementProject

RUNNERS = (Role.MANAGER, Role.HEAD)
"""Who calls meetings, decides in them, and runs projects."""
READERS_OF_ALL = (*RUNNERS, Role.LEAD, Role.ADMIN)
READERS = (*READERS_OF_ALL, *CREW_LEADS)


@dataclass(frozen=True)
class Reader:
    """`crews` are those led today; nobody else reads anything."""

    person: int
    sees_all: bool
    crews: frozenset[int]

    @property
    def sees_nothing(self) -> bool:
        return not (self.sees_all or self.crews)


def reader_of(person: User, *, now: datetime) -> Reader:
    """One query for who leads crews, none for who reads everything. Deputies read always."""
    if person.has_role(*READERS_OF_ALL):
        return Reader(person.pk, sees_all=True, crews=frozenset())
    if not person.has_role(*CREW_LEADS):
        return Reader(person.pk, sees_all=False, crews=frozenset())
    led = CrewLead.objects.in_office(days.local_day(now)).filter(person=person)
    return Reader(person.pk, sees_all=False, crews=frozenset(led.values_list("crew_id", flat=True)))


def items_concerning(items: QuerySet[AgendaItem], reader: Reader) -> QuerySet[AgendaItem]:
    """Items about the crews the reader leads; whole for who reads everything."""
    if reader.sees_all:
        return items
    own_projects = ImprovementProject.objects.filter(crews__in=reader.crews)
    of_all = ImprovementProject.objects.filter(crews__isnull=True)
    return items.filter(
        Q(revisit__order__crew__in=reader.crews)
        | Q(revisit__isnull=True, project__in=own_projects.values("pk"))
        | Q(kind__in=[ItemKind.EFFECT, ItemKind.PROJECT], project__in=of_all.values("pk"))
    )
