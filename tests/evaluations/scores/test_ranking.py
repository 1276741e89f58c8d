"""Exact results of months calculated by hand (domain §8)."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from evaluations.enums import CallbackState
from evaluations.scores.ranking import CREW_KEYS, TECHNICIAN_KEYS, rank_month
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import Refused
from tests.factories import OrderFactory, make_callback, make_person, make_self_evaluation
from tests.worlds.months import MAY, evaluated, objection_upheld, policy_of, technician
from workorders.enums import Kind
from workorders.models import Technician

pytestmark = pytest.mark.django_db


@pytest.fixture
def caller() -> User:
    return make_person("caller", "dispatcher")


def rate(who: Technician, caller: User, *points: int, **fields: Any) -> None:
    """Orders worth 20 (10+10), 18 (10+8) … points; below 16 the crew rated itself lower too."""
    halves = {20: (10, 10), 18: (10, 8), 16: (8, 8), 14: (8, 6), 12: (6, 6)}
    for each in points:
        evaluated(who, *halves[each], caller, **fields)


def brief(month: date = MAY) -> list[tuple[Any, ...]]:
    """Rank, employee number, taking part/orders, points, mean and score of each technician, in the listed order."""
    return [
        (
            r["rank"],
            r["employee_no"],
            f"{r['taking_part']}/{r['orders']}",
            r["points"],
            r["mean"],
            r["score"],
        )
        for r in rank_month(month)["technicians"]
    ]


def crews(month: date = MAY) -> list[tuple[Any, ...]]:
    keys = ("rank", "name", "technicians", "score", "score_per_head", "score_pooled")
    return [tuple(row[key] for key in keys) for row in rank_month(month)["crews"]]


def test_plans_first_example_is_18_45(caller: User) -> None:
    rate(technician("W1", "甲"), caller, 20, 18, 16)

    assert rank_month(MAY) == {
        "month": "2026-05",
        "state": "provisional",
        "policy_from": "2000-01-01",
        "technicians": [
            {
                "rank": 1,
                "employee_no": "W1",
                "name": "师傅W1",
                "crew": "甲",
                "orders": 3,
                "taking_part": 3,
                "points": 54,
                "mean": "18.00",
                "score": "18.45",
                "satisfied": 1,
                "basically_satisfied": 2,
                "dissatisfied": 0,
                "repeat_repairs": 0,
            }
        ],
        "crews": [
            {
                "rank": 1,
                "name": "甲",
                "technicians": 1,
                "orders": 3,
                "taking_part": 3,
                "points": 54,
                "mean": "18.00",
                "score": "18.45",
                "score_per_head": "18.45",
                "score_pooled": "18.45",
                "satisfied": 1,
                "basically_satisfied": 2,
                "dissatisfied": 0,
                "repeat_repairs": 0,
            }
        ],
        "star": ["W1"],
        "winning_crew": ["甲"],
        "left_out": [],
    }


def test_halves_in_the_third_decimal_go_up(caller: User) -> None:
    rate(technician("W1", "甲"), caller, 20, *[18] * 15)

    assert brief() == [(1, "W1", "16/16", 290, "18.13", "20.53")]


def test_keys_stand_in_the_contracts_order(caller: User) -> None:
    rate(technician("W1", "甲"), caller, 20)

    document = rank_month(MAY)

    assert list(document) == [
        "month",
        "state",
        "policy_from",
        "technicians",
        "crews",
        "star",
        "winning_crew",
        "left_out",
    ]
    assert tuple(document["technicians"][0]) == TECHNICIAN_KEYS
    assert tuple(document["crews"][0]) == CREW_KEYS


def test_ties_at_every_level(caller: User) -> None:
    policy_of(MAY, volume_weight=Decimal("0.5"))
    first, by_mean = technician("W1", "甲"), technician("W2", "甲")
    by_dissatisfied, by_repeats = technician("W3", "乙"), technician("W4", "乙")
    shared, last = technician("W5", "丙"), technician("W6", "丙")
    rate(by_mean, caller, 20, 18)  # 19 + 1.0
    rate(first, caller, 20, 20)  # 20 + 1.0
    rate(last, caller, 18, 18, 18, 18)  # 18 + 2.0: the score of W2, the lower mean
    rate(by_dissatisfied, caller, 16)  # 16.5, 8 + 8
    for who in (by_repeats, shared):
        evaluated(who, 10, 6, caller)  # 16.5, 10 + 6: dissatisfied once
    again = OrderFactory(technician=first, day=date(2026, 5, 20), kind=Kind.REQUEST)
    again.repeat_of = shared.orders.get()
    again.save(update_fields=["repeat_of"])

    assert [(r["rank"], r["employee_no"], r["score"]) for r in rank_month(MAY)["technicians"]] == [
        (1, "W1", "21.00"),
        (2, "W2", "20.00"),
        (3, "W6", "20.00"),
        (4, "W3", "16.50"),
        (5, "W4", "16.50"),
        (6, "W5", "16.50"),
    ]


def test_equal_on_all_counts_share_rank_one_and_both_are_listed(caller: User) -> None:
    rate(technician("W2", "甲"), caller, 18)
    rate(technician("W1", "乙"), caller, 18)
    rate(technician("W3", "丙"), caller, 16)

    document = rank_month(MAY)

    assert [(r["rank"], r["employee_no"]) for r in document["technicians"]] == [
        (1, "W1"),
        (1, "W2"),
        (3, "W3"),
    ]
    assert (document["star"], document["winning_crew"]) == (["W1", "W2"], ["乙", "甲"])


def test_nobody_took_part_no_score_no_rank_no_star(caller: User) -> None:
    OrderFactory(technician=technician("W1", "甲"), number="A-1")

    document = rank_month(MAY)

    assert brief() == [(None, "W1", "0/1", 0, None, None)]
    assert crews() == [(None, "甲", 0, None, None, None)]
    assert (document["star"], document["winning_crew"]) == ([], [])
    assert document["left_out"] == [{"number": "A-1", "reason": "waiting"}]


def test_month_without_orders_is_empty() -> None:
    assert rank_month(date(2026, 2, 1)) == {
        "month": "2026-02",
        "state": "provisional",
        "policy_from": "2000-01-01",
        "technicians": [],
        "crews": [],
        "star": [],
        "winning_crew": [],
        "left_out": [],
    }


def test_month_before_the_first_policy_is_refused() -> None:
    with pytest.raises(Refused, match="1999-12"):
        rank_month(date(1999, 12, 1))


def test_those_without_a_score_come_last(caller: User) -> None:
    OrderFactory(technician=technician("W0", "甲"))
    rate(technician("W9", "甲"), caller, 12)

    assert brief() == [(1, "W9", "1/1", 12, "12.00", "12.15"), (None, "W0", "0/1", 0, None, None)]


def test_first_and_last_second_of_the_month(caller: User) -> None:
    who = technician("W1", "甲")
    rate(who, caller, 20, day=date(2026, 4, 30), closing_clock=time(23, 59, 59))
    rate(who, caller, 18, day=MAY, closing_clock=time(0, 0, 0))
    rate(who, caller, 16, day=date(2026, 5, 31), closing_clock=time(23, 59, 59))
    rate(who, caller, 14, day=date(2026, 6, 1), closing_clock=time(0, 0, 0))

    assert [brief(month)[0][2:4] for month in (date(2026, 4, 1), MAY, date(2026, 6, 1))] == [
        ("1/1", 20),
        ("2/2", 34),
        ("1/1", 14),
    ]


def test_policy_changed_between_months_ranks_each_by_its_own(caller: User) -> None:
    who = technician("W1", "甲")
    rate(who, caller, 20, 18, day=date(2026, 4, 8))
    rate(who, caller, 20, 18, day=date(2026, 5, 8))
    policy_of(MAY, volume_weight=Decimal("0.25"))

    april, may = rank_month(date(2026, 4, 1)), rank_month(MAY)

    assert (april["policy_from"], april["technicians"][0]["score"]) == ("2000-01-01", "19.30")
    assert (may["policy_from"], may["technicians"][0]["score"]) == ("2026-05-01", "19.50")


def test_technician_in_two_crews_ranks_once_and_feeds_both(caller: User) -> None:
    who = technician("W1", "甲")
    mate = technician("W2", "乙")
    rate(who, caller, 20, 20)
    rate(who, caller, 18, crew=mate.crew)
    rate(mate, caller, 18)

    assert [(r["employee_no"], r["crew"], r["points"]) for r in rank_month(MAY)["technicians"]] == [
        ("W1", "甲", 58),
        ("W2", "乙", 18),
    ]
    # 甲: 20 + 0.15 × 2 ÷ 1; 乙: 18 + 0.15 × 2 ÷ 2, pooled 18 + 0.30
    assert crews() == [(1, "甲", 1, "20.30", "20.30", "20.30"), (2, "乙", 2, "18.15", "18.15", "18.30")]


@pytest.mark.parametrize(("clock", "crew"), [(time(9), "甲"), (time(17), "乙"), (time(16), "乙")])
def test_crew_of_a_technician_in_a_tie_is_that_of_the_latest_order(
    caller: User, clock: time, crew: str
) -> None:
    who, other = technician("W1", "甲"), technician("W2", "乙")
    rate(who, caller, 20, number="A-1")  # closed at 16:00
    rate(who, caller, 20, number="A-2", crew=other.crew, closing_clock=clock)

    assert rank_month(MAY)["technicians"][0]["crew"] == crew


def test_crew_formula_of_the_policy_decides_and_both_are_given(caller: User) -> None:
    small, first, second = technician("W1", "小"), technician("W2", "大"), technician("W3", "大")
    rate(small, caller, 20, 18)  # 19 + 0.30
    rate(first, caller, 20, 18, 18)
    rate(second, caller, 20, 18, 20)  # 114 ÷ 6 = 19; + 0.45 a head, + 0.90 pooled

    per_head = crews()
    policy_of(MAY, crew_formula="pooled")

    assert per_head == [(1, "大", 2, "19.45", "19.45", "19.90"), (2, "小", 1, "19.30", "19.30", "19.30")]
    assert crews() == [(1, "大", 2, "19.90", "19.45", "19.90"), (2, "小", 1, "19.30", "19.30", "19.30")]


def test_per_head_and_pooled_may_crown_different_crews(caller: User) -> None:
    one = technician("W1", "小")
    many = [technician(f"W{i}", "大") for i in range(2, 6)]
    rate(one, caller, 20, 20)  # 20 + 0.30
    for who in many:
        rate(who, caller, 20, 18)  # 19 + 0.30 a head, + 1.20 pooled

    assert rank_month(MAY)["winning_crew"] == ["小"]
    policy_of(MAY, crew_formula="pooled")
    rate(many[0], caller, 20, 20, 20)  # 212 ÷ 11 = 19.2727…; + 1.65
    assert crews()[0] == (1, "大", 4, "20.92", "19.69", "20.92")


def test_technicians_of_a_crew_are_those_who_took_part_in_it(caller: User) -> None:
    rate(technician("W1", "甲"), caller, 20, 20)
    OrderFactory(technician=technician("W2", "甲"))

    assert crews() == [(1, "甲", 1, "20.30", "20.30", "20.30")]


def test_repeats_are_charged_to_the_earlier_repair_link_by_link(caller: User) -> None:
    first, second, third = technician("W1", "甲"), technician("W2", "乙"), technician("W3", "丙")
    for who in (first, second, third):
        rate(who, caller, 20)
    early = OrderFactory(technician=first, day=date(2026, 4, 2))
    middle = OrderFactory(technician=second, repeat_of=early, channel="other", day=date(2026, 5, 3))
    OrderFactory(technician=third, repeat_of=middle, reporter_phone="", kind="", day=date(2026, 5, 4))
    OrderFactory(technician=third, repeat_of=middle, day=date(2026, 6, 4))  # another month's
    OrderFactory(technician=third, repeat_of=middle, kind=Kind.DUPLICATE)  # a duplicate is not a repeat

    document = rank_month(MAY)

    assert {r["employee_no"]: r["repeat_repairs"] for r in document["technicians"]} == {
        "W1": 1,
        "W2": 1,
        "W3": 0,
    }
    assert {r["name"]: r["repeat_repairs"] for r in document["crews"]} == {"甲": 1, "乙": 1, "丙": 0}


def test_upheld_objection_leaves_the_order_out(caller: User) -> None:
    who = technician("W1", "甲")
    rate(who, caller, 20)
    objection_upheld(evaluated(who, 10, 6, caller, number="A-1"), caller)

    assert brief() == [(1, "W1", "1/2", 20, "20.00", "20.15")]
    assert rank_month(MAY)["left_out"] == [{"number": "A-1", "reason": "objection"}]


def test_who_moved_to_another_crew_keeps_the_old_scores_there(caller: User) -> None:
    who = technician("W1", "甲")
    rate(who, caller, 20)
    who.crew = technician("W2", "乙").crew
    who.save(update_fields=["crew"])

    assert rank_month(MAY)["technicians"][0]["crew"] == "甲"


def test_ranking_asks_a_fixed_number_of_queries(caller: User, django_assert_num_queries: Any) -> None:
    for i in range(12):
        rate(technician(f"W{i}", f"工班{i}"), caller, 20, 18)

    with django_assert_num_queries(12):
        rank_month(MAY)


def test_left_out_is_ordered_by_number(caller: User) -> None:
    who = technician("W1", "甲")
    for number in ("C-3", "A-1", "B-2"):
        OrderFactory(technician=who, number=number)
    evaluated(who, None, 8, caller, number="A-9", day=date(2026, 5, 12))

    assert [(row["number"], row["reason"]) for row in rank_month(MAY)["left_out"]] == [
        ("A-1", "waiting"),
        ("A-9", "no_self_evaluation"),
        ("B-2", "waiting"),
        ("C-3", "waiting"),
    ]


def test_too_late_after_the_settle_moment_takes_no_part_whatever_it_has(caller: User) -> None:
    who = technician("W1", "甲")
    rate(who, caller, 20, received_at=days.moment_at(date(2026, 5, 12), time(8)))
    late = days.moment_at(date(2026, 6, 5), time(18, 0, 1))
    rate(who, caller, 18, number="A-1", received_at=late)
    rate(who, caller, 16, received_at=days.moment_at(date(2026, 6, 5), time(18)))

    assert brief() == [(1, "W1", "2/3", 36, "18.00", "18.30")]
    assert rank_month(MAY)["left_out"] == [{"number": "A-1", "reason": "too_late"}]


def test_history_is_never_too_late(caller: User) -> None:
    rate(technician("W1", "甲"), caller, 20, received_at=days.moment_at(date(2026, 11, 2), time(9)))

    assert brief() == [(1, "W1", "1/1", 20, "20.00", "20.15")]


def test_callback_states_do_not_count_as_ratings(caller: User) -> None:
    who = technician("W1", "甲")
    for state in (CallbackState.UNREACHABLE, CallbackState.REFUSED):
        order = OrderFactory(technician=who)
        make_self_evaluation(order, by=caller)
        make_callback(order, caller, state, published_at=order.due_at)

    assert brief() == [(None, "W1", "0/2", 0, None, None)]
