"""Points, means and scores (domain §8.1, §8.5). Pure: exact rational numbers, decimals only for display."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property


@dataclass(frozen=True)
class PointTally:
    """Orders in scope, and sums of points and counts of callback ratings over orders that take part."""

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
    """A score of two parts: quality (mean) and volume (orders × weight)."""

    mean: Fraction
    volume: Fraction

    @cached_property
    def total(self) -> Fraction:
        return self.mean + self.volume


def monthly_score(points: int, orders: int, *, weight: Fraction) -> Score | None:
    """Returns points ÷ orders + orders × weight over orders that took part; None without orders (domain §8.5)."""
    if not orders:
        return None
    return Score(Fraction(points, orders), orders * weight)


def per_head_score(points: int, orders: int, *, technicians: int, weight: Fraction) -> Score | None:
    """Returns a crew's score with the volume divided by its technicians who took part (domain §8.8)."""
    if not orders:
        return None
    return Score(Fraction(points, orders), orders * weight / technicians)
