"""Questions about orders and crews, in the words of the domain."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Count, F, Max, Min, Q, Window
from django.db.models.functions import Lag, Lead, TruncMinute

from .enums import Channel, Kind
from .rules.near_identical import NEAR

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

    def keep_first_versions(self) -> None:
        """Stores the orders as they stand as the first row of their history, where they have none.

        Call it before a change: an import stores no history, so that the first change would have nothing to compare
        with. Two queries, three where something is missing.
        """
        orders = list(self)
        history = self.model.history  # type: ignore[attr-defined]
        known = set(history.filter(id__in=[order.pk for order in orders]).values_list("id", flat=True))
        first = [order for order in orders if order.pk not in known]
        for order in first:
            order._history_date = order.received_at  # type: ignore[attr-defined]
            order._history_user = None  # type: ignore[attr-defined]
        history.bulk_history_create(first, batch_size=500)

    def near_identical(self) -> WorkOrderQuerySet:
        """Orders among these that look like one job in parts; the rules are those of `rules.near_identical`."""
        closed = self.filter(closed_at__isnull=False)
        minute: list[Any] = [F("technician"), TruncMinute("closed_at"), F("equipment"), F("fault")]
        same_minute = (
            closed.filter(technician__isnull=False)
            .exclude(fault="")
            .annotate(beside=Window(Count("pk"), partition_by=minute))
        )
        job: dict[str, Any] = {
            "partition_by": [F("reporter_phone_key"), F("equipment"), F("fault")],
            "order_by": [F("closed_at"), F("pk")],
        }
        told = closed.exclude(reporter_phone_key="").exclude(fault="")
        same_text = told.annotate(
            since=F("closed_at") - Window(Lag("closed_at"), **job),
            until=Window(Lead("closed_at"), **job) - F("closed_at"),
        ).filter(Q(since__lte=NEAR) | Q(until__lte=NEAR))
        same = same_minute.filter(beside__gt=1)
        return self.filter(Q(pk__in=same.values("pk")) | Q(pk__in=same_text.values("pk")))

    def of_crews(self, crews: object) -> WorkOrderQuerySet:
        return self.filter(crew__in=crews)

    def by_closing(self) -> WorkOrderQuerySet:
        """The order of the daily fault workbook (§11)."""
        return self.order_by("closed_at", "number")

    def with_people(self) -> WorkOrderQuerySet:
        return self.select_related("crew", "technician")
