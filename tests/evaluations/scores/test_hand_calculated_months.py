"""A table of months calculated by hand (domain §8): the events and every resulting number."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from evaluations.callbacks.answers import Answers
from evaluations.callbacks.attempts import Attempt
from evaluations.callbacks.save import record_attempt
from evaluations.feedback.publish import publish_day
from evaluations.models import ProblemType
from evaluations.scores.ranking import rank_month
from evaluations.scores.settle import reopen, settle
from evaluations.self_evaluation.actions import SelfEvaluationAnswers, save_self_evaluation
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from tests.factories import make_callback, make_person, make_self_evaluation
from tests.worlds.months import AFTER, MAY, evaluated, objection_upheld, policy_of, technician
from workorders.models import Crew, CrewLead, Technician

pytestmark = pytest.mark.django_db

APRIL, JUNE = date(2026, 4, 1), date(2026, 6, 1)
LAST_SECOND, FIRST_SECOND = time(23, 59, 59), time(0, 0, 0)
TEN_TEN, TEN_EIGHT, EIGHT_EIGHT, TEN_SIX = (10, 10), (10, 8), (8, 8), (10, 6)


@dataclass
class Work:
    """`times` orders of one technician in one crew, with the crew's and the reporter's points (None: not rated)."""

    who: str
    crew: str
    points: tuple[int | None, int | None]
    times: int = 1
    fields: dict[str, Any] = field(default_factory=dict)
    is_objected: bool = False
    is_repeated: bool = False
    """Each of them was repaired again in May."""


@dataclass
class Centre:
    caller: User
    head: User
    people: dict[str, Technician] = field(default_factory=dict)

    def happened(self, *works: Work) -> None:
        for work in works:
            for _ in range(work.times):
                self.one(work)

    def one(self, work: Work) -> None:
        crew = Crew.objects.get_or_create(name=work.crew)[0]
        who = self.people.get(work.who) or technician(work.who, crew)
        self.people[work.who] = who
        order = evaluated(who, *work.points, self.caller, crew=crew, **work.fields)
        if work.is_objected:
            objection_upheld(order, self.caller)
        if work.is_repeated:  # a request is not evaluated, but still counts as a repeat
            evaluated(who, None, None, self.caller, day=date(2026, 5, 20), kind="request", repeat_of=order)


@pytest.fixture
def centre() -> Centre:
    return Centre(make_person("caller", "dispatcher"), make_person("head", "head"))


def technicians(month: date = MAY) -> list[str]:
    """“rank number crew: taking part/orders points mean score”."""
    return [
        f"{r['rank']} {r['employee_no']} {r['crew']}: "
        f"{r['taking_part']}/{r['orders']} {r['points']} {r['mean']} {r['score']}"
        for r in rank_month(month)["technicians"]
    ]


def crews(month: date = MAY) -> list[str]:
    """“rank name technicians: taking part/orders points mean score (per head, pooled)”."""
    return [
        f"{r['rank']} {r['name']} {r['technicians']}: {r['taking_part']}/{r['orders']} {r['points']} "
        f"{r['mean']} {r['score']} ({r['score_per_head']}, {r['score_pooled']})"
        for r in rank_month(month)["crews"]
    ]


def left_out(month: date = MAY) -> dict[str, str]:
    return {row["number"]: row["reason"] for row in rank_month(month)["left_out"]}


MONTHS: dict[str, tuple[list[Work], list[str], list[str]]] = {
    "equal scores, the higher mean first": (
        # W1: 38 ÷ 2 = 19, + 0.30 = 19.30; W2: 352 ÷ 22 = 16, + 3.30 = 19.30
        [Work("W1", "甲", TEN_TEN), Work("W1", "甲", TEN_EIGHT), Work("W2", "乙", EIGHT_EIGHT, times=22)],
        ["1 W1 甲: 2/2 38 19.00 19.30", "2 W2 乙: 22/22 352 16.00 19.30"],
        [
            "1 甲 1: 2/2 38 19.00 19.30 (19.30, 19.30)",
            "2 乙 1: 22/22 352 16.00 19.30 (19.30, 19.30)",
        ],
    ),
    "equal as shown, not equal: 17.1045… comes before 17.10": (
        # W1: 66 ÷ 4 = 16.5, + 0.60 = 17.1; W2: 170 ÷ 11 = 15.4545…, + 1.65 = 17.1045…
        [
            Work("W1", "甲", TEN_EIGHT),
            Work("W1", "甲", EIGHT_EIGHT, times=3),
            Work("W2", "乙", EIGHT_EIGHT, times=8),
            Work("W2", "乙", (8, 6), times=3),
        ],
        ["1 W2 乙: 11/11 170 15.45 17.10", "2 W1 甲: 4/4 66 16.50 17.10"],
        [
            "1 乙 1: 11/11 170 15.45 17.10 (17.10, 17.10)",
            "2 甲 1: 4/4 66 16.50 17.10 (17.10, 17.10)",
        ],
    ),
    "equal means: fewer dissatisfied, then fewer repeats, then a shared rank and a gap": (
        # 16 + 0.15 each; W1 nobody dissatisfied, the others one, W3 with a repeat
        [
            Work("W5", "丁", TEN_SIX),
            Work("W1", "甲", EIGHT_EIGHT),
            Work("W3", "丙", TEN_SIX, is_repeated=True),
            Work("W2", "乙", TEN_SIX),
            Work("W4", "丁", TEN_SIX),
            Work("W6", "戊", (6, 6)),
        ],
        [
            "1 W1 甲: 1/1 16 16.00 16.15",
            "2 W2 乙: 1/1 16 16.00 16.15",
            "2 W4 丁: 1/1 16 16.00 16.15",
            "2 W5 丁: 1/1 16 16.00 16.15",
            "5 W3 丙: 1/1 16 16.00 16.15",
            "6 W6 戊: 1/1 12 12.00 12.15",
        ],
        [
            # 丁: 0.15 × 2 ÷ 2 a head, 0.30 pooled, and two dissatisfied
            "1 甲 1: 1/1 16 16.00 16.15 (16.15, 16.15)",
            "2 乙 1: 1/1 16 16.00 16.15 (16.15, 16.15)",
            "3 丙 1: 1/1 16 16.00 16.15 (16.15, 16.15)",
            "4 丁 2: 2/2 32 16.00 16.15 (16.15, 16.30)",
            "5 戊 1: 1/1 12 12.00 12.15 (12.15, 12.15)",
        ],
    ),
    "halves in the third decimal go up, per head too": (
        # W1: 290 ÷ 16 = 18.125, + 2.40 = 20.525; 乙: 54 ÷ 3 = 18, + 0.15 × 3 ÷ 2 = 18.225, pooled 18.45
        [
            Work("W1", "甲", TEN_TEN),
            Work("W1", "甲", TEN_EIGHT, times=15),
            Work("W2", "乙", TEN_EIGHT, times=2),
            Work("W3", "乙", TEN_EIGHT),
        ],
        [
            "1 W1 甲: 16/16 290 18.13 20.53",
            "2 W2 乙: 2/2 36 18.00 18.30",
            "3 W3 乙: 1/1 18 18.00 18.15",
        ],
        [
            "1 甲 1: 16/16 290 18.13 20.53 (20.53, 20.53)",
            "2 乙 2: 3/3 54 18.00 18.23 (18.23, 18.45)",
        ],
    ),
    "no participants": (
        [Work("W2", "乙", (10, None)), Work("W1", "甲", (None, 10))],
        ["None W1 甲: 0/1 0 None None", "None W2 乙: 0/1 0 None None"],
        ["None 乙 0: 0/1 0 None None (None, None)", "None 甲 0: 0/1 0 None None (None, None)"],
    ),
    "a technician in two crews: that of most orders in scope, rated or not": (
        # W1: 20 + 18 + 16 = 54 ÷ 3, + 0.45; two of the three orders in 乙 were not rated
        [
            Work("W1", "甲", TEN_TEN),
            Work("W1", "甲", TEN_EIGHT),
            Work("W1", "乙", EIGHT_EIGHT),
            Work("W1", "乙", (10, None), times=2),
        ],
        ["1 W1 乙: 3/5 54 18.00 18.45"],
        ["1 甲 1: 2/2 38 19.00 19.30 (19.30, 19.30)", "2 乙 1: 1/3 16 16.00 16.15 (16.15, 16.15)"],
    ),
    "an upheld objection": (
        [Work("W1", "甲", TEN_TEN), Work("W1", "甲", TEN_SIX, is_objected=True)],
        ["1 W1 甲: 1/2 20 20.00 20.15"],
        ["1 甲 1: 1/2 20 20.00 20.15 (20.15, 20.15)"],
    ),
}


@pytest.mark.parametrize("name", MONTHS)
def test_month_worked_out_by_hand(centre: Centre, name: str) -> None:
    works, by_technician, by_crew = MONTHS[name]

    centre.happened(*works)

    assert (technicians(), crews()) == (by_technician, by_crew)


def test_either_side_of_midnight_has_its_months_own_points_weight_and_formula(centre: Centre) -> None:
    policy_of(
        JUNE,
        points_satisfied=12,
        points_basically_satisfied=9,
        points_dissatisfied=3,
        volume_weight=Decimal("0.25"),
        crew_formula="pooled",
    )
    centre.happened(
        Work("W1", "甲", TEN_TEN, fields={"day": date(2026, 4, 30), "closing_clock": LAST_SECOND}),
        Work("W1", "甲", TEN_EIGHT, fields={"day": MAY, "closing_clock": FIRST_SECOND}),
        Work("W2", "甲", EIGHT_EIGHT, fields={"day": date(2026, 5, 31), "closing_clock": LAST_SECOND}),
    )
    for who, called in (("W1", "basically_satisfied"), ("W2", "dissatisfied")):
        rated_in_june(centre, who, called)

    assert (technicians(APRIL), crews(APRIL)) == (
        ["1 W1 甲: 1/1 20 20.00 20.15"],
        ["1 甲 1: 1/1 20 20.00 20.15 (20.15, 20.15)"],
    )
    # 甲 in May: 34 ÷ 2 = 17, + 0.15 × 2 ÷ 2 a head
    assert (technicians(), crews()) == (
        ["1 W1 甲: 1/1 18 18.00 18.15", "2 W2 甲: 1/1 16 16.00 16.15"],
        ["1 甲 2: 2/2 34 17.00 17.15 (17.15, 17.30)"],
    )
    # June: 12 + 9 and 12 + 3; 36 ÷ 2 = 18, + 0.25 × 2 pooled
    assert (technicians(JUNE), crews(JUNE)) == (
        ["1 W1 甲: 1/1 21 21.00 21.25", "2 W2 甲: 1/1 15 15.00 15.25"],
        ["1 甲 2: 2/2 36 18.00 18.50 (18.25, 18.50)"],
    )


def rated_in_june(centre: Centre, who: str, called: str) -> None:
    """Rated through the actions in the first second of June, so that the product sets the points."""
    first_second = {"day": JUNE, "closing_clock": FIRST_SECOND}
    centre.happened(Work(who, "甲", (None, None), fields=first_second))
    order = centre.people[who].orders.get(closed_on=JUNE)
    foreman = User.objects.filter(username="foreman").first() or make_person("foreman", "foreman")
    CrewLead.objects.get_or_create(crew=order.crew, person=foreman, kind="foreman", from_on=APRIL)
    save_self_evaluation(order, by=foreman, answer=SelfEvaluationAnswers("satisfied"), now=order.due_at)
    callback = make_callback(order, centre.caller)
    record_attempt(callback, Attempt("reached", said(called)), by=centre.caller, now=order.due_at)
    publish_day(JUNE, by=centre.caller, now=order.due_at)


def said(rating: str) -> Answers:
    if rating != "dissatisfied":
        return Answers(rating)
    kind = ProblemType.objects.filter(needs_text=False).values_list("pk", flat=True)[:1]
    return Answers(rating, gave_no_reason=True, problem_types=frozenset(kind))


@pytest.mark.parametrize(
    ("missing", "line", "out"),
    [
        (6, "1 W1 甲: 2/2 34 17.00 17.30", {}),  # 10 + 10 and 6 + 8
        (5, "1 W1 甲: 2/2 33 16.50 16.80", {}),
        (None, "1 W1 甲: 1/2 20 20.00 20.15", {"A": "no_self_evaluation"}),
    ],
)
def test_missing_self_evaluation_when_settled(
    centre: Centre, missing: int | None, line: str, out: dict[str, str]
) -> None:
    policy_of(MAY, missing_self_points=missing)
    centre.happened(Work("W1", "甲", TEN_TEN), Work("W1", "甲", (None, 8), fields={"number": "A"}))
    assert (technicians(), left_out()) == (["1 W1 甲: 1/2 20 20.00 20.15"], {"A": "no_self_evaluation"})

    settle(MAY, by=None, now=AFTER)

    assert (technicians(), left_out()) == ([line], out)


def test_late_order_and_late_rating_enter_when_reopened_and_settled_again(centre: Centre) -> None:
    late = {"number": "L", "received_at": days.moment_at(date(2026, 6, 8), time(9))}
    in_time = {"received_at": days.moment_at(date(2026, 5, 12), time(8, 30))}
    centre.happened(
        Work("W1", "甲", TEN_TEN, fields=in_time),
        Work("W1", "甲", (None, 8), fields={"number": "A"}),
        Work("W2", "甲", TEN_SIX, fields={"number": "B"}),
    )
    first = settle(MAY, by=None, now=AFTER)
    frozen = rank_month(MAY)
    # W1: 20 + (6 + 8) = 34; 甲: 50 ÷ 3 = 16.666…, + 0.15 × 3 ÷ 2
    assert (technicians(), crews()) == (
        ["1 W1 甲: 2/2 34 17.00 17.30", "2 W2 甲: 1/1 16 16.00 16.15"],
        ["1 甲 2: 3/3 50 16.67 16.89 (16.89, 17.12)"],
    )

    centre.happened(Work("W2", "甲", TEN_TEN, fields=late))
    assert rank_month(MAY) == frozen

    reopen(MAY, by=centre.head, reason="补录", now=days.moment_at(date(2026, 6, 12), time(9)))
    # W1 without the lowest points: 20; W2: 16 + 20 = 36
    assert (technicians(), left_out()) == (
        ["1 W1 甲: 1/2 20 20.00 20.15", "2 W2 甲: 2/2 36 18.00 18.30"],
        {"A": "no_self_evaluation"},
    )

    make_self_evaluation(centre.people["W1"].orders.get(number="A"), "satisfied", by=centre.caller)
    settle(MAY, by=centre.head, now=days.moment_at(date(2026, 6, 20), time(9)))
    # W1: 20 + 18 = 38; 甲: 74 ÷ 4 = 18.5, + 0.15 × 4 ÷ 2
    assert (technicians(), crews(), left_out()) == (
        ["1 W1 甲: 2/2 38 19.00 19.30", "2 W2 甲: 2/2 36 18.00 18.30"],
        ["1 甲 2: 4/4 74 18.50 18.80 (18.80, 19.10)"],
        {},
    )
    first.refresh_from_db()
    old = first.snapshot["table"]["technicians"]
    assert [(row["employee_no"], row["points"], row["score"]) for row in old] == [
        ("W1", 34, "17.30"),
        ("W2", 16, "16.15"),
    ]
    assert first.awards.get(kind="star").technician == centre.people["W1"]
