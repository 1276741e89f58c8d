"""The way from a KPI's number down to its orders, for who may see them (§10, §12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import BooleanField, Case, QuerySet, Value, When

from evaluations.visibility import Viewer, orders_visible_to
from improvement.enums import DENOMINATORS, PERSONAL_KPIS, Behind, Kpi
from satisfaction.calendars import days
from satisfaction.core.errors import Refused
from workorders.models import Crew

from .orders import Which, orders_behind
from .periods import months_in
from .queries import Scope, Span, steps_behind

LONGEST_DAYS = 366


@dataclass(frozen=True)
class Question:
    """Which rows: of a KPI, in a period, of a crew (None: of all, or a technician's own)."""

    kpi: Kpi
    what: Behind
    first: date
    last: date
    crew: Crew | None
    viewer: Viewer
    now: datetime

    @classmethod
    def asked(cls, given: Mapping[str, Any], viewer: Viewer, *, now: datetime) -> Question | None:
        """From an address; None: it makes no sense, or asks for what the viewer may not know of."""
        kpi, what = given.get("kpi", ""), given.get("what", Behind.OF)
        if kpi not in Kpi or what not in Behind:
            return None
        try:
            first, last = days.parse_day(given.get("first", "")), days.parse_day(given.get("last", ""))
        except Refused:
            return None
        if not date(2002, 1, 1) <= first <= last or (last - first).days >= LONGEST_DAYS:
            return None
        crew = crew_of(given.get("crew", ""))
        question = cls(Kpi(kpi), Behind(what), first, last, crew, viewer, now)
        return question if question.is_allowed and bool(given.get("crew")) == bool(crew) else None

    @property
    def is_own(self) -> bool:
        """A technician's own work."""
        return not self.viewer.sees_all and not self.viewer.led_crews

    @property
    def is_allowed(self) -> bool:
        if self.viewer.sees_all:
            return True
        if self.is_own:
            return bool(self.viewer.technician and not self.crew and self.kpi in PERSONAL_KPIS)
        return self.crew is not None and self.crew.pk in self.viewer.led_crews

    @property
    def scope(self) -> Scope:
        """A day, or whole months: as the report counts them."""
        is_day = self.first == self.last
        spans = (Span(self.first, self.last),) if is_day else months_in(self.first, self.last)
        own = self.viewer.technician if self.is_own else None
        return Scope(spans, self.viewer, self.now, technician=own, is_by_day=is_day)

    @property
    def explained(self) -> str:
        return str(DENOMINATORS[self.kpi])


def crew_of(text: str) -> Crew | None:
    return Crew.objects.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 18 else None


def rows_behind(question: Question) -> QuerySet[Any]:
    """Orders by closing time, `may_open` where the viewer may know of the order itself; of the steps: steps."""
    crew = question.crew.pk if question.crew else None
    if question.kpi == Kpi.STEPS:
        return steps(question, crew)
    found = orders_behind(question.scope, Which(question.kpi, question.what), crew)
    visible: Any = Value(True, BooleanField())
    if not question.viewer.sees_all:
        mine = orders_visible_to(question.viewer, now=question.now).values("pk")
        visible = Case(When(pk__in=mine, then=True), default=False, output_field=BooleanField())
    found = found.annotate(may_open=visible)
    return found.select_related("crew", "technician", "repeat_of").order_by("closed_at", "number")


def steps(question: Question, crew: int | None) -> QuerySet[Any]:
    found = steps_behind(question.scope).select_related("project", "crew", "who").order_by("due_on", "pk")
    if question.what in (Behind.COUNTED, Behind.MISSED):
        found = found.filter(is_in_time=question.what == Behind.COUNTED)
    if question.what == Behind.OUTSIDE:
        found = found.none()
    return found.filter(crew=crew) if crew else found
