"""Service KPIs as one reader may see them: per crew, centre, day, month and year (二, §10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from fractions import Fraction
from functools import cached_property

from evaluations.querysets.visibility import Viewer
from satisfaction.calendars import days

from ..enums import DIRECTIONS, LIVE_KPIS, PERSONAL_KPIS, Direction, Kpi, KpiState, Trend
from ..models import KpiTarget, TargetBook
from ..querysets.kpis import KpiNumbers, Scope, Span, kpi_numbers
from ..rules.kpis import Index, Tally, Target, added, service_index, state_of, trend_of

DAYS_BACK, MONTHS_BACK = 14, 12
"""How many days or months stand beside one another in the course of a KPI, the chosen one included."""
Tallies = dict[Kpi, Tally]


class Unit(Enum):
    DAY = "day"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True)
class Period:
    """What is looked at: `spans` (days or months) make it up, `before` the one it is compared with."""

    unit: Unit
    spans: tuple[Span, ...]
    before: tuple[Span, ...]
    course: tuple[Span, ...]
    """What the chart shows, the last one being the latest."""

    @property
    def first(self) -> date:
        return self.spans[0].first

    @property
    def last(self) -> date:
        return self.spans[-1].last

    @property
    def needed(self) -> tuple[Span, ...]:
        return tuple(sorted({*self.spans, *self.before, *self.course}))


def month_span(month: date) -> Span:
    return Span(month, days.last_of_month(month))


def months_back(month: date, count: int) -> tuple[Span, ...]:
    """`count` months, the last one being `month`."""
    months = [month]
    while len(months) < count:
        months.append(days.previous_month(months[-1]))
    return tuple(month_span(one) for one in reversed(months))


def period_of(unit: Unit, day: date, *, today: date) -> Period:
    """The day, month or year of `day`, with what stands before it. A year goes up to the month of `today`."""
    if unit is Unit.DAY:
        course = tuple(Span(one, one) for one in days.days_between(day - timedelta(days=DAYS_BACK - 1), day))
        return Period(unit, course[-1:], course[-2:-1], course)
    if unit is Unit.MONTH:
        course = months_back(days.first_of_month(day), MONTHS_BACK)
        return Period(unit, course[-1:], course[-2:-1], course)
    both = months_back(day.replace(month=12, day=1), 24)
    before, year = both[:12], tuple(span for span in both[12:] if span.first <= today)
    return Period(unit, year, before, year)


@dataclass(frozen=True)
class Reading:
    """One KPI: what it is now, what it was before, and what it should be."""

    kpi: Kpi
    tally: Tally
    before: Tally
    target: Target | None

    @property
    def value(self) -> Fraction | None:
        return self.tally.value

    @property
    def state(self) -> KpiState | None:
        return state_of(self.kpi, self.tally, self.target)

    @property
    def trend(self) -> Trend:
        return trend_of(self.kpi, self.value, self.before.value, self.target)

    @property
    def change(self) -> Fraction | None:
        """Value now less value before."""
        if self.value is None or self.before.value is None:
            return None
        return self.value - self.before.value

    @property
    def distance(self) -> Fraction | None:
        return None if self.change is None else abs(self.change)

    @property
    def direction(self) -> Direction:
        return DIRECTIONS[self.kpi]

    @property
    def is_points(self) -> bool:
        return self.kpi == Kpi.POINTS

    @property
    def is_live(self) -> bool:
        return self.kpi in LIVE_KPIS


@dataclass(frozen=True)
class CrewLine:
    """A crew's readings of the period; `index` of a month only."""

    id: int
    name: str
    readings: list[Reading]
    index: Index | None


@dataclass(frozen=True)
class Moment:
    """One day or month in the course of a KPI, or of the index."""

    span: Span
    reading: Reading
    index: Index | None


@dataclass
class Report:
    """The KPIs of a period for `viewer`; asks the database in `numbers` and `targets` alone.

    `crew`: that crew's instead of the centre's. Who is neither everybody's nor a crew's reader sees the own ones.
    """

    viewer: Viewer
    period: Period
    now: datetime
    crew: int | None = None

    @cached_property
    def numbers(self) -> KpiNumbers:
        return KpiNumbers() if self.sees_nothing else kpi_numbers(self.scope)

    @property
    def scope(self) -> Scope:
        return Scope(
            self.period.needed,
            self.viewer,
            self.now,
            technician=self.viewer.technician if self.is_own else None,
            is_by_day=self.period.unit is Unit.DAY,
        )

    @cached_property
    def targets(self) -> TargetBook:
        return TargetBook(KpiTarget.objects.filter(begins_on__lte=self.period.last))

    # --- Who sees what ----------------------------------------------------------------------------

    @property
    def is_own(self) -> bool:
        """A technician's own work."""
        return not self.viewer.sees_all and not self.viewer.led_crews

    @property
    def sees_nothing(self) -> bool:
        return self.is_own and not self.viewer.technician

    def sees_crew(self, crew: int) -> bool:
        return self.viewer.sees_all or crew in self.viewer.led_crews

    @property
    def may_open_all(self) -> bool:
        """Whether the orders behind the totals are the viewer's to see."""
        return self.viewer.sees_all or self.is_own or self.crew is not None

    @property
    def kpis(self) -> list[Kpi]:
        return [kpi for kpi in Kpi if not self.is_own or kpi in PERSONAL_KPIS]

    @cached_property
    def crews(self) -> list[tuple[int, str]]:
        """Crews with numbers in the period or beside it, that the viewer may open; by name."""
        if self.is_own:
            return []
        named = [(pk, name) for pk, name in self.numbers.crews.items() if self.sees_crew(pk)]
        return sorted(named, key=lambda one: one[1])

    @property
    def crew_name(self) -> str:
        return self.numbers.crews.get(self.crew or 0, "")

    # --- Numbers ----------------------------------------------------------------------------------

    def tallies(self, spans: Iterable[Span], crew: int | None) -> Tallies:
        """Of the crew, or of everybody together."""
        firsts = {span.first for span in spans}
        return added(
            own
            for cell, own in self.numbers.tallies.items()
            if cell.span in firsts and (crew is None or cell.crew == crew)
        )

    def readings_of(self, crew: int | None) -> list[Reading]:
        now, before = self.tallies(self.period.spans, crew), self.tallies(self.period.before, crew)
        return self.told(now, before, self.targets(self.period.last))

    def told(self, now: Tallies, before: Tallies, targets: dict[Kpi, Target]) -> list[Reading]:
        return [
            Reading(kpi, now.get(kpi, Tally()), before.get(kpi, Tally()), targets.get(kpi))
            for kpi in self.kpis
        ]

    def index_of(self, spans: Sequence[Span], crew: int | None) -> Index | None:
        """The service index of one month; a day, a year and a technician have none."""
        if self.is_own or self.period.unit is Unit.DAY or len(spans) != 1:
            return None
        return service_index(self.tallies(spans, crew), self.targets(spans[0].first))

    @cached_property
    def readings(self) -> list[Reading]:
        """What the page is about: the crew chosen, the centre, or the own work."""
        return self.readings_of(self.crew)

    @cached_property
    def index(self) -> Index | None:
        return self.index_of(self.period.spans, self.crew)

    @cached_property
    def lines(self) -> list[CrewLine]:
        """Crew by crew."""
        return [
            CrewLine(pk, name, self.readings_of(pk), self.index_of(self.period.spans, pk))
            for pk, name in self.crews
        ]

    def course(self, kpi: Kpi) -> list[Moment]:
        """One KPI and the index, day by day or month by month."""
        moments, before = [], Tally()
        for span in self.period.course:
            tally = self.tallies([span], self.crew).get(kpi, Tally())
            reading = Reading(kpi, tally, before, self.targets(span.first).get(kpi))
            moments.append(Moment(span, reading, self.index_of([span], self.crew)))
            before = tally
        return moments

    @cached_property
    def index_table(self) -> list[tuple[int, str, list[Index | None]]]:
        """Of a year: the index by crew and month."""
        return [
            (pk, name, [self.index_of([span], pk) for span in self.period.spans]) for pk, name in self.crews
        ]
