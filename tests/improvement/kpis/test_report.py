"""A period's report: readings against their month's targets, the index, comparison with before (domain §10)."""

from __future__ import annotations

from datetime import date, time
from fractions import Fraction as F

import pytest

from evaluations.enums import MonthState
from evaluations.visibility import viewer_of
from improvement.enums import Kpi, KpiState, Trend
from improvement.kpis.periods import DaySpan, PeriodUnit, month_span, period_of
from improvement.kpis.report import KpiReading
from improvement.kpis.rules import KpiTally, TargetValues
from improvement.models import KpiTarget
from satisfaction.calendars import days
from tests.worlds.crew import settle
from tests.worlds.kpis import KpiStage, make_kpi_stage, report
from tests.worlds.months import MAY, evaluated

JUNE = date(2026, 6, 1)
IN_JUNE = days.moment_at(date(2026, 6, 20), time(9))


@pytest.fixture
def stage(db) -> KpiStage:
    """May: 1 of 2 satisfied; June: 2 of 2; each rated and published in time."""
    stage = make_kpi_stage()
    evaluated(stage.one, 10, 10, stage.dispatcher)
    evaluated(stage.one, 10, 6, stage.dispatcher)
    evaluated(stage.one, 10, 10, stage.dispatcher, day=date(2026, 6, 2))
    evaluated(stage.two, 10, 10, stage.dispatcher, day=date(2026, 6, 2))
    return stage


def reading(found, kpi: Kpi) -> KpiReading:
    return next(one for one in found.readings if one.kpi == kpi)


def test_reading_says_value_state_and_what_stood_before(stage: KpiStage) -> None:
    one = reading(report(day=JUNE, now=IN_JUNE), Kpi.SATISFIED)

    assert one == KpiReading(
        Kpi.SATISFIED, KpiTally(2, 2), KpiTally(1, 2), TargetValues(F(95, 100), F(98, 100), F(15))
    )
    assert (one.value, one.state, one.trend, one.change) == (F(1), KpiState.STRETCH, Trend.BETTER, F(1, 2))


def test_new_targets_hold_from_their_month_on_and_no_earlier(stage: KpiStage) -> None:
    KpiTarget.objects.create(key=Kpi.SATISFIED, begins_on=JUNE, target=40, stretch=50, weight=0)
    may, june = report(day=MAY, now=IN_JUNE), report(day=JUNE, now=IN_JUNE)

    assert [reading(one, Kpi.SATISFIED).target for one in (may, june)] == [
        TargetValues(F(95, 100), F(98, 100), F(15)),
        TargetValues(F(40, 100), F(50, 100), F(0)),
    ]
    assert [Kpi.SATISFIED in [part.kpi for part in one.index.parts] for one in (may, june)] == [True, False]
    assert [moment.reading.target.target for moment in june.course(Kpi.SATISFIED)][-2:] == [
        F(95, 100),
        F(40, 100),
    ]


def test_index_of_a_crew_and_month_is_the_weighted_mean_of_what_has_a_denominator(stage: KpiStage) -> None:
    KpiTarget.objects.exclude(key__in=[Kpi.SATISFIED, Kpi.DISSATISFIED, Kpi.STEPS]).update(weight=0)

    index = report(day=MAY, now=IN_JUNE).index_of((month_span(MAY),), stage.one.crew_id)

    # satisfied 50 % of 95 % → 80 × 50/95 points, dissatisfied 50 % of 4 % → 0; steps have none
    assert index.value == F(80 * 50, 95) * F(15, 25)
    assert index.dropped == ((Kpi.STEPS, F(2)),)


def test_day_and_year_have_no_index_of_their_own(stage: KpiStage) -> None:
    day, year = (
        report(unit=unit, day=date(2026, 6, 2), now=IN_JUNE) for unit in (PeriodUnit.DAY, PeriodUnit.YEAR)
    )

    assert (day.index, year.index) == (None, None)
    ((_pk, name, indices), *_rest) = sorted(year.index_table, key=lambda row: row[1] != "甲")
    assert (name, [index.value is not None for index in indices]) == ("甲", [False] * 4 + [True] * 2)


def test_change_too_small_to_be_shown_is_none() -> None:
    target = TargetValues(F(95, 100), F(98, 100), F(15))
    before = KpiTally(9000, 10_000)

    trends = [
        KpiReading(Kpi.SATISFIED, KpiTally(n, 10_000), before, target).trend
        for n in (8995, 8996, 9000, 9004, 9005)
    ]

    assert trends == [Trend.WORSE, Trend.SAME, Trend.SAME, Trend.SAME, Trend.BETTER]


def test_technician_has_the_kpis_of_the_own_work_and_no_index(stage: KpiStage) -> None:
    found = report(viewer_of(stage.worker, now=IN_JUNE), day=MAY, now=IN_JUNE)

    assert [one.kpi for one in found.readings] == [
        Kpi.RESPONSE,
        Kpi.RESPONSE_SAID,
        Kpi.SATISFIED,
        Kpi.DISSATISFIED,
        Kpi.REPEAT,
        Kpi.POINTS,
    ]
    assert (found.index, found.lines, reading(found, Kpi.SATISFIED).tally) == (None, [], KpiTally(1, 2))


def test_period_is_settled_when_all_of_its_months_are(stage: KpiStage) -> None:
    settle(MAY)

    assert [report(day=month, now=IN_JUNE).state for month in (MAY, JUNE)] == [
        MonthState.SETTLED,
        MonthState.PROVISIONAL,
    ]
    assert report(unit=PeriodUnit.YEAR, day=MAY, now=IN_JUNE).state == MonthState.PROVISIONAL


@pytest.mark.parametrize(
    ("unit", "day", "spans", "before"),
    [
        (
            PeriodUnit.DAY,
            date(2026, 3, 1),
            [(date(2026, 3, 1), date(2026, 3, 1))],
            [(date(2026, 2, 28), date(2026, 2, 28))],
        ),
        (
            PeriodUnit.MONTH,
            date(2026, 1, 1),
            [(date(2026, 1, 1), date(2026, 1, 31))],
            [(date(2025, 12, 1), date(2025, 12, 31))],
        ),
    ],
)
def test_period_stands_beside_the_one_before(unit: PeriodUnit, day: date, spans: list, before: list) -> None:
    period = period_of(unit, day, today=date(2026, 6, 20))

    assert ([tuple(one) for one in period.spans], [tuple(one) for one in period.before]) == (spans, before)


def test_year_goes_up_to_this_month_and_is_compared_with_all_of_the_last() -> None:
    period = period_of(PeriodUnit.YEAR, date(2026, 1, 1), today=date(2026, 6, 20))

    assert [span.first.month for span in period.spans] == [1, 2, 3, 4, 5, 6]
    assert (period.before[0], period.before[-1], len(period.before)) == (
        DaySpan(date(2025, 1, 1), date(2025, 1, 31)),
        DaySpan(date(2025, 12, 1), date(2025, 12, 31)),
        12,
    )
