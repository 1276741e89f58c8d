"""The formula of domain §8 against the plan's examples and against rational arithmetic."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.scores.rules import PointTally, Score, monthly_score, per_head_score
from satisfaction.core.formats import two_decimals

PLAN = Fraction("0.15")
points_of_orders = st.lists(st.integers(min_value=12, max_value=20), min_size=1, max_size=400)
weights = st.decimals(min_value=0, max_value=2, places=4).map(Fraction)


@pytest.mark.parametrize(
    ("points", "mean", "score"),
    [
        ([20, 18, 16], "18.00", "18.45"),
        ([20] + [18] * 15, "18.13", "20.53"),  # 18.125 and 20.525: halves in the third decimal go up
        ([20], "20.00", "20.15"),
        ([12], "12.00", "12.15"),
        ([20, 20, 18], "19.33", "19.78"),  # 58 ÷ 3 = 19.333… + 0.45
        ([18] * 7 + [20], "18.25", "19.45"),
        ([20] * 78, "20.00", "31.70"),
    ],
)
def test_monthly_score_of_hand_calculated_points(points: list[int], mean: str, score: str) -> None:
    found = monthly_score(sum(points), len(points), weight=PLAN)

    assert found is not None
    assert (two_decimals(found.mean), two_decimals(found.total)) == (mean, score)


def test_monthly_score_of_nobody_is_none_not_zero() -> None:
    assert monthly_score(0, 0, weight=PLAN) is None
    assert per_head_score(0, 0, technicians=0, weight=PLAN) is None


@given(points_of_orders, weights)
def test_monthly_score_is_the_formula_in_rational_arithmetic(points: list[int], weight: Fraction) -> None:
    n = len(points)

    found = monthly_score(sum(points), n, weight=weight)

    assert found == Score(sum(Fraction(p, n) for p in points), sum([weight] * n, Fraction(0)))
    assert found.total * n == sum(points) + n * n * weight


@given(points_of_orders, st.integers(min_value=1, max_value=60), weights)
def test_per_head_score_divides_the_volume_alone(points: list[int], heads: int, weight: Fraction) -> None:
    n = len(points)

    found = per_head_score(sum(points), n, technicians=heads, weight=weight)
    pooled = monthly_score(sum(points), n, weight=weight)

    assert found is not None and pooled is not None
    assert (found.mean, found.volume * heads) == (pooled.mean, pooled.volume)


@given(st.fractions(min_value=0, max_value=10_000, max_denominator=10_000))
def test_two_decimals_is_half_up(number: Fraction) -> None:
    with localcontext(prec=60):
        exact = Decimal(number.numerator) / Decimal(number.denominator)
        expected = exact.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)

    assert two_decimals(number) == str(expected)


def test_two_decimals_of_nothing_is_nothing() -> None:
    assert two_decimals(None) is None


def test_tallies_add_up_field_by_field() -> None:
    total = PointTally(5, 3, 28, 30, 1, 2, 0) + PointTally(2, 1, 6, 8, 0, 0, 1)

    assert (total, total.points) == (PointTally(7, 4, 34, 38, 1, 2, 1), 72)
