"""The KPI report of one viewer: per crew or centre, by day, month or year (domain §10)."""

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

from .periods import Period, PeriodUnit
from .queries import DaySpan, KpiNumbers, KpiScope, kpi_numbers
from .rules import (
    IndexPart,
    KpiTally,
    ServiceIndex,
    TargetValues,
    service_index,
    state_of,
    sum_tallies,
    trend_of,
)
from .targets import TargetsByMonth

KpiTallies = dict[Kpi, KpiTally]
ALIKE, ALIKE_POINTS = Fraction(5, 10_000), Fraction(5, 1_000)
"""Half of the last digit shown: 0.1 % of rates, 0.01 of points."""


@dataclass(frozen=True)
class KpiReading:
    """One KPI: its value, the value of the previous period, and its target."""

    kpi: Kpi
    tally: KpiTally
    before: KpiTally
    target: TargetValues | None

    @property
    def value(self) -> Fraction | None:
        return self.tally.value

    @property
    def state(self) -> KpiState | None:
        return state_of(self.kpi, self.tally, self.target)

    @property
    def trend(self) -> Trend:
        """A change too small to be shown counts as no change."""
        if self.distance is not None and self.distance < (ALIKE_POINTS if self.is_points else ALIKE):
            return Trend.SAME
        return trend_of(self.kpi, self.value, self.before.value, self.target)

    @property
    def change(self) -> Fraction | None:
        """The value minus the value of the previous period."""
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
class KpiRow:
    """A reading with its part of the index; None: no index, no weight, or dropped without a denominator."""

    reading: KpiReading
    part: IndexPart | None
    is_dropped: bool


@dataclass(frozen=True)
class CrewReadings:
    """A crew's readings of the period; `index` in months only."""

    id: int
    name: str
    readings: list[KpiReading]
    index: ServiceIndex | None


@dataclass(frozen=True)
class CoursePoint:
    """One day or month in the chart of a KPI or of the index."""

    span: DaySpan
    reading: KpiReading
    index: ServiceIndex | None


@dataclass
class KpiReport:
    """The KPIs of a period for `viewer`; only `numbers` and `targets` query the database.

    `crew`: show this crew instead of the centre. A viewer who neither sees all nor leads a crew sees their own work.
    """

    viewer: Viewer
    period: Period
    now: datetime
    crew: int | None = None

    @cached_property
    def numbers(self) -> KpiNumbers:
        return KpiNumbers() if self.sees_nothing else kpi_numbers(self.scope)

    @property
    def scope(self) -> KpiScope:
        return KpiScope(
            self.period.needed,
            self.viewer,
            self.now,
            technician=self.viewer.technician if self.is_own else None,
            is_by_day=self.period.unit is PeriodUnit.DAY,
        )

    @cached_property
    def targets(self) -> TargetsByMonth:
        return TargetsByMonth(KpiTarget.objects.filter(begins_on__lte=self.period.last))

    # --- Visibility -------------------------------------------------------------------------------

    @property
    def is_own(self) -> bool:
        """Whether the viewer sees only their own work as a technician."""
        return not self.viewer.sees_all and not self.viewer.led_crews

    @property
    def sees_nothing(self) -> bool:
        return self.is_own and not self.viewer.technician

    def sees_crew(self, crew: int) -> bool:
        return self.viewer.sees_all or crew in self.viewer.led_crews

    @property
    def may_open_all(self) -> bool:
        """Whether the viewer may see the orders behind the totals."""
        return self.viewer.sees_all or self.is_own or self.crew is not None

    @property
    def kpis(self) -> list[Kpi]:
        return [kpi for kpi in Kpi if not self.is_own or kpi in PERSONAL_KPIS]

    @cached_property
    def crews(self) -> list[tuple[int, str]]:
        """Crews with numbers in the spans of the report that the viewer may open; by name."""
        if self.is_own:
            return []
        named = [(pk, name) for pk, name in self.numbers.crews.items() if self.sees_crew(pk)]
        return sorted(named, key=lambda one: one[1])

    @property
    def crew_name(self) -> str:
        return self.numbers.crews.get(self.crew or 0, "")

    @property
    def state(self) -> MonthState:
        """Settled when every month of the period is settled."""
        months = {span.first.replace(day=1) for span in self.period.spans}
        return MonthState.SETTLED if months <= self.numbers.settled else MonthState.PROVISIONAL

    # --- Numbers ----------------------------------------------------------------------------------

    def tallies(self, spans: Iterable[DaySpan], crew: int | None) -> KpiTallies:
        """Returns the sums of one crew, or of all crews."""
        firsts = {span.first for span in spans}
        return sum_tallies(
            own
            for key, own in self.numbers.tallies.items()
            if key.span in firsts and (crew is None or key.crew == crew)
        )

    def readings_of(self, crew: int | None) -> list[KpiReading]:
        now, before = self.tallies(self.period.spans, crew), self.tallies(self.period.before, crew)
        targets = self.targets(self.period.last)
        return [
            KpiReading(kpi, now.get(kpi, KpiTally()), before.get(kpi, KpiTally()), targets.get(kpi))
            for kpi in self.kpis
        ]

    @property
    def has_index(self) -> bool:
        """Days and technicians have no index."""
        return not self.is_own and self.period.unit is not PeriodUnit.DAY

    def index_of(self, spans: Sequence[DaySpan], crew: int | None) -> ServiceIndex | None:
        """Returns the service index of one month; None for days, years and technicians."""
        if not self.has_index or len(spans) != 1:
            return None
        return service_index(self.tallies(spans, crew), self.targets(spans[0].first))

    @cached_property
    def readings(self) -> list[KpiReading]:
        """Readings of the chosen crew, the centre, or the viewer's own work."""
        return self.readings_of(self.crew)

    @cached_property
    def index(self) -> ServiceIndex | None:
        return self.index_of(self.period.spans, self.crew)

    @property
    def missed(self) -> list[KpiReading]:
        """Readings that missed their target."""
        return [one for one in self.readings if one.state == KpiState.MISSED]

    @property
    def reached(self) -> int:
        return self.measured - len(self.missed)

    @property
    def measured(self) -> int:
        """Number of KPIs with a value and a target."""
        return sum(1 for one in self.readings if one.state not in (None, KpiState.NO_DATA))

    @property
    def rows(self) -> list[KpiRow]:
        """The readings, each with its part of the index."""
        parts = {part.kpi: part for part in self.index.parts} if self.index else {}
        dropped = {kpi for kpi, _weight in self.index.dropped} if self.index else set()
        return [KpiRow(one, parts.get(one.kpi), one.kpi in dropped) for one in self.readings]

    @cached_property
    def lines(self) -> list[CrewReadings]:
        """Readings and index of each crew."""
        return [
            CrewReadings(pk, name, self.readings_of(pk), self.index_of(self.period.spans, pk))
            for pk, name in self.crews
        ]

    def course(self, kpi: Kpi) -> list[CoursePoint]:
        """Returns one KPI and the index, by day or month."""
        points, before = [], KpiTally()
        for span in self.period.course:
            tally = self.tallies([span], self.crew).get(kpi, KpiTally())
            reading = KpiReading(kpi, tally, before, self.targets(span.first).get(kpi))
            points.append(CoursePoint(span, reading, self.index_of([span], self.crew)))
            before = tally
        return points

    @cached_property
    def index_table(self) -> list[tuple[int, str, list[ServiceIndex | None]]]:
        """The index by crew and month of a year."""
        return [
            (pk, name, [self.index_of([span], pk) for span in self.period.spans]) for pk, name in self.crews
        ]
