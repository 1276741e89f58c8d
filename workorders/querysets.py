"""Questions about orders and crews, in the words of the domain."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, Max, Min, Q

from .enums import Channel, Kind

if TYPE_CHECKING:
    from .models import CrewLead, WorkOrder  # noqa: F401


class CrewLeadQuerySet(models.QuerySet["CrewLead"]):
    def in_office(self, day: date) -> CrewLeadQuerySet:
        """Leads whose time covers the day."""
        return self.filter(from_on__lte=day).filter(Q(to_on__isnull=True) | Q(to_on__gte=day))

    def not_over(self, day: date) -> CrewLeadQuerySet:
        """Leads in office on the day or later."""
        return self.filter(Q(to_on__isnull=True) | Q(to_on__gte=day))


COMPLETE = (
    Q(crew__isnull=False) & Q(technician__isnull=False) & ~Q(reporter_phone="") & ~Q(kind="") & ~Q(channel="")
)


class WorkOrderQuerySet(models.QuerySet["WorkOrder"]):
    def closed_on(self, day: date) -> WorkOrderQuerySet:
        return self.filter(closed_on=day)

    def closed_between(self, first: date, last: date) -> WorkOrderQuerySet:
        """Closed from `first` to `last`, both days included."""
        return self.filter(closed_on__range=(first, last))

    def ids_closed_between(self, first: date, last: date) -> tuple[int, int]:
        """The smallest and the largest id among them; (0, 0) where there are none. One query, from the index."""
        # Counted too: for the smallest id alone PostgreSQL walks through all ids until one fits.
        ids = self.closed_between(first, last).aggregate(least=Min("pk"), most=Max("pk"), n=Count("pk"))
        return ids["least"] or 0, ids["most"] or 0

    def complete(self) -> WorkOrderQuerySet:
        return self.filter(COMPLETE)

    def incomplete(self) -> WorkOrderQuerySet:
        """Lacks crew, technician, phone, kind or channel (§3), whether or not it would be in scope."""
        return self.filter(~COMPLETE)

    def in_scope(self) -> WorkOrderQuerySet:
        """Closed, complete fault orders from the central repair phone, no duplicates (§3)."""
        return self.complete().filter(
            closed_at__isnull=False, kind=Kind.FAULT, channel=Channel.HOTLINE, duplicate_of__isnull=True
        )

    def faults(self) -> WorkOrderQuerySet:
        """Fault orders of a crew, whatever their channel: what repeat repairs are measured by (domain §3)."""
        return self.filter(crew__isnull=False, kind=Kind.FAULT, duplicate_of__isnull=True)

    def of_crews(self, crews: object) -> WorkOrderQuerySet:
        return self.filter(crew__in=crews)

    def by_closing(self) -> WorkOrderQuerySet:
        """The order of the daily fault workbook (§11)."""
        return self.order_by("closed_at", "number")

    def with_people(self) -> WorkOrderQuerySet:
        return self.select_related("crew", "technician")
