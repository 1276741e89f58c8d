from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improvement.projects.rules_effect import (
    MIN_RATED,
    Effect,
    EffectVerdict,
    EffectWindows,
    Interval,
    RatingTally,
    effect_from_json,
    effect_to_json,
    make_windows,
    newcombe,
    wilson,
)

DAY = date(2026, 5, 11)
OVER = make_windows(DAY, 30, today=DAY + timedelta(days=30))
shares = st.integers(1, 5000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


# Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3.
@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_is_the_published_interval(hits, total, low, high):
    found = wilson(hits, total)

    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


# Newcombe 1998, "Interval estimation for the difference between independent proportions", table II, method 10.
@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
        ((5, 56), (0, 29), -0.0381, 0.1926),
    ],
)
def test_newcombe_is_the_published_interval(first, second, low, high):
    found = newcombe(*first, *second)

    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(shares)
def test_wilson_holds_the_share_and_stays_a_share(share):
    hits, total = share

    found = wilson(hits, total)

    assert 0 <= found.low <= hits / total <= found.high <= 1


@given(shares)
def test_wilson_is_the_same_seen_from_the_other_side(share):
    hits, total = share

    found, mirrored = wilson(hits, total), wilson(total - hits, total)

    assert found.low == pytest.approx(1 - mirrored.high, abs=1e-12)


@given(shares, st.integers(2, 20))
def test_wilson_narrows_with_more_orders(share, times):
    hits, total = share

    few, many = wilson(hits, total), wilson(hits * times, total * times)

    assert many.high - many.low < few.high - few.low


@pytest.mark.parametrize(("hits", "total"), [(0, 0), (-1, 5), (6, 5)])
def test_wilson_refuses_what_is_no_share(hits, total):
    with pytest.raises(ValueError, match="is no share"):
        wilson(hits, total)


@given(shares, shares)
def test_newcombe_turns_its_sign_with_its_shares(first, second):
    forth, back = newcombe(*first, *second), newcombe(*second, *first)

    assert (forth.low, forth.high) == pytest.approx((-back.high, -back.low), abs=1e-12)


def test_windows_are_equally_long_and_touch():
    found = make_windows(date(2026, 5, 11), 30, today=date(2026, 6, 9))

    assert found == EffectWindows(
        before_first=date(2026, 4, 11),
        before_last=date(2026, 5, 10),
        after_first=date(2026, 5, 11),
        after_last=date(2026, 6, 9),
        days=30,
        is_over=False,
    )
    assert make_windows(date(2026, 5, 11), 30, today=date(2026, 6, 10)).is_over


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (RatingTally(100, 30), RatingTally(100, 5), EffectVerdict.BETTER),
        (RatingTally(100, 5), RatingTally(100, 30), EffectVerdict.WORSE),
        (RatingTally(100, 10), RatingTally(100, 9), EffectVerdict.UNCLEAR),
        (RatingTally(MIN_RATED, 0), RatingTally(MIN_RATED, 0), EffectVerdict.UNCLEAR),
        (RatingTally(MIN_RATED - 1, MIN_RATED - 1), RatingTally(100, 0), EffectVerdict.TOO_FEW),
        (RatingTally(100, 30), RatingTally(MIN_RATED - 1, 0), EffectVerdict.TOO_FEW),
        (RatingTally(0, 0), RatingTally(0, 0), EffectVerdict.TOO_FEW),
    ],
)
def test_verdict_says_no_more_than_the_numbers(before, after, verdict):
    assert Effect(OVER, before, after).verdict == verdict


def test_verdict_waits_for_the_end_of_the_period():
    running = make_windows(DAY, 30, today=DAY + timedelta(days=29))

    assert Effect(running, RatingTally(100, 30), RatingTally(100, 0)).verdict == EffectVerdict.NOT_YET


def test_nothing_rated_has_no_rate():
    nothing = RatingTally(0, 0)

    assert (nothing.rate, nothing.interval, Effect(OVER, nothing, RatingTally(5, 1)).fall) == (
        None,
        None,
        None,
    )


def test_rate_is_exact_and_has_its_interval():
    tally = RatingTally(3, 1)

    assert (tally.rate, tally.interval) == (Fraction(1, 3), wilson(1, 3))
    assert isinstance(tally.interval, Interval)


@pytest.mark.parametrize("today", [DAY, DAY + timedelta(days=30)])
def test_effect_is_read_as_it_was_stored(today):
    effect = Effect(make_windows(DAY, 30, today=today), RatingTally(40, 4, 1), RatingTally(50, 2))

    assert effect_from_json(effect_to_json(effect)) == effect


def test_no_effect_stored_is_none():
    assert effect_from_json({}) is None
