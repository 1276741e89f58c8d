"""Ranks, ties at every level, and which crew a technician belongs to (domain §8)."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.scores.rules import monthly_score
from evaluations.scores.rules_ranking import (
    DecidingPart,
    RankedPlace,
    Standing,
    deciding_part,
    home_crew,
    is_decided_by_volume,
    rank_standings,
    ranking_key,
)

PLAN = Fraction("0.15")


def of(who: str, points: int, orders: int, dissatisfied: int = 0, repeats: int = 0) -> Standing:
    score = monthly_score(points, orders, weight=PLAN)
    return Standing(who, score, dissatisfied, repeats, listed_by=who)


def ranks(*standings: Standing) -> list[tuple[int | None, str]]:
    return [(place.rank, str(place.standing.who)) for place in rank_standings(standings)]


@pytest.mark.parametrize(
    ("one", "other", "decided"),
    [
        (of("a", 40, 2), of("b", 38, 2), DecidingPart.SCORE),
        (of("a", 380, 20), of("b", 640, 40), DecidingPart.MEAN),  # 19 + 3 = 16 + 6
        (of("a", 36, 2, 0, 9), of("b", 36, 2, 1, 0), DecidingPart.DISSATISFIED),
        (of("a", 36, 2, 1, 0), of("b", 36, 2, 1, 1), DecidingPart.REPEAT_REPAIRS),
        (of("a", 36, 2, 1, 1), of("b", 36, 2, 1, 1), DecidingPart.SHARED),
    ],
)
def test_ties_are_broken_level_by_level(one: Standing, other: Standing, decided: DecidingPart) -> None:
    expected = [1, 1] if decided is DecidingPart.SHARED else [1, 2]

    assert ranks(other, one) == list(zip(expected, ["a", "b"], strict=True))
    assert deciding_part(one, other) is decided


def test_shared_ranks_leave_a_gap() -> None:
    standings = [of("d", 12, 1), of("c", 36, 2), of("b", 36, 2), of("a", 40, 2), of("none", 0, 0)]

    assert ranks(*standings) == [(1, "a"), (2, "b"), (2, "c"), (4, "d"), (None, "none")]


def test_equal_when_rounded_is_not_a_tie() -> None:
    # 18.125 + 2.40 against 18.1233… + 2.40…: equal when rounded to two decimals
    one = Standing("one", monthly_score(290, 16, weight=PLAN), 0, 0, "b")
    close = Standing("close", monthly_score(290, 16, weight=PLAN - Fraction(1, 10**9)), 0, 0, "a")

    assert ranks(close, one) == [(1, "one"), (2, "close")]


def test_nobody_ranked_without_a_score() -> None:
    standing = of("a", 0, 0)

    assert rank_standings([standing]) == [RankedPlace(None, standing)]


@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(0, 3), st.integers(0, 2), st.integers(12, 20)), max_size=30
    )
)
def test_a_rank_is_one_more_than_those_before(rows: list[tuple[int, int, int, int]]) -> None:
    standings = [of(f"{i:03}", p * n, n, d, r) for i, (n, d, r, p) in enumerate(rows)]

    for place in rank_standings(standings):
        before = [s for s in standings if ranking_key(s) < ranking_key(place.standing)]
        assert place.rank == len(before) + 1


def test_volume_decided_only_against_a_higher_mean() -> None:
    many, few = of("many", 640, 40), of("few", 38, 2)

    assert (is_decided_by_volume(many, few), is_decided_by_volume(few, many)) == (True, False)


@pytest.mark.parametrize(
    ("orders", "latest_first", "crew"),
    [
        ({1: 2, 2: 1}, [], 1),
        ({1: 2, 2: 2}, [2, 1, 1, 2], 2),
        ({1: 2, 2: 2, 3: 1}, [3, 1, 2, 2, 1], 1),  # the latest order of all is not in a tied crew
    ],
)
def test_home_crew(orders: dict[int, int], latest_first: list[int], crew: int) -> None:
    assert home_crew(orders, latest_first) == crew
