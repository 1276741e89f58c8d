"""From a KPI's number to the orders behind it, for viewers who may see them (domain §10, §12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import BooleanField, Case, QuerySet, Value, When

from evaluations.visibility import Viewer, orders_visible_to
from improvement.enums import DENOMINATORS, PERSONAL_KPIS, Bucket, Kpi
from satisfaction.calendars import days
from satisfaction.core.errors import Refused
from satisfaction.core.params import int_param
from workorders.models import Crew

from .orders import KpiBucket, orders_in_bucket
from .periods import months_in
from .queries import DaySpan, KpiScope, due_steps

MAX_DAYS = 366


@dataclass(frozen=True)
class Drilldown:
    """Selects rows by KPI, bucket, period and crew (None: all crews, or a technician's own orders)."""

    kpi: Kpi
    what: Bucket
    first: date
    last: date
    crew: Crew | None
    viewer: Viewer
    now: datetime

    @classmethod
    def from_query(cls, given: Mapping[str, Any], viewer: Viewer, *, now: datetime) -> Drilldown | None:
        """Reads the query string; None: it is malformed, or the viewer may not see the rows."""
        kpi, what = given.get("kpi", ""), given.get("what", Bucket.DENOMINATOR)
        if kpi not in Kpi or what not in Bucket:
            return None
        try:
            first, last = days.parse_day(given.get("first", "")), days.parse_day(given.get("last", ""))
        except Refused:
            return None
        if not date(2002, 1, 1) <= first <= last or (last - first).days >= MAX_DAYS:
            return None
        crew = find_crew(given.get("crew", ""))
        drilldown = cls(Kpi(kpi), Bucket(what), first, last, crew, viewer, now)
        return drilldown if drilldown.is_allowed and bool(given.get("crew")) == bool(crew) else None

    @property
    def is_own(self) -> bool:
        """Whether the viewer sees only their own work as a technician."""
        return not self.viewer.sees_all and not self.viewer.led_crews

    @property
    def is_allowed(self) -> bool:
        if self.viewer.sees_all:
            return True
        if self.is_own:
            return bool(self.viewer.technician and not self.crew and self.kpi in PERSONAL_KPIS)
        return self.crew is not None and self.crew.pk in self.viewer.led_crews

    @property
    def scope(self) -> KpiScope:
        """The same spans as in the report: one day, or whole months."""
        is_day = self.first == self.last
        spans = (DaySpan(self.first, self.last),) if is_day else months_in(self.first, self.last)
        own = self.viewer.technician if self.is_own else None
        return KpiScope(spans, self.viewer, self.now, technician=own, is_by_day=is_day)

    @property
    def explained(self) -> str:
        return str(DENOMINATORS[self.kpi])


def find_crew(text: str) -> Crew | None:
    pk = int_param(text)
    return None if pk is None else Crew.objects.filter(pk=pk).first()


def drilldown_rows(drilldown: Drilldown) -> QuerySet[Any]:
    """Returns orders by closing time, annotated `may_open` (the viewer may see the order); for steps, steps."""
    crew = drilldown.crew.pk if drilldown.crew else None
    if drilldown.kpi == Kpi.STEPS:
        return drilldown_steps(drilldown, crew)
    found = orders_in_bucket(drilldown.scope, KpiBucket(drilldown.kpi, drilldown.what), crew)
    visible: Any = Value(True, BooleanField())
    if not drilldown.viewer.sees_all:
        mine = orders_visible_to(drilldown.viewer, now=drilldown.now).values("pk")
        visible = Case(When(pk__in=mine, then=True), default=False, output_field=BooleanField())
    found = found.annotate(may_open=visible)
    return found.select_related("crew", "technician", "repeat_of").order_by("closed_at", "number")


def drilldown_steps(drilldown: Drilldown, crew: int | None) -> QuerySet[Any]:
    found = due_steps(drilldown.scope).select_related("project", "crew", "who").order_by("due_on", "pk")
    if drilldown.what in (Bucket.NUMERATOR, Bucket.MISSED):
        found = found.filter(is_in_time=drilldown.what == Bucket.NUMERATOR)
    if drilldown.what == Bucket.OUTSIDE:
        found = found.none()
    return found.filter(crew=crew) if crew else found
