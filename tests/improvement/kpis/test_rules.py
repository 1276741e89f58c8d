"""Service KPIs: values, states in words, scores and the index, calculated exactly (domain §10)."""

from __future__ import annotations

from fractions import Fraction as F

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improvement.enums import DIRECTIONS, Direction, Kpi, KpiState, Trend
from improvement.kpis.rules import (
    IndexPart,
    KpiTally,
    ServiceIndex,
    TargetValues,
    kpi_score,
    service_index,
    state_of,
    sum_tallies,
    trend_of,
)

HIGH = TargetValues(F(95, 100), F(98, 100), F(15))
LOW = TargetValues(F(4, 100), F(2, 100), F(10))
NEAR = TargetValues(F(10, 100), F(1, 100), F(3))
ALL_OF_THEM = TargetValues(F(1), F(1), F(8))

tallies = st.builds(
    lambda of, share, outside: KpiTally(round(of * share), of, outside),
    st.integers(0, 500),
    st.floats(0, 1),
    st.integers(0, 9),
)


def targets_of(kpi: Kpi) -> st.SearchStrategy[TargetValues]:
    two = st.tuples(st.integers(1, 100), st.integers(1, 100)).map(sorted)
    is_low = DIRECTIONS[kpi] == Direction.LOWER
    return st.builds(
        lambda pair, weight: TargetValues(
            F(pair[1 if is_low else 0], 100), F(pair[0 if is_low else 1], 100), F(weight)
        ),
        two,
        st.integers(0, 20),
    )


@pytest.mark.parametrize(
    ("tally", "value", "missed"),
    [
        (KpiTally(), None, 0),
        (KpiTally(3, 4), F(3, 4), 1),
        (KpiTally(0, 0, 5), None, 0),
        (KpiTally(54, 3), F(18), -51),
    ],
)
def test_value_is_numerator_by_denominator(tally, value, missed):
    assert (tally.value, tally.missed) == (value, missed)


@pytest.mark.parametrize(
    ("kpi", "tally", "target", "expected"),
    [
        (Kpi.SATISFIED, KpiTally(98, 100), HIGH, KpiState.STRETCH),
        (Kpi.SATISFIED, KpiTally(97, 100), HIGH, KpiState.TARGET),
        (Kpi.SATISFIED, KpiTally(95, 100), HIGH, KpiState.TARGET),
        (Kpi.SATISFIED, KpiTally(949, 1000), HIGH, KpiState.MISSED),
        (Kpi.SATISFIED, KpiTally(0, 0, 7), HIGH, KpiState.NO_DATA),
        (Kpi.SATISFIED, KpiTally(1, 1), None, None),
        (Kpi.SELF_DONE, KpiTally(10, 10), ALL_OF_THEM, KpiState.STRETCH),
        (Kpi.SELF_DONE, KpiTally(9, 10), ALL_OF_THEM, KpiState.MISSED),
        (Kpi.DISSATISFIED, KpiTally(2, 100), LOW, KpiState.STRETCH),
        (Kpi.DISSATISFIED, KpiTally(4, 100), LOW, KpiState.TARGET),
        (Kpi.DISSATISFIED, KpiTally(5, 100), LOW, KpiState.MISSED),
        (Kpi.MANAGER_SHARE, KpiTally(0, 9), NEAR, KpiState.TARGET),  # 0.9 orders off
        (Kpi.MANAGER_SHARE, KpiTally(0, 10), NEAR, KpiState.MISSED),  # one order off
        (Kpi.MANAGER_SHARE, KpiTally(109, 1000), NEAR, KpiState.TARGET),  # 0.9 points off
        (Kpi.MANAGER_SHARE, KpiTally(112, 1000), NEAR, KpiState.MISSED),
    ],
)
def test_state_says_where_the_value_stands(kpi, tally, target, expected):
    assert state_of(kpi, tally, target) == expected


@pytest.mark.parametrize(
    ("kpi", "tally", "target", "expected"),
    [
        (Kpi.SATISFIED, KpiTally(100, 100), HIGH, F(100)),
        (Kpi.SATISFIED, KpiTally(98, 100), HIGH, F(100)),
        (Kpi.SATISFIED, KpiTally(96, 100), HIGH, F(80) + F(20, 3)),
        (Kpi.SATISFIED, KpiTally(95, 100), HIGH, F(80)),
        (Kpi.SATISFIED, KpiTally(475, 1000), HIGH, F(40)),
        (Kpi.SATISFIED, KpiTally(0, 3), HIGH, F(0)),
        (Kpi.SATISFIED, KpiTally(), HIGH, None),
        (Kpi.DISSATISFIED, KpiTally(0, 100), LOW, F(100)),
        (Kpi.DISSATISFIED, KpiTally(3, 100), LOW, F(90)),
        (Kpi.DISSATISFIED, KpiTally(6, 100), LOW, F(40)),
        (Kpi.DISSATISFIED, KpiTally(8, 100), LOW, F(0)),
        (Kpi.DISSATISFIED, KpiTally(100, 100), LOW, F(0)),
        (Kpi.DISSATISFIED, KpiTally(1, 100), TargetValues(F(0), F(0), F(1)), F(0)),
        (Kpi.SELF_DONE, KpiTally(1, 2), ALL_OF_THEM, F(40)),
        (Kpi.MANAGER_SHARE, KpiTally(100, 1000), NEAR, F(100)),
        (Kpi.MANAGER_SHARE, KpiTally(60, 1000), NEAR, F(70)),
        (Kpi.MANAGER_SHARE, KpiTally(500, 1000), NEAR, F(0)),
    ],
)
def test_score_is_80_at_the_target_and_100_at_the_stretch_value(kpi, tally, target, expected):
    assert kpi_score(kpi, tally, target) == expected


def test_index_rescales_the_weights_of_what_has_a_denominator():
    numbers = {
        Kpi.SATISFIED: KpiTally(95, 100),
        Kpi.DISSATISFIED: KpiTally(0, 100),
        Kpi.SELF_DONE: KpiTally(0, 0, 2),
    }

    index = service_index(numbers, {Kpi.SATISFIED: HIGH, Kpi.DISSATISFIED: LOW, Kpi.SELF_DONE: ALL_OF_THEM})

    assert index == ServiceIndex(
        F(80 * 15 + 100 * 10, 25),
        (
            IndexPart(Kpi.SATISFIED, F(15), F(15, 25), F(80)),
            IndexPart(Kpi.DISSATISFIED, F(10), F(10, 25), F(100)),
        ),
        ((Kpi.SELF_DONE, F(8)),),
    )
    assert index.weight == 25


def test_index_of_a_kpi_never_counted_drops_it_and_weight_nought_leaves_no_trace():
    assert service_index(
        {}, {Kpi.SATISFIED: HIGH, Kpi.POINTS: TargetValues(F(18), F(19), F(0))}
    ) == ServiceIndex(None, (), ((Kpi.SATISFIED, F(15)),))


@given(st.fixed_dictionaries({kpi: st.tuples(tallies, targets_of(kpi)) for kpi in Kpi}))
def test_index_lies_between_0_and_100_and_its_shares_make_one(given_):
    index = service_index({k: one for k, (one, _) in given_.items()}, {k: t for k, (_, t) in given_.items()})

    assert index.value is None or 0 <= index.value <= 100
    assert sum(part.share for part in index.parts) == (1 if index.parts else 0)
    assert {part.kpi for part in index.parts} | {kpi for kpi, _ in index.dropped} == {
        kpi for kpi, (_, target) in given_.items() if target.weight
    }


@given(st.sampled_from(Kpi).flatmap(lambda kpi: st.tuples(st.just(kpi), targets_of(kpi))), st.data())
def test_score_never_falls_when_the_value_gets_better(kpi_and_target, data):
    kpi, target = kpi_and_target
    one, other = data.draw(st.integers(0, 1000)), data.draw(st.integers(0, 1000))
    if DIRECTIONS[kpi] == Direction.NEAR:
        return
    worse, better = sorted((one, other), reverse=DIRECTIONS[kpi] == Direction.LOWER)

    assert kpi_score(kpi, KpiTally(worse, 1000), target) <= kpi_score(kpi, KpiTally(better, 1000), target)


@pytest.mark.parametrize(
    ("kpi", "now", "before", "target", "expected"),
    [
        (Kpi.SATISFIED, F(9, 10), F(8, 10), HIGH, Trend.BETTER),
        (Kpi.SATISFIED, F(8, 10), F(9, 10), HIGH, Trend.WORSE),
        (Kpi.SATISFIED, F(9, 10), F(9, 10), HIGH, Trend.SAME),
        (Kpi.SATISFIED, F(9, 10), None, HIGH, Trend.NONE),
        (Kpi.SATISFIED, None, F(9, 10), HIGH, Trend.NONE),
        (Kpi.DISSATISFIED, F(3, 100), F(5, 100), None, Trend.BETTER),
        (Kpi.MANAGER_SHARE, F(11, 100), F(8, 100), NEAR, Trend.BETTER),
        (Kpi.MANAGER_SHARE, F(12, 100), F(8, 100), NEAR, Trend.SAME),
        (Kpi.MANAGER_SHARE, F(12, 100), F(9, 100), None, Trend.NONE),
    ],
)
def test_trend_knows_which_way_is_better(kpi, now, before, target, expected):
    assert trend_of(kpi, now, before, target) == expected


def test_crews_are_added_by_numerator_and_denominator():
    one = {Kpi.SATISFIED: KpiTally(1, 1), Kpi.REPEAT: KpiTally(0, 1, 2)}
    other = {Kpi.SATISFIED: KpiTally(0, 9)}

    assert sum_tallies([one, other]) == {Kpi.SATISFIED: KpiTally(1, 10), Kpi.REPEAT: KpiTally(0, 1, 2)}
