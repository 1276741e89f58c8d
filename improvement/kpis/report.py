"""Service KPIs as one reader may see them: per crew, centre, day, month and year (二, §10)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property

from evaluations.enums import MonthState
from evaluations.visibility import Viewer
from improvement.enums import (
    DENOMINATORS,
    DIRECTIONS,
    LIVE_KPIS,
    PERSONAL_KPIS,
    SHORT_NAMES,
    Direction,
    Kpi,
    KpiState,
    Trend,
)
from improvement.models import KpiTarget

from .periods import Period, Unit
from .queries import KpiNumbers, Scope, Span, kpi_numbers
from .rules import Index, Part, Tally, Target, added, service_index, state_of, trend_of
from .targets import TargetsByMonth

Tallies = dict[Kpi, Tally]
ALIKE, ALIKE_POINTS = Fraction(5, 10_000), Fraction(5, 1_000)
"""Half of the last digit that is shown: of a rate 0.1 %, of points 0.01."""


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
        """What would be shown as no change is none."""
        if self.distance is not None and self.distance < (ALIKE_POINTS if self.is_points else ALIKE):
            return Trend.SAME
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
    def name(self) -> str:
        return str(self.kpi.label)

    @property
    def short_name(self) -> str:
        return str(SHORT_NAMES[self.kpi])

    @property
    def explained(self) -> str:
        return str(DENOMINATORS[self.kpi])

    @property
    def is_live(self) -> bool:
        return self.kpi in LIVE_KPIS


@dataclass(frozen=True)
class Row:
    """A reading with its part in the index; None: no index, no weight, or dropped for want of a denominator."""

    reading: Reading
    part: Part | None
    is_dropped: bool


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
    def targets(self) -> TargetsByMonth:
        return TargetsByMonth(KpiTarget.objects.filter(begins_on__lte=self.period.last))

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

    @property
    def state(self) -> MonthState:
        """Settled when every month of the period is."""
        months = {span.first.replace(day=1) for span in self.period.spans}
        return MonthState.SETTLED if months <= self.numbers.settled else MonthState.PROVISIONAL

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

    @property
    def has_index(self) -> bool:
        """A day and a technician have none."""
        return not self.is_own and self.period.unit is not Unit.DAY

    def index_of(self, spans: Sequence[Span], crew: int | None) -> Index | None:
        """The service index of one month; a day, a year and a technician have none."""
        if not self.has_index or len(spans) != 1:
            return None
        return service_index(self.tallies(spans, crew), self.targets(spans[0].first))

    @cached_property
    def readings(self) -> list[Reading]:
        """What the page is about: the crew chosen, the centre, or the own work."""
        return self.readings_of(self.crew)

    @cached_property
    def index(self) -> Index | None:
        return self.index_of(self.period.spans, self.crew)

    @property
    def missed(self) -> list[Reading]:
        """What did not reach its target."""
        return [one for one in self.readings if one.state == KpiState.MISSED]

    @property
    def reached(self) -> int:
        return self.measured - len(self.missed)

    @property
    def measured(self) -> int:
        """How many KPIs have a value and a target."""
        return sum(1 for one in self.readings if one.state not in (None, KpiState.NO_DATA))

    @property
    def rows(self) -> list[Row]:
        """The readings, each with what it gives to the index."""
        parts = {part.kpi: part for part in self.index.parts} if self.index else {}
        dropped = {kpi for kpi, _weight in self.index.dropped} if self.index else set()
        return [Row(one, parts.get(one.kpi), one.kpi in dropped) for one in self.readings]

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
