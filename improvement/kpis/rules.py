"""Values and states of the service KPIs, and the weighted service index (domain §10). Pure, in exact fractions.

A rate is numerator ÷ denominator (0 … 1); the mean points are points ÷ orders (12 … 20); targets use the same unit.
Without a denominator there is no value, and the KPI is not part of the index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from improvement.enums import DIRECTIONS, Direction, Kpi, KpiState, Trend

AT_TARGET, AT_STRETCH = Fraction(80), Fraction(100)
"""Index points of a value at its target, and at its stretch value or better."""


@dataclass(frozen=True)
class KpiTally:
    """Numerator `counted`, denominator `of`; `outside`: not countable without a time or an answer."""

    counted: int = 0
    of: int = 0
    outside: int = 0

    def __add__(self, other: KpiTally) -> KpiTally:
        return KpiTally(self.counted + other.counted, self.of + other.of, self.outside + other.outside)

    @property
    def value(self) -> Fraction | None:
        return Fraction(self.counted, self.of) if self.of else None

    @property
    def missed(self) -> int:
        return self.of - self.counted


@dataclass(frozen=True)
class TargetValues:
    """Target, stretch value (for Direction.NEAR the distance allowed) and weight of a KPI."""

    target: Fraction
    stretch: Fraction
    weight: Fraction


def state_of(kpi: Kpi, tally: KpiTally, target: TargetValues | None) -> KpiState | None:
    """Returns the state of the value; None: the month has no target."""
    value = tally.value
    if value is None:
        return KpiState.NO_DATA
    if target is None:
        return None
    direction = DIRECTIONS[kpi]
    if direction == Direction.NEAR:
        return KpiState.TARGET if is_near(tally, target) else KpiState.MISSED
    if reaches(direction, value, target.stretch):
        return KpiState.STRETCH
    return KpiState.TARGET if reaches(direction, value, target.target) else KpiState.MISSED


def reaches(direction: Direction, value: Fraction, goal: Fraction) -> bool:
    return value <= goal if direction == Direction.LOWER else value >= goal


def is_near(tally: KpiTally, target: TargetValues) -> bool:
    """Whether the numerator is less than one order off (as in the draw, domain §5.1) or within the distance."""
    off = abs(tally.counted - target.target * tally.of)
    return off < 1 or off <= target.stretch * tally.of


def kpi_score(kpi: Kpi, tally: KpiTally, target: TargetValues) -> Fraction | None:
    """Returns 0 … 100 index points: 80 at the target, 100 from the stretch value on, linear in between.

    Below the target the points fall in proportion; a KPI with Direction.LOWER reaches 0 at twice its target.
    """
    value = tally.value
    if value is None:
        return None
    if DIRECTIONS[kpi] == Direction.NEAR:
        return AT_STRETCH if is_near(tally, target) else near_score(value, target)
    if reaches(DIRECTIONS[kpi], value, target.stretch):
        return AT_STRETCH
    if reaches(DIRECTIONS[kpi], value, target.target):
        way = (value - target.target) / (target.stretch - target.target)
        return AT_TARGET + way * (AT_STRETCH - AT_TARGET)
    if not target.target:
        return Fraction(0)
    part = value / target.target
    return AT_TARGET * max(Fraction(0), 2 - part if DIRECTIONS[kpi] == Direction.LOWER else part)


def near_score(value: Fraction, target: TargetValues) -> Fraction:
    """Returns points that fall with the excess over the distance allowed, to 0 at one whole target."""
    beyond = abs(value - target.target) - target.stretch
    return AT_STRETCH * max(Fraction(0), 1 - beyond / target.target) if target.target else Fraction(0)


@dataclass(frozen=True)
class IndexPart:
    """A KPI's part of the index: its weight, its share after rescaling, its points."""

    kpi: Kpi
    weight: Fraction
    share: Fraction
    score: Fraction

    @property
    def points(self) -> Fraction:
        return self.share * self.score


@dataclass(frozen=True)
class ServiceIndex:
    """The service index, 0 … 100; None: no KPI had a denominator. `dropped`: KPIs without one, with weights."""

    value: Fraction | None
    parts: tuple[IndexPart, ...] = ()
    dropped: tuple[tuple[Kpi, Fraction], ...] = ()

    @property
    def weight(self) -> Fraction:
        """Sum of the remaining weights; a share is a weight ÷ this sum."""
        return sum((part.weight for part in self.parts), Fraction(0))


def service_index(tallies: Mapping[Kpi, KpiTally], targets: Mapping[Kpi, TargetValues]) -> ServiceIndex:
    """Returns the weighted mean of the scores. KPIs without denominator drop out (domain §10.3)."""
    weighed = [kpi for kpi in Kpi if kpi in targets and targets[kpi].weight]
    scores = {kpi: kpi_score(kpi, tallies.get(kpi, KpiTally()), targets[kpi]) for kpi in weighed}
    whole = sum((targets[kpi].weight for kpi, points in scores.items() if points is not None), Fraction(0))
    parts = tuple(
        IndexPart(kpi, targets[kpi].weight, targets[kpi].weight / whole, points)
        for kpi, points in scores.items()
        if points is not None
    )
    dropped = tuple((kpi, targets[kpi].weight) for kpi, points in scores.items() if points is None)
    return ServiceIndex(sum((part.points for part in parts), Fraction(0)) if parts else None, parts, dropped)


def trend_of(kpi: Kpi, now: Fraction | None, before: Fraction | None, target: TargetValues | None) -> Trend:
    """Returns whether the value became better or worse since the previous period."""
    if now is None or before is None:
        return Trend.NONE
    if now == before:
        return Trend.SAME
    direction = DIRECTIONS[kpi]
    if direction == Direction.NEAR:
        if target is None:
            return Trend.NONE
        near, far = abs(now - target.target), abs(before - target.target)
        return Trend.SAME if near == far else Trend.BETTER if near < far else Trend.WORSE
    return Trend.BETTER if (now > before) == (direction == Direction.HIGHER) else Trend.WORSE


def sum_tallies(tallies: Iterable[Mapping[Kpi, KpiTally]]) -> dict[Kpi, KpiTally]:
    """Returns the sum over crews, days or months: numerators and denominators are added, never rates."""
    total: dict[Kpi, KpiTally] = {}
    for one in tallies:
        for kpi, tally in one.items():
            total[kpi] = total.get(kpi, KpiTally()) + tally
    return total
