"""Starts and ends terms of crew leads (domain §12; deputies act while the foreman is absent)."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q

from satisfaction.accounts.models import User
from satisfaction.core.history import set_change_author
from workorders.enums import LeadKind
from workorders.models import Crew, CrewLead, Technician, WorkOrder


def appoint(crew: Crew, person: User, *, kind: str, today: date, by: User | None) -> bool:
    """Makes `person` lead the crew from today, and no other crew in the same office.

    A crew has one foreman: the predecessor's term ends yesterday. It may have several deputies. Returns whether
    this is new.
    """
    with transaction.atomic():
        Crew.objects.select_for_update().get(pk=crew.pk)
        changed = end_all(person, kind=kind, today=today, by=by, besides=crew)
        if CrewLead.objects.not_over(today).filter(crew=crew, person=person, kind=kind).exists():
            return changed
        if kind == LeadKind.FOREMAN:
            for former in CrewLead.objects.not_over(today).filter(crew=crew, kind=kind):
                end_lead(former, today=today, by=by)
        lead = CrewLead(crew=crew, person=person, kind=kind, from_on=today)
        set_change_author(lead, by=by)
        lead.save()
    return True


def end_all(person: User, *, kind: str, today: date, by: User | None, besides: Crew | None = None) -> bool:
    """Ends the person's terms in this office, except for the crew `besides`.

    Returns whether there were any.
    """
    leads = CrewLead.objects.not_over(today).filter(person=person, kind=kind)
    ended = [lead for lead in leads if besides is None or lead.crew_id != besides.pk]
    for lead in ended:
        end_lead(lead, today=today, by=by)
    return bool(ended)


def end_lead(lead: CrewLead, *, today: date, by: User | None) -> None:
    """Sets yesterday as the last day. Deletes a term that begins today or later; its history stays."""
    set_change_author(lead, by=by)
    if lead.from_on >= today:
        lead.delete()
        return
    lead.to_on = today - timedelta(days=1)
    lead.save(update_fields=["to_on"])


def people_of_crew(order: WorkOrder) -> set[int]:
    """Returns the user ids of the crew's leads since the order was closed, its technicians, and the repairer.

    Two queries.
    """
    in_office = Q(to_on__isnull=True) | Q(to_on__gte=order.closed_on) if order.closed_on else Q()
    leads = CrewLead.objects.filter(in_office, crew=order.crew_id).values_list("person", flat=True)
    workers = Technician.objects.filter(Q(crew=order.crew_id) | Q(pk=order.technician_id), user__isnull=False)
    return {*leads, *workers.values_list("user", flat=True)}
