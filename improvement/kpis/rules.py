"""Service KPIs (二, §10): value, state in words, and the weighted service index. Pure, in exact fractions.

A rate is its numerator ÷ denominator (0 … 1), the mean points are points ÷ orders (12 … 20); targets are in the
same unit. Where there is no denominator there is no value, and the KPI takes no part in the index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from improvement.enums import DIRECTIONS, Direction, Kpi, KpiState, Trend

AT_TARGET, AT_STRETCH = Fraction(80), Fraction(100)
"""Points of the index for a value at its target, and at its stretch value or better."""


@dataclass(frozen=True)
class Tally:
    """`outside`: what could not be counted for want of a time or an answer."""

    counted: int = 0
    of: int = 0
    outside: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.counted + other.counted, self.of + other.of, self.outside + other.outside)

    @property
    def value(self) -> Fraction | None:
        return Fraction(self.counted, self.of) if self.of else None

    @property
    def missed(self) -> int:
        return self.of - self.counted


@dataclass(frozen=True)
class Target:
    """Target, stretch value (of a KPI that shall be near its target: the distance allowed) and weight."""

    target: Fraction
    stretch: Fraction
    weight: Fraction


def state_of(kpi: Kpi, tally: Tally, target: Target | None) -> KpiState | None:
    """Where the value stands; None: nothing was set for the month."""
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


def is_near(tally: Tally, target: Target) -> bool:
    """Less than one order off (as the draw has it, §5.1), or within the distance allowed."""
    off = abs(tally.counted - target.target * tally.of)
    return off < 1 or off <= target.stretch * tally.of


def score(kpi: Kpi, tally: Tally, target: Target) -> Fraction | None:
    """0 … 100 points of the index: 80 at the target, 100 from the stretch value on, straight lines between.

    Below its target a KPI falls in proportion; one that shall be low reaches 0 at twice its target.
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


def near_score(value: Fraction, target: Target) -> Fraction:
    """Falls with what lies beyond the distance allowed, to 0 at one whole target off."""
    beyond = abs(value - target.target) - target.stretch
    return AT_STRETCH * max(Fraction(0), 1 - beyond / target.target) if target.target else Fraction(0)


@dataclass(frozen=True)
class Part:
    """A KPI's part in the index: its weight as set, its share after rescaling, its points."""

    kpi: Kpi
    weight: Fraction
    share: Fraction
    score: Fraction

    @property
    def points(self) -> Fraction:
        return self.share * self.score


@dataclass(frozen=True)
class Index:
    """The service index 0 … 100; None: no KPI had a denominator. `dropped`: what had none, with its weight."""

    value: Fraction | None
    parts: tuple[Part, ...] = ()
    dropped: tuple[tuple[Kpi, Fraction], ...] = ()

    @property
    def weight(self) -> Fraction:
        """The weights that are left; the shares are weights ÷ this."""
        return sum((part.weight for part in self.parts), Fraction(0))


def service_index(tallies: Mapping[Kpi, Tally], targets: Mapping[Kpi, Target]) -> Index:
    """Weighted mean of the scores; a KPI without denominator drops out and the weights are rescaled (§10)."""
    weighed = [kpi for kpi in Kpi if kpi in targets and targets[kpi].weight]
    scores = {kpi: score(kpi, tallies.get(kpi, Tally()), targets[kpi]) for kpi in weighed}
    whole = sum((targets[kpi].weight for kpi, points in scores.items() if points is not None), Fraction(0))
    parts = tuple(
        Part(kpi, targets[kpi].weight, targets[kpi].weight / whole, points)
        for kpi, points in scores.items()
        if points is not None
    )
    dropped = tuple((kpi, targets[kpi].weight) for kpi, points in scores.items() if points is None)
    return Index(sum((part.points for part in parts), Fraction(0)) if parts else None, parts, dropped)


def trend_of(kpi: Kpi, now: Fraction | None, before: Fraction | None, target: Target | None) -> Trend:
    """Whether the value moved towards better or worse since the period before."""
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


def added(tallies: Iterable[Mapping[Kpi, Tally]]) -> dict[Kpi, Tally]:
    """Crews, days or months together: numerators and denominators are added, never rates."""
    total: dict[Kpi, Tally] = {}
    for one in tallies:
        for kpi, tally in one.items():
            total[kpi] = total.get(kpi, Tally()) + tally
    return total
