"""The KPI numbers, counted by hand; each links to the same number of orders (domain §10, §4)."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluations.enums import CallbackState, Outcome, Rating, Response
from evaluations.models import Callback, CallbackAttempt, SelfEvaluation
from evaluations.scores.settle import reopen, settle
from evaluations.visibility import EVERYTHING, viewer_of
from improvement.enums import Bucket, Kpi, ProjectState
from improvement.kpis.freeze import freeze_settled_kpis
from improvement.kpis.orders import KpiBucket, orders_in_bucket
from improvement.kpis.periods import PeriodUnit, month_span, period_of
from improvement.kpis.queries import KpiScope, kpi_numbers
from improvement.kpis.rules import KpiTally
from improvement.models import ImprovementProject, ProjectStep, SettledKpi
from satisfaction.calendars import days
from tests.factories import OrderFactory, make_callback, make_self_evaluation
from tests.worlds.kpis import (
    DAY,
    DUE,
    HOUR,
    NOW,
    OF_CREW,
    KpiStage,
    fill,
    numbers,
)
from tests.worlds.months import AFTER, MAY, evaluated, policy_of, technician
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
JUNE = date(2026, 6, 1)


def test_every_kpi_is_counted_by_crew(kpi_stage: KpiStage) -> None:
    fill(kpi_stage)

    assert numbers() == {"甲": OF_CREW, "乙": {Kpi.REPEAT: KpiTally(0, 1)}}


@pytest.mark.parametrize("kpi", [kpi for kpi in Kpi if kpi != Kpi.STEPS])
def test_orders_behind_are_as_many_as_the_number_says(kpi_stage: KpiStage, kpi: Kpi) -> None:
    fill(kpi_stage)
    scope = KpiScope((month_span(MAY),), EVERYTHING, NOW)
    tally = numbers()["甲"].get(kpi, KpiTally())

    found = {
        what: orders_in_bucket(scope, KpiBucket(kpi, Bucket(what)), kpi_stage.one.crew_id)
        for what in ("of", "counted", "missed", "outside")
    }

    if kpi == Kpi.REPEAT:
        assert [row.number for row in found["counted"]] == ["9 二次"]
        assert found["of"].count() == tally.of
    elif kpi == Kpi.POINTS:
        assert sum(row.points for row in found["of"]) == tally.counted
    else:
        assert {what: rows.count() for what, rows in found.items()} == {
            "of": tally.of,
            "counted": tally.counted,
            "missed": tally.missed,
            "outside": tally.outside,
        }


def test_day_counts_what_was_closed_on_it(kpi_stage: KpiStage) -> None:
    fill(kpi_stage)
    evaluated(kpi_stage.one, 10, 10, kpi_stage.dispatcher, day=DAY - timedelta(days=1))

    period = period_of(PeriodUnit.DAY, DAY, today=date(2026, 5, 14))
    found = kpi_numbers(KpiScope(period.needed, EVERYTHING, NOW, is_by_day=True))

    by_day = {
        key.span: of[Kpi.SATISFIED] for key, of in found.tallies.items() if key.crew == kpi_stage.one.crew_id
    }
    assert by_day == {DAY - timedelta(days=1): KpiTally(1, 1), DAY: OF_CREW[Kpi.SATISFIED]}


def test_response_follows_the_minutes_of_each_months_policy(kpi_stage: KpiStage) -> None:
    policy_of(JUNE, response_minutes=20)
    kpi_stage.order("五月")
    kpi_stage.order("六月", day=date(2026, 6, 2))

    spans = (month_span(MAY), month_span(JUNE))
    found = kpi_numbers(KpiScope(spans, EVERYTHING, days.moment_at(date(2026, 6, 4), time(9))))

    assert {key.span: of[Kpi.RESPONSE] for key, of in found.tallies.items()} == {
        MAY: KpiTally(1, 1),
        JUNE: KpiTally(0, 1),
    }


def test_what_is_not_due_yet_is_not_missed(kpi_stage: KpiStage) -> None:
    order = kpi_stage.order("1")
    make_callback(order, kpi_stage.dispatcher)
    before, after = DUE - HOUR, DUE

    found = [numbers(now=now)["甲"] for now in (before, after)]

    assert [[of.get(kpi) for kpi in (Kpi.SELF_DONE, Kpi.COVERAGE, Kpi.FEEDBACK)] for of in found] == [
        [None, None, None],
        [KpiTally(0, 1)] * 3,
    ]


def test_order_that_comes_too_late_does_not_enter(kpi_stage: KpiStage) -> None:
    evaluated(kpi_stage.one, 10, 10, kpi_stage.dispatcher)
    evaluated(kpi_stage.one, 10, 6, kpi_stage.dispatcher, received_at=AFTER, entered_at=AFTER)

    assert numbers(now=AFTER)["甲"][Kpi.SATISFIED] == KpiTally(1, 1)


def test_history_has_no_too_late(kpi_stage: KpiStage) -> None:
    evaluated(
        kpi_stage.one, 10, 10, kpi_stage.dispatcher, received_at=AFTER, entered_at=AFTER, with_deadlines=True
    )

    assert numbers(now=AFTER)["甲"][Kpi.SATISFIED] == KpiTally(1, 1)


# --- Blindness --------------------------------------------------------------------------------------

CALLBACK_KPIS = (Kpi.RESPONSE_SAID, Kpi.COVERAGE, Kpi.MANAGER_SHARE, Kpi.CONTACT, Kpi.FEEDBACK)


def test_own_callbacks_are_in_a_foremans_numbers_only_when_the_crew_may_know(kpi_stage: KpiStage) -> None:
    order = kpi_stage.order("1")
    kpi_stage.called(order, response="yes", caller=kpi_stage.manager)
    before, on_d2 = DUE, days.moment_at(date(2026, 5, 13), time(18))
    viewer = viewer_of(kpi_stage.foreman, now=before)

    def seen() -> list[list[KpiTally | None]]:
        return [
            [numbers(now=now, viewer=viewer)["甲"].get(kpi) for kpi in CALLBACK_KPIS]
            for now in (before, on_d2)
        ]

    unrated = seen()
    make_self_evaluation(order, by=kpi_stage.foreman)

    assert unrated == [[None] * 5, [KpiTally(1, 1)] * 5]
    assert seen() == [[KpiTally(1, 1)] * 5] * 2


def test_an_unpublished_callback_is_unknown_to_the_crew_and_known_to_dispatch(kpi_stage: KpiStage) -> None:
    order = kpi_stage.order("1")
    make_self_evaluation(order, by=kpi_stage.foreman)
    kpi_stage.called(order, response="yes", caller=kpi_stage.manager, published_at=None)

    by_person = {
        person.username: [
            numbers(now=DUE, viewer=viewer_of(person, now=DUE))["甲"].get(kpi) for kpi in CALLBACK_KPIS
        ]
        for person in (kpi_stage.foreman, kpi_stage.dispatcher)
    }

    assert by_person == {
        "foreman": [None] * 5,
        "dispatcher": [*[KpiTally(1, 1)] * 4, KpiTally(0, 1)],
    }


def test_no_kpi_tells_a_crew_early_how_a_call_ended(kpi_stage: KpiStage) -> None:
    order, caller = kpi_stage.order("1"), kpi_stage.dispatcher
    make_self_evaluation(order, by=kpi_stage.foreman)
    callback = make_callback(order, caller)
    viewer = viewer_of(kpi_stage.foreman, now=DUE)
    while_open = numbers(now=DUE, viewer=viewer)

    ended = {"ended_at": DUE - HOUR, "ended_by": caller}
    answers = {
        "state": CallbackState.RATED,
        "rating": Rating.SATISFIED,
        "response": Response.YES,
        "points": 10,
    }
    Callback.objects.filter(pk=callback.pk).update(**ended, **answers)
    CallbackAttempt.objects.create(
        callback=callback, by=caller, started_at=DUE - HOUR, ended_at=DUE - HOUR, outcome=Outcome.REACHED
    )

    assert numbers(now=DUE, viewer=viewer) == while_open
    assert list(while_open) == ["甲"]


def test_crew_that_heard_nothing_by_d2_knows_as_much(kpi_stage: KpiStage) -> None:
    order = kpi_stage.order("1")
    make_self_evaluation(order, by=kpi_stage.foreman)
    make_callback(order, kpi_stage.dispatcher)
    viewer = viewer_of(kpi_stage.foreman, now=NOW)

    found = numbers(viewer=viewer)["甲"]

    assert [found.get(kpi) for kpi in CALLBACK_KPIS] == [None, KpiTally(0, 1), None, None, KpiTally(0, 1)]


def test_technician_sees_own_published_orders_alone(kpi_stage: KpiStage) -> None:
    fill(kpi_stage)
    mate = technician("W3", kpi_stage.one.crew)
    evaluated(mate, 10, 10, kpi_stage.dispatcher)
    kpi_stage.order("未公布")

    found = numbers(viewer=viewer_of(kpi_stage.worker, now=NOW), technician=kpi_stage.one.pk)

    assert {kpi: found["甲"][kpi] for kpi in (Kpi.RESPONSE, Kpi.SATISFIED, Kpi.REPEAT)} == {
        Kpi.RESPONSE: KpiTally(3, 4, 1),
        Kpi.SATISFIED: KpiTally(3, 4),
        Kpi.REPEAT: KpiTally(1, 9),
    }
    assert list(found) == ["甲"]


# --- Settled months ---------------------------------------------------------------------------------


def settled(kpi_stage: KpiStage) -> None:
    fill(kpi_stage)
    settle(MAY, by=kpi_stage.head, now=AFTER)


def test_settled_month_is_frozen_once_and_says_the_same(kpi_stage: KpiStage) -> None:
    settled(kpi_stage)
    before = numbers(now=AFTER)

    assert (freeze_settled_kpis(now=AFTER), freeze_settled_kpis(now=AFTER)) == ([MAY], [])
    assert {key: numbers(now=AFTER)[key] for key in before} == before
    assert before["甲"][Kpi.SATISFIED] == KpiTally(3, 4)


def test_frozen_numbers_stand_whatever_becomes_of_the_orders(kpi_stage: KpiStage) -> None:
    settled(kpi_stage)
    freeze_settled_kpis(now=AFTER)
    before = numbers(now=AFTER)

    Callback.objects.update(response="no", published_at=AFTER)
    SelfEvaluation.objects.all().delete()
    WorkOrder.objects.filter(repeat_of__isnull=False).update(repeat_of=None)

    assert {kpi: tally for kpi, tally in numbers(now=AFTER)["甲"].items() if kpi != Kpi.REVISITS} == {
        kpi: tally for kpi, tally in before["甲"].items() if kpi != Kpi.REVISITS
    }


def test_order_of_a_settled_month_that_comes_later_changes_nothing(kpi_stage: KpiStage) -> None:
    settled(kpi_stage)
    before = numbers(now=AFTER)
    later = AFTER + HOUR

    kpi_stage.order("晚", received_at=later, entered_at=later)
    kpi_stage.order(
        "晚二次", repeat_of=WorkOrder.objects.get(number="1 好"), received_at=later, entered_at=later
    )

    assert numbers(now=later + HOUR) == before


def test_missing_self_evaluation_counts_in_a_settled_month_as_it_did_in_the_ranking(
    kpi_stage: KpiStage,
) -> None:
    order = kpi_stage.order("1")
    kpi_stage.called(order)
    settlement = settle(MAY, by=kpi_stage.head, now=AFTER)

    (crew,) = settlement.snapshot["table"]["crews"]
    assert (
        numbers(now=AFTER)["甲"][Kpi.POINTS]
        == KpiTally(16, 1)
        == KpiTally(crew["points"], crew["taking_part"])
    )


def test_reopened_month_is_counted_anew(kpi_stage: KpiStage) -> None:
    settled(kpi_stage)
    freeze_settled_kpis(now=AFTER)
    reopen(MAY, by=kpi_stage.head, reason="晚到", now=AFTER)
    make_self_evaluation(WorkOrder.objects.get(number="3 未接通"), by=kpi_stage.foreman, rated_at=AFTER)

    assert numbers(now=AFTER)["甲"][Kpi.SELF_DONE] == KpiTally(7, 7)
    settle(MAY, by=kpi_stage.head, now=AFTER + HOUR)
    assert freeze_settled_kpis(now=AFTER + HOUR) == [MAY]
    assert SettledKpi.objects.filter(key=Kpi.SELF_DONE, crew=kpi_stage.one.crew).count() == 2


# --- Revisits and steps -------------------------------------------------------------------------------


def test_steps_count_in_the_month_in_which_they_are_due(kpi_stage: KpiStage) -> None:
    def step(
        state: str, due_on: date, done_on: date | None = None, crew: object = kpi_stage.one.crew
    ) -> None:
        project = ImprovementProject.objects.create(
            problem="掉线",
            source="other",
            responsible=kpi_stage.head,
            created_by=kpi_stage.head,
            created_at=NOW,
            state=state,
            decided_on=date(2026, 4, 1),
            cancelled_reason="不做了" if state == ProjectState.CANCELLED else "",
        )
        done_by = kpi_stage.head if done_on else None
        ProjectStep.objects.create(
            project=project,
            what="巡检",
            crew=crew,
            due_on=due_on,
            done_on=done_on,
            done_by=done_by,
            reported_on=done_on,
        )

    step(ProjectState.IN_PROGRESS, date(2026, 5, 12), date(2026, 5, 12))
    step(ProjectState.IN_PROGRESS, date(2026, 5, 12), date(2026, 5, 13))
    step(ProjectState.IN_PROGRESS, date(2026, 5, 13))
    step(ProjectState.IN_PROGRESS, date(2026, 5, 14))  # today: not due before the day ends
    step(ProjectState.CANCELLED, date(2026, 5, 12))
    step(ProjectState.PROPOSED, date(2026, 5, 12))
    step(ProjectState.IN_PROGRESS, date(2026, 4, 30))
    step(ProjectState.IN_PROGRESS, date(2026, 5, 10), crew=None)

    assert numbers() == {"甲": {Kpi.STEPS: KpiTally(1, 3)}, None: {Kpi.STEPS: KpiTally(0, 1)}}


def test_revisits_count_in_the_month_in_which_they_are_due(kpi_stage: KpiStage) -> None:
    evaluated(kpi_stage.one, 10, 6, kpi_stage.dispatcher)
    evaluated(kpi_stage.two, 10, 6, kpi_stage.dispatcher)

    by_month = {
        (month, now): {
            name: of[Kpi.REVISITS] for name, of in numbers(month, now=now).items() if Kpi.REVISITS in of
        }
        for month in (MAY, JUNE)
        for now in (NOW, days.moment_at(date(2026, 6, 9), time(9)))
    }

    # no meeting planned: due on the 8th service day of June
    assert [*by_month.values()] == [{}, {}, {}, {"甲": KpiTally(0, 1), "乙": KpiTally(0, 1)}]


def queries(month: date = MAY) -> int:
    with CaptureQueriesContext(connection) as captured:
        numbers(month)
    return len(captured)


def test_number_of_queries_does_not_grow_with_crews(kpi_stage: KpiStage) -> None:
    fill(kpi_stage)
    few = queries()
    for n in range(12):
        evaluated(technician(f"M{n}", f"工班 {n}"), 8, 6, kpi_stage.dispatcher)
        OrderFactory()

    assert (few, queries()) == (8, 8)
