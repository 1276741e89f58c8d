"""Points, means and scores (三.3, 三.9.9, §8). Pure: exact rational numbers, decimals only for display."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property


@dataclass(frozen=True)
class PointTally:
    """Orders in scope, and over those that take part: sums of points and counts of callback ratings."""

    orders: int = 0
    taking_part: int = 0
    self_points: int = 0
    callback_points: int = 0
    satisfied: int = 0
    basically_satisfied: int = 0
    dissatisfied: int = 0

    @property
    def points(self) -> int:
        return self.self_points + self.callback_points

    def __add__(self, other: PointTally) -> PointTally:
        return PointTally(
            self.orders + other.orders,
            self.taking_part + other.taking_part,
            self.self_points + other.self_points,
            self.callback_points + other.callback_points,
            self.satisfied + other.satisfied,
            self.basically_satisfied + other.basically_satisfied,
            self.dissatisfied + other.dissatisfied,
        )


@dataclass(frozen=True)
class Score:
    """A score in its two parts: quality (the mean) and volume (orders × weight)."""

    mean: Fraction
    volume: Fraction

    @cached_property
    def total(self) -> Fraction:
        return self.mean + self.volume


def monthly_score(points: int, orders: int, *, weight: Fraction) -> Score | None:
    """points ÷ orders + orders × weight, over orders that took part; None took part: no score (§8)."""
    if not orders:
        return None
    return Score(Fraction(points, orders), orders * weight)


def per_head_score(points: int, orders: int, *, technicians: int, weight: Fraction) -> Score | None:
    """A crew's score by “the same standard”: its volume divided by its technicians who took part (§8)."""
    if not orders:
        return None
    return Score(Fraction(points, orders), orders * weight / technicians)
