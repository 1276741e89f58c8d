"""Orders to rate by person (domain §4): the rule of `rules.who_rates` as queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

from django.db.models import BooleanField, Case, Count, Exists, OuterRef, Q, QuerySet, Value, When

from evaluations.models import SelfEvaluation, Settlement
from evaluations.visibility import crew_sees_result
from satisfaction.accounts.models import Absence
from satisfaction.calendars import days
from workorders.enums import LeadKind
from workorders.models import Crew, CrewLead, WorkOrder
from workorders.models.orders import WorkOrderQuerySet

from .rules import LeadToday, RatingFacts, deputies_rate, managers_rate_at_once

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

LeadsByCrew = Mapping[int, tuple[LeadToday, ...]]


class Presence(TypedDict):
    is_present: bool


PresentLead: TypeAlias = "WithAnnotations[CrewLead, Presence]"


class Lateness(TypedDict):
    is_late: bool


OrderToRate: TypeAlias = "WithAnnotations[WorkOrder, Lateness]"


class RatingCounts(TypedDict):
    """Number of orders to rate (待评), and of late ones among them (逾期)."""

    to_rate: int
    late: int


def leads_in_office(day: date) -> QuerySet[PresentLead]:
    """Returns active crew leads on the day. `is_present`: not absent by the roster."""
    absent = Absence.objects.filter(person=OuterRef("person")).covering(day)
    return CrewLead.objects.in_office(day).filter(person__is_active=True).annotate(is_present=~Exists(absent))


def leads_by_crew(day: date, crews: Any = None) -> LeadsByCrew:
    """Returns the leads by crew id. One query."""
    leads = leads_in_office(day)
    if crews is not None:
        leads = leads.filter(crew__in=crews)
    found: defaultdict[int, tuple[LeadToday, ...]] = defaultdict(tuple)
    for crew, person, kind, is_present in leads.values_list("crew_id", "person_id", "kind", "is_present"):
        found[crew] += (LeadToday(person, is_foreman=kind == LeadKind.FOREMAN, is_present=is_present),)
    return found


def crews_without_lead(day: date) -> QuerySet[Crew]:
    """Returns active crews without a present foreman or deputy, for the admin's home page."""
    able = leads_in_office(day).filter(crew=OuterRef("pk"), is_present=True)
    return Crew.objects.filter(~Exists(able), is_active=True).order_by("name")


def settled_ranges() -> list[tuple[date, date]]:
    """Returns first and last closing days of consecutive settled months. One query."""
    ranges: list[tuple[date, date]] = []
    for month in Settlement.objects.in_force().order_by("month").values_list("month", flat=True):
        is_next = ranges and ranges[-1][1] + timedelta(days=1) == month
        first = ranges.pop()[0] if is_next else month
        ranges.append((first, days.last_of_month(month)))
    return ranges


def awaiting_self_evaluation() -> WorkOrderQuerySet:
    """Returns orders in scope, with a deadline, not taken out, not in a settled month, and not rated."""
    orders = WorkOrder.objects.in_scope().filter(
        due_at__isnull=False, self_evaluation__isnull=True, taken_out__isnull=True
    )
    for first, last in settled_ranges():
        orders = orders.exclude(closed_on__range=(first, last))
    return orders


def orders_to_rate(person: int, *, now: datetime) -> WorkOrderQuerySet:
    """Returns the orders `person` has to rate today as foreman or deputy. Three queries for any number of crews."""
    today = days.local_day(now)
    led = CrewLead.objects.in_office(today).filter(person=person).values("crew")
    mine = _led_by(person, leads_by_crew(today, led))
    return awaiting_self_evaluation().filter(mine).exclude(technician__user=person)


def orders_to_rate_in_place(person: int, *, now: datetime) -> WorkOrderQuerySet:
    """Returns the orders a manager may rate in place today: from the day of D+2 on, or at once (domain §4.2)."""
    today = days.local_day(now)
    leads = leads_by_crew(today)
    may = Q(last_due_at__lt=days.start_of_day(today + timedelta(days=1))) | _nobody_of_the_crew(leads)
    orders = awaiting_self_evaluation().filter(may).exclude(_led_by(person, leads))
    return orders.exclude(technician__user=person).exclude(callback__caller=person)


def _led_by(person: int, leads: LeadsByCrew) -> Q:
    """Returns the condition for orders that `person` rates as foreman, or as deputy in the foreman's place."""
    mine = Q(pk__in=[])
    for crew, of_crew in leads.items():
        kinds = {lead.is_foreman for lead in of_crew if lead.person == person}
        if True in kinds or (kinds and deputies_rate(RatingFacts(of_crew))):
            mine |= Q(crew=crew)
        elif kinds:
            concerned = [
                lead.person for lead in of_crew if deputies_rate(RatingFacts(of_crew, technician=lead.person))
            ]
            mine |= Q(crew=crew, technician__user__in=concerned)
    return mine


def _nobody_of_the_crew(leads: LeadsByCrew) -> Q:
    """Returns the condition for orders repaired by a lead, in crews without another lead able to rate."""
    found = Q(pk__in=[])
    for crew, of_crew in leads.items():
        for lead in of_crew:
            if managers_rate_at_once(RatingFacts(of_crew, technician=lead.person)):
                found |= Q(crew=crew, technician__user=lead.person)
    return found


def late_first(orders: WorkOrderQuerySet, *, now: datetime) -> WorkOrderQuerySet[OrderToRate]:
    """Adds `is_late` and the related rows of a card; sorts late orders first, then by closing time."""
    late = Case(When(due_at__lt=now, then=True), default=Value(False), output_field=BooleanField())
    return orders.annotate(is_late=late).with_people().order_by("-is_late", "closed_at", "number")


def following_orders(
    orders: WorkOrderQuerySet[OrderToRate], last: WorkOrder, *, now: datetime
) -> WorkOrderQuerySet[OrderToRate]:
    """Returns the orders after `last` in the order of `late_first`; orders rated meanwhile leave no gap."""
    later = Q(closed_at__gt=last.closed_at) | Q(closed_at=last.closed_at, number__gt=last.number)
    is_late = last.due_at is not None and last.due_at < now
    return orders.filter(later | Q(is_late=False) if is_late else later & Q(is_late=False))


def rating_counts(orders: QuerySet[WorkOrder], *, now: datetime) -> RatingCounts:
    """Returns the number of orders and of late ones. One query."""
    found = orders.order_by().aggregate(to_rate=Count("pk"), late=Count("pk", filter=Q(due_at__lt=now)))
    return RatingCounts(to_rate=found["to_rate"], late=found["late"])


def correctable_by(person: int, *, since: datetime, now: datetime) -> QuerySet[SelfEvaluation]:
    """Returns self-evaluations by `person` since `since` that may still be corrected by their author."""
    seen = WorkOrder.objects.filter(crew_sees_result(now), pk=OuterRef("order"))
    mine = SelfEvaluation.objects.filter(~Exists(seen), rated_by=person, rated_at__gte=since)
    for first, last in settled_ranges():
        mine = mine.exclude(order__closed_on__range=(first, last))
    return mine.select_related("order__crew", "order__technician").order_by("-rated_at")
