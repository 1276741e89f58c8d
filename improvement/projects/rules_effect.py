"""The effect of a measure: the dissatisfied rate before and after it, with intervals (domain §9.13). Pure.

Two periods of equal length are compared: the `days` days before the effective day, and the `days` days from it on.
Each rate has a Wilson score interval (E. B. Wilson, 1927, without continuity correction). Their difference has
Newcombe's hybrid score interval built from the two (R. G. Newcombe, Statistics in Medicine 17, 1998, pp. 873-890,
method 10). Both are at 95 %; the formulas also hold for few orders and for rates near 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from fractions import Fraction
from math import sqrt
from statistics import NormalDist
from typing import Any

CONFIDENCE = 0.95
MIN_RATED = 20
"""With fewer ratings in either period there is no verdict on the effect."""


@dataclass(frozen=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True)
class RatingTally:
    """Ratings of one period. `hits`: dissatisfied ratings with the problem types in question.

    `untyped`: imported dissatisfied ratings without a problem type; not in `hits`.
    """

    rated: int
    hits: int
    untyped: int = 0

    @property
    def rate(self) -> Fraction | None:
        return Fraction(self.hits, self.rated) if self.rated else None

    @property
    def interval(self) -> Interval | None:
        return wilson(self.hits, self.rated) if self.rated else None


@dataclass(frozen=True)
class EffectWindows:
    """Two periods of equal length, both ends included. `is_over`: the later period is over."""

    before_first: date
    before_last: date
    after_first: date
    after_last: date
    days: int
    is_over: bool


class EffectVerdict(Enum):
    NOT_YET = "not_yet"
    TOO_FEW = "too_few"
    UNCLEAR = "unclear"
    BETTER = "better"
    WORSE = "worse"


@dataclass(frozen=True)
class Effect:
    """Counts and periods of a project's effect."""

    windows: EffectWindows
    before: RatingTally
    after: RatingTally

    @property
    def fall(self) -> Interval | None:
        """Interval of the decrease (before minus after); None when a period has no rating."""
        if not (self.before.rated and self.after.rated):
            return None
        return newcombe(self.before.hits, self.before.rated, self.after.hits, self.after.rated)

    @property
    def verdict(self) -> EffectVerdict:
        if not self.windows.is_over:
            return EffectVerdict.NOT_YET
        fall = self.fall
        if fall is None or min(self.before.rated, self.after.rated) < MIN_RATED:
            return EffectVerdict.TOO_FEW
        if fall.low > 0:
            return EffectVerdict.BETTER
        return EffectVerdict.WORSE if fall.high < 0 else EffectVerdict.UNCLEAR


def wilson(hits: int, total: int, confidence: float = CONFIDENCE) -> Interval:
    """Returns the Wilson score interval of hits ÷ total. Raises ValueError unless 0 ≤ hits ≤ total and total > 0."""
    if not 0 <= hits <= total or not total:
        raise ValueError(f"{hits} of {total} is no share")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    middle = (hits + z * z / 2) / (total + z * z)
    half = z / (total + z * z) * sqrt(hits * (total - hits) / total + z * z / 4)
    low = 0.0 if hits == 0 else max(0.0, middle - half)
    high = 1.0 if hits == total else min(1.0, middle + half)
    return Interval(low, high)


def newcombe(hits: int, total: int, hits_2: int, total_2: int, confidence: float = CONFIDENCE) -> Interval:
    """Returns the interval of hits ÷ total − hits_2 ÷ total_2 for independent rates."""
    one, two = wilson(hits, total, confidence), wilson(hits_2, total_2, confidence)
    share, share_2 = hits / total, hits_2 / total_2
    fall = share - share_2
    low = fall - sqrt((share - one.low) ** 2 + (two.high - share_2) ** 2)
    high = fall + sqrt((one.high - share) ** 2 + (share_2 - two.low) ** 2)
    return Interval(max(-1.0, low), min(1.0, high))


def make_windows(effective_on: date, days: int, *, today: date) -> EffectWindows:
    """Returns the two periods around the effective day; the later one begins with it."""
    length = timedelta(days=days)
    after_last = effective_on + length - timedelta(days=1)
    return EffectWindows(
        before_first=effective_on - length,
        before_last=effective_on - timedelta(days=1),
        after_first=effective_on,
        after_last=after_last,
        days=days,
        is_over=today > after_last,
    )


def effect_to_json(effect: Effect) -> dict[str, Any]:
    """Returns the days and counts to store with the evaluation; everything else derives from them."""
    span = effect.windows
    return {
        "effective_on": span.after_first.isoformat(),
        "days": span.days,
        "is_over": span.is_over,
        **{
            f"{name}_{part}": getattr(tally, part)
            for name, tally in (("before", effect.before), ("after", effect.after))
            for part in ("rated", "hits", "untyped")
        },
    }


def effect_from_json(stored: dict[str, Any]) -> Effect | None:
    """Returns the stored effect; None for an empty dict."""
    if not stored:
        return None
    effective_on = date.fromisoformat(stored["effective_on"])
    today = date.max if stored["is_over"] else effective_on
    tallies = [
        RatingTally(stored[f"{name}_rated"], stored[f"{name}_hits"], stored[f"{name}_untyped"])
        for name in ("before", "after")
    ]
    return Effect(make_windows(effective_on, stored["days"], today=today), *tallies)
