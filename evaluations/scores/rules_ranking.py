"""Ranks, what decides them, and the home crew of a technician (domain §8.6). Pure; compares exact fractions."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from .rules import Score


@dataclass(frozen=True)
class Standing:
    """Values that decide the rank of one technician or crew. `listed_by`: order of equal ranks in the list."""

    who: Hashable
    score: Score | None
    dissatisfied: int
    repeat_repairs: int
    listed_by: str


class RankingKey(NamedTuple):
    """Sort key, ascending: the first part that differs decides."""

    lower_score: Fraction
    lower_mean: Fraction
    dissatisfied: int
    repeat_repairs: int


def ranking_key(standing: Standing) -> RankingKey:
    """Returns score, then higher mean, then fewer dissatisfied, then fewer repeat repairs (domain §8.6)."""
    assert standing.score is not None
    return RankingKey(
        lower_score=-standing.score.total,
        lower_mean=-standing.score.mean,
        dissatisfied=standing.dissatisfied,
        repeat_repairs=standing.repeat_repairs,
    )


@dataclass(frozen=True)
class RankedPlace:
    """A standing with its rank; None: no order took part."""

    rank: int | None
    standing: Standing


def rank_standings(standings: Iterable[Standing]) -> list[RankedPlace]:
    """Returns the places in order: equal keys share a rank (1, 2, 2, 4); standings without a score come last."""
    listed = sorted(standings, key=lambda s: s.listed_by)
    keyed = sorted(((ranking_key(s), s) for s in listed if s.score), key=itemgetter(0))
    places: list[RankedPlace] = []
    for _key, equals in groupby(keyed, key=itemgetter(0)):
        rank = len(places) + 1
        places.extend(RankedPlace(rank, standing) for _same, standing in equals)
    return places + [RankedPlace(None, standing) for standing in listed if not standing.score]


class DecidingPart(Enum):
    """The part of the key that decides between two places."""

    SCORE = "score"
    MEAN = "mean"
    DISSATISFIED = "dissatisfied"
    REPEAT_REPAIRS = "repeat_repairs"
    SHARED = "shared"


def deciding_part(one: Standing, other: Standing) -> DecidingPart:
    """Returns the first part in which the two keys differ, else SHARED."""
    parts = zip(ranking_key(one), ranking_key(other), list(DecidingPart), strict=False)
    return next((part for mine, theirs, part in parts if mine != theirs), DecidingPart.SHARED)


def is_decided_by_volume(above: Standing, below: Standing) -> bool:
    """Whether the higher place has the lower mean, so that the number of orders decided (domain §8.9)."""
    return bool(above.score and below.score and above.score.mean < below.score.mean)


def tied_crews(orders: Mapping[int, int]) -> set[int]:
    """Returns the crews in which a technician had most orders; usually one."""
    most = max(orders.values())
    return {crew for crew, count in orders.items() if count == most}


def home_crew(orders: Mapping[int, int], latest_first: Iterable[int] = ()) -> int:
    """Returns the crew with most of a technician's orders; on a tie the tied crew of the latest order.

    `latest_first`: crews of the technician's orders, latest first; used on a tie only.
    """
    tied = tied_crews(orders)
    return next((crew for crew in latest_first if crew in tied), min(tied))
