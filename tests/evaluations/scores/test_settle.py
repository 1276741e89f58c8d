"""Settling freezes every number; only reopening changes them (domain §8)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from evaluations.callbacks.answers import Answers
from evaluations.callbacks.attempts import Attempt
from evaluations.callbacks.correct import correct_callback
from evaluations.callbacks.save import record_attempt
from evaluations.callbacks.withdraw import take_out
from evaluations.draw.run import draw_day
from evaluations.enums import CallbackState
from evaluations.feedback.objections import decide_objection, raise_objection
from evaluations.feedback.publish import publish_day
from evaluations.models import Award, Callback, DailyScore, EvaluationPolicy, Objection, Settlement
from evaluations.policies import guard_policy
from evaluations.scores.daily import refresh_daily_rows, score_day
from evaluations.scores.ranking import rank_month
from evaluations.scores.settle import SettlingObstacles, obstacles, reopen, settle, settle_due_months
from evaluations.self_evaluation.actions import (
    SelfEvaluationAnswers,
    correct_self_evaluation,
    save_self_evaluation,
)
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.calendars.models import CalendarOverride
from satisfaction.core.errors import NotAllowed, Refused
from tests.factories import OrderFactory, make_callback, make_lead, make_person, make_self_evaluation
from tests.worlds.months import AFTER, MAY, SETTLES_AT, evaluated, imported, policy_of, technician
from tests.worlds.threads import at_once
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
JUNE_1 = days.start_of_day(date(2026, 6, 1))


@pytest.fixture
def caller() -> User:
    return make_person("caller", "dispatcher")


@pytest.fixture
def head() -> User:
    return make_person("head", "head")


def reasons() -> dict[str, str]:
    return {row["number"]: row["reason"] for row in rank_month(MAY)["left_out"]}


def told() -> str:
    return json.dumps(rank_month(MAY), ensure_ascii=False)


# --- Conditions for settling ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "is_over"), [(JUNE_1 - timedelta(seconds=1), False), (JUNE_1, True), (AFTER, True)]
)
def test_month_not_over_is_refused(now: datetime, is_over: bool) -> None:
    assert obstacles(MAY, now=now) == SettlingObstacles(is_over=is_over)


def test_running_deadline_keeps_the_month_open(caller: User, head: User) -> None:
    order = evaluated(technician("W1", "甲"), 10, 10, caller, day=date(2026, 5, 31))

    before = obstacles(MAY, now=order.last_due_at - timedelta(seconds=1))

    assert before == SettlingObstacles(is_over=True, running=1, objectionable=1)
    with pytest.raises(Refused, match="D\\+2"):
        settle(MAY, by=head, now=order.last_due_at - timedelta(seconds=1))
    assert Settlement.objects.count() == 0


def test_objection_time_runs_to_close_of_business_of_the_second_service_day(caller: User) -> None:
    order = evaluated(technician("W1", "甲"), 10, 6, caller, day=date(2026, 5, 29))
    published = order.callback.published_at  # May 30, 18:00: objections until June 1, 18:00
    last = days.moment_at(date(2026, 6, 1), time(18))

    assert published == days.moment_at(date(2026, 5, 30), time(18))
    assert obstacles(MAY, now=last) == SettlingObstacles(is_over=True, objectionable=1)
    assert obstacles(MAY, now=last + timedelta(seconds=1)) == SettlingObstacles(is_over=True)


def test_undecided_objection_keeps_the_month_open(caller: User) -> None:
    order = evaluated(technician("W1", "甲"), 10, 6, caller)
    objection = Objection.objects.create(order=order, reason="记错", by=caller, at=order.last_due_at)

    before = obstacles(MAY, now=AFTER)
    objection.state, objection.decided_by, objection.decided_at, objection.decision = (
        "rejected",
        caller,
        AFTER,
        "不",
    )
    objection.save()

    assert before == SettlingObstacles(is_over=True, undecided=1)
    assert obstacles(MAY, now=AFTER) == SettlingObstacles(is_over=True)


def test_head_settles_early_once_deadlines_are_over(caller: User, head: User) -> None:
    evaluated(technician("W1", "甲"), 10, 10, caller)
    now = days.moment_at(date(2026, 6, 1), time(9))

    assert settle(MAY, by=head, now=now).settled_by == head
    assert now < SETTLES_AT


def test_late_order_with_running_deadlines_holds_nothing_up(caller: User) -> None:
    who = technician("W1", "甲")
    evaluated(who, 10, 10, caller)
    OrderFactory(technician=who, received_at=AFTER, day=date(2026, 5, 30))

    assert obstacles(MAY, now=AFTER) == SettlingObstacles(is_over=True)


def test_only_a_head_settles_and_reopens(caller: User) -> None:
    for action in (
        lambda: settle(MAY, by=caller, now=AFTER),
        lambda: reopen(MAY, by=caller, reason="x", now=AFTER),
    ):
        with pytest.raises(NotAllowed):
            action()


# --- Effects of settling --------------------------------------------------------------------------


def test_settling_publishes_withdraws_and_names_what_is_left(caller: User) -> None:
    who = technician("W1", "甲")
    evaluated(who, 10, 10, caller)
    unpublished = evaluated(who, 10, 8, caller, number="B")
    Callback.objects.filter(order=unpublished).update(published_at=None)
    for number, state in (("C", CallbackState.ASSIGNED), ("D", CallbackState.WAITING)):
        order = OrderFactory(technician=who, number=number)
        make_callback(order, caller if state == CallbackState.ASSIGNED else None, state)
    evaluated(who, None, 6, caller, number="E")
    imported(OrderFactory(technician=who, number="F"), None, 10)
    OrderFactory(technician=who, number="G")
    provisional = reasons()

    settle(MAY, by=None, now=AFTER)

    assert provisional == {
        "B": "unpublished",
        "C": "open",
        "D": "waiting",
        "E": "no_self_evaluation",
        "F": "no_self_evaluation",
        "G": "waiting",
    }
    assert reasons() == {
        "C": "month_settled",
        "D": "month_settled",
        "F": "no_self_evaluation",
        "G": "waiting",
    }
    assert Callback.objects.get(order=unpublished).published_at == AFTER
    row = rank_month(MAY)["technicians"][0]
    # 20 + 18 + (6 + 6) = 50 over 3 orders: 16.67 + 0.45
    assert [row[key] for key in ("taking_part", "orders", "points", "mean", "score", "dissatisfied")] == [
        3,
        7,
        50,
        "16.67",
        "17.12",
        1,
    ]


def test_missing_self_evaluation_is_left_out_when_the_policy_says_so(caller: User) -> None:
    policy_of(MAY, missing_self_points=None)
    evaluated(technician("W1", "甲"), None, 10, caller, number="A")

    settle(MAY, by=None, now=AFTER)

    assert reasons() == {"A": "no_self_evaluation"}
    assert rank_month(MAY)["star"] == []


def test_snapshot_keeps_policy_and_orders(caller: User, head: User) -> None:
    order = evaluated(technician("W1", "甲"), None, 8, caller, number="A")

    settlement = settle(MAY, by=head, now=AFTER)

    settlement.refresh_from_db()
    crew = order.crew_id
    assert list(settlement.shares.values_list("technician", "crew")) == [(order.technician_id, crew)]
    assert settlement.shares.get().orders == [
        [
            order.pk,
            "A",
            "2026-05-11",
            order.technician_id,
            crew,
            6,
            8,
            "",
            "basically_satisfied",
            "dispatcher",
            caller.pk,
        ]
    ]
    assert {
        key: settlement.policy[key]
        for key in ("begins_on", "volume_weight", "crew_formula", "missing_self_points")
    } == {
        "begins_on": "2000-01-01",
        "volume_weight": "0.1500",
        "crew_formula": "per_head",
        "missing_self_points": 6,
    }


def test_awards_go_to_who_stands_alone_and_stay_open_where_shared(caller: User) -> None:
    one, two = technician("W1", "甲"), technician("W2", "甲")
    evaluated(one, 10, 10, caller)
    evaluated(two, 10, 10, caller)

    settlement = settle(MAY, by=None, now=AFTER)

    awards = Award.objects.values_list("settlement", "kind", "crew__name", "bonus", "bonus_state")
    assert list(awards) == [(settlement.pk, "winning_crew", "甲", Decimal("0.50"), "pending")]
    assert rank_month(MAY)["star"] == ["W1", "W2"]


def test_settling_twice_is_one_settlement(caller: User, head: User) -> None:
    evaluated(technician("W1", "甲"), 10, 10, caller)

    first = settle(MAY, by=head, now=AFTER)
    again = settle(MAY, by=None, now=AFTER + timedelta(days=1))

    assert (first, Settlement.objects.count(), Award.objects.count()) == (again, 1, 2)


def test_settled_month_says_the_same_as_the_provisional_one_but_for_its_state(caller: User) -> None:
    evaluated(technician("W1", "甲"), 10, 8, caller)
    before = rank_month(MAY)

    settle(MAY, by=None, now=AFTER)

    assert rank_month(MAY) == {**before, "state": "settled"}


def test_settled_month_stays_the_same_number_by_number(caller: User, head: User) -> None:
    who, mate = technician("W1", "甲"), technician("W2", "乙")
    order = evaluated(who, 10, 10, caller)
    evaluated(mate, 10, 8, caller)
    settle(MAY, by=None, now=AFTER)
    settled, rows = told(), list(DailyScore.objects.values())

    policy_of(MAY, volume_weight=Decimal("9"), crew_formula="pooled", missing_self_points=None)
    who.crew, who.name, who.employee_no, who.is_active = mate.crew, "改名", "X9", False
    who.save()
    mate.crew.name = "改名班"
    mate.crew.save()
    caller.is_active = False
    caller.save()
    WorkOrder.objects.filter(pk=order.pk).update(technician=mate)
    Callback.objects.filter(order=order).update(rating="dissatisfied", points=6)
    CalendarOverride.objects.create(day=date(2026, 6, 3), is_service_day=False)
    evaluated(mate, 10, 10, caller)
    OrderFactory(technician=mate, received_at=AFTER)
    settle(MAY, by=head, now=AFTER)
    refresh_daily_rows(MAY, now=AFTER)
    settle_due_months(now=AFTER)

    assert told() == settled
    assert list(DailyScore.objects.values()) == rows


def test_every_attempt_to_change_a_settled_month_is_refused_and_changes_nothing(
    caller: User, head: User
) -> None:
    who = technician("W1", "甲")
    foreman = make_person("foreman", "foreman")
    make_lead(who.crew, foreman)
    rated, unrated = evaluated(who, 10, 10, caller), evaluated(who, None, 8, caller)
    open_one = make_callback(OrderFactory(technician=who), caller)
    undrawn = OrderFactory(technician=who)
    objected = evaluated(who, 10, 6, caller)
    settle(MAY, by=None, now=AFTER)
    objection = Objection.objects.create(order=objected, reason="评错了工单", by=foreman, at=AFTER)
    settled, rows = told(), list(DailyScore.objects.values())
    worse = SelfEvaluationAnswers("dissatisfied", opinion="加强培训")
    refused = CallbackState.REFUSED

    attempts: list[Callable[[], object]] = [
        lambda: save_self_evaluation(
            unrated, by=foreman, answer=SelfEvaluationAnswers("satisfied"), now=AFTER
        ),
        lambda: correct_self_evaluation(
            rated.self_evaluation, by=head, answer=worse, reason="看过记录", now=AFTER
        ),
        lambda: correct_callback(
            rated.callback, state=refused, answers=Answers(), by=head, reason="记错", now=AFTER
        ),
        lambda: record_attempt(open_one, Attempt("reached", Answers("satisfied")), by=caller, now=AFTER),
        lambda: take_out(undrawn, by=head, reason="演练工单", now=AFTER),
        lambda: raise_objection(rated, by=foreman, reason="评错了工单", now=AFTER),
        lambda: decide_objection(objection, by=head, is_upheld=True, words="属实", now=AFTER),
        lambda: publish_day(date(2026, 5, 11), by=caller, now=AFTER),
        lambda: draw_day(date(2026, 5, 11), now=AFTER),
        lambda: score_day(date(2026, 5, 11), now=AFTER),
        lambda: guard_policy(EvaluationPolicy(begins_on=MAY)),
    ]
    for attempt in attempts:
        with pytest.raises(Refused):
            attempt()

    assert told() == settled
    assert list(DailyScore.objects.values()) == rows


# --- Reopening ------------------------------------------------------------------------------------


def test_reopened_month_is_provisional_again_and_late_orders_enter(caller: User, head: User) -> None:
    who = technician("W1", "甲")
    evaluated(who, 10, 10, caller)
    evaluated(who, None, 8, caller, number="B")
    late = evaluated(who, 10, 8, caller, number="L", received_at=AFTER)
    make_callback(OrderFactory(technician=who, number="C"), caller)
    settlement = settle(MAY, by=None, now=AFTER)
    settled, awards = settlement.snapshot, Award.objects.count()
    left_out = reasons()

    reopen(MAY, by=head, reason="漏了自评", now=AFTER)

    assert left_out == {"C": "month_settled", "L": "too_late"}
    assert reasons() == {"C": "month_settled", "B": "no_self_evaluation"}
    assert (rank_month(MAY)["state"], rank_month(MAY)["technicians"][0]["points"]) == ("reopened", 38)
    settlement.refresh_from_db()
    assert (settlement.reopened_by, settlement.reopen_reason) == (head, "漏了自评")
    assert json.loads(json.dumps(settled)) == settlement.snapshot
    assert Award.objects.filter(settlement=settlement).count() == awards
    assert late.callback.state == CallbackState.RATED


def test_missing_self_evaluation_made_after_reopening_counts_when_settled_again(
    caller: User, head: User
) -> None:
    order = evaluated(technician("W1", "甲"), None, 8, caller)
    settle(MAY, by=None, now=AFTER)
    first = rank_month(MAY)["technicians"][0]["points"]
    reopen(MAY, by=head, reason="漏了自评", now=AFTER)
    make_self_evaluation(order, by=caller)

    settle(MAY, by=head, now=AFTER + timedelta(days=30))

    assert (first, rank_month(MAY)["technicians"][0]["points"]) == (14, 18)
    assert rank_month(MAY)["state"] == "settled"
    assert Settlement.objects.filter(month=MAY).count() == 2


@pytest.mark.parametrize("reason", ["", "  "])
def test_reopening_needs_a_reason(head: User, reason: str) -> None:
    settle(MAY, by=None, now=AFTER)

    with pytest.raises(Refused, match="原因"):
        reopen(MAY, by=head, reason=reason, now=AFTER)


def test_reopening_what_was_never_settled_is_refused(head: User) -> None:
    with pytest.raises(Refused, match="2026-05"):
        reopen(MAY, by=head, reason="x", now=AFTER)


def test_reopening_twice_keeps_the_first(head: User) -> None:
    settle(MAY, by=None, now=AFTER)
    first = reopen(MAY, by=head, reason="第一次", now=AFTER)

    assert reopen(MAY, by=head, reason="第二次", now=AFTER).reopen_reason == first.reopen_reason == "第一次"


# --- Automatic settling ---------------------------------------------------------------------------


def test_month_settles_by_itself_at_its_moment_once(caller: User) -> None:
    evaluated(technician("W1", "甲"), 10, 10, caller, day=date(2026, 5, 20))

    early = settle_due_months(now=SETTLES_AT - timedelta(seconds=1))
    on_time = settle_due_months(now=SETTLES_AT)

    assert (early, on_time, settle_due_months(now=AFTER)) == ([], [MAY], [])
    assert Settlement.objects.get().settled_by is None


def test_a_week_of_outage_is_made_good(caller: User) -> None:
    evaluated(technician("W1", "甲"), 10, 10, caller, day=date(2026, 4, 20))
    evaluated(technician("W2", "甲"), 10, 10, caller, day=date(2026, 5, 20))

    assert settle_due_months(now=days.moment_at(date(2026, 6, 12), time(9))) == [date(2026, 4, 1), MAY]


def test_month_waits_for_its_undecided_objection(caller: User) -> None:
    order = evaluated(technician("W1", "甲"), 10, 6, caller)
    Objection.objects.create(order=order, reason="记错", by=caller, at=order.last_due_at)

    assert settle_due_months(now=AFTER) == []


def test_history_does_not_settle_by_itself_but_at_once_when_asked(caller: User, head: User) -> None:
    order = OrderFactory(technician=technician("W1", "甲"), received_at=AFTER, with_deadlines=False)
    imported(order, 10, 10)

    assert settle_due_months(now=AFTER) == []
    assert settle(MAY, by=head, now=AFTER).month == MAY


def test_reopened_month_does_not_settle_by_itself(caller: User, head: User) -> None:
    evaluated(technician("W1", "甲"), 10, 10, caller)
    settle(MAY, by=None, now=AFTER)
    reopen(MAY, by=head, reason="x", now=AFTER)

    assert settle_due_months(now=AFTER + timedelta(days=5)) == []


def test_month_beyond_the_look_back_does_not_settle_by_itself(caller: User) -> None:
    evaluated(technician("W1", "甲"), 10, 10, caller, day=date(2026, 3, 20))

    assert settle_due_months(now=days.moment_at(date(2026, 7, 1), time(9))) == []


def test_settle_moment_follows_the_calendar_of_the_month(caller: User) -> None:
    policy_of(MAY, calendar="working_days")
    evaluated(technician("W1", "甲"), 10, 10, caller)
    fifth = days.moment_at(date(2026, 6, 5), time(18))  # June 1 is a Monday: five working days
    CalendarOverride.objects.create(day=date(2026, 6, 3), is_service_day=False)

    assert settle_due_months(now=fifth) == []
    assert settle_due_months(now=days.moment_at(date(2026, 6, 8), time(18))) == [MAY]


def test_reopened_month_waits_for_late_orders_too(caller: User, head: User) -> None:
    evaluated(technician("W1", "甲"), 10, 10, caller)
    settle(MAY, by=None, now=AFTER)
    reopen(MAY, by=head, reason="漏单", now=AFTER)
    OrderFactory(technician=technician("W2", "甲"), received_at=AFTER)

    assert obstacles(MAY, now=AFTER) == SettlingObstacles(is_over=True, running=1)


# --- Concurrency ----------------------------------------------------------------------------------

locked = pytest.mark.django_db(transaction=True, serialized_rollback=True)


@pytest.mark.postgres
@locked
def test_two_who_settle_at_once_make_one_settlement(caller: User, head: User) -> None:
    evaluated(technician("W1", "甲"), 10, 10, caller)

    one, other = at_once(*[lambda: settle(MAY, by=head, now=AFTER)] * 2)

    assert (one, Settlement.objects.count(), Award.objects.count()) == (other, 1, 2)


@pytest.mark.postgres
@locked
def test_rating_and_settling_at_once_agree(caller: User, head: User) -> None:
    order = evaluated(technician("W1", "甲"), None, 8, caller)
    foreman = make_person("foreman", "foreman")
    make_lead(order.crew, foreman)

    rated, settled = at_once(
        lambda: save_self_evaluation(
            order, by=foreman, answer=SelfEvaluationAnswers(rating="satisfied"), now=AFTER
        ),
        lambda: settle(MAY, by=head, now=AFTER),
    )

    own = 6 if isinstance(rated, Refused) else 10
    assert settled.snapshot["table"]["technicians"][0]["points"] == own + 8
    assert DailyScore.objects.get().self_points == own


@pytest.mark.postgres
@locked
def test_scoring_and_settling_at_once_leave_the_settled_rows(caller: User, head: User) -> None:
    evaluated(technician("W1", "甲"), None, 8, caller)

    at_once(
        lambda: score_day(date(2026, 5, 11), now=AFTER),
        lambda: settle(MAY, by=head, now=AFTER),
        lambda: refresh_daily_rows(MAY, now=AFTER),
    )

    assert DailyScore.objects.get().self_points == 6
