"""Read access to meetings and projects: all of them, or those of the crews a person leads (domain §12)."""

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
"""Roles that plan meetings, decide in them and run projects."""
READERS_OF_ALL = (*RUNNERS, Role.LEAD, Role.ADMIN)
READERS = (*READERS_OF_ALL, *CREW_LEADS)


@dataclass(frozen=True)
class ImprovementViewer:
    """Access of one person. `crews`: ids of the crews the person leads today."""

    person: int
    sees_all: bool
    crews: frozenset[int]

    @property
    def sees_nothing(self) -> bool:
        return not (self.sees_all or self.crews)


def improvement_viewer(person: User, *, now: datetime) -> ImprovementViewer:
    """Returns the access of `person`. One query for crew leads, none for others. Deputies always read."""
    if person.has_role(*READERS_OF_ALL):
        return ImprovementViewer(person.pk, sees_all=True, crews=frozenset())
    if not person.has_role(*CREW_LEADS):
        return ImprovementViewer(person.pk, sees_all=False, crews=frozenset())
    led = CrewLead.objects.in_office(days.local_day(now)).filter(person=person)
    return ImprovementViewer(
        person.pk, sees_all=False, crews=frozenset(led.values_list("crew_id", flat=True))
    )


def items_concerning(items: QuerySet[AgendaItem], viewer: ImprovementViewer) -> QuerySet[AgendaItem]:
    """Returns the items about the viewer's crews, or all items for a viewer who sees all."""
    if viewer.sees_all:
        return items
    own_projects = ImprovementProject.objects.filter(crews__in=viewer.crews)
    of_all = ImprovementProject.objects.filter(crews__isnull=True)
    return items.filter(
        Q(revisit__order__crew__in=viewer.crews)
        | Q(revisit__isnull=True, project__in=own_projects.values("pk"))
        | Q(kind__in=[ItemKind.EFFECT, ItemKind.PROJECT], project__in=of_all.values("pk"))
    )
