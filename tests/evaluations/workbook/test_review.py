"""Ratings and deadlines that the evaluation adds to planned rows (domain §8, §11)."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from evaluations.deadlines import LOOKBACK_DAYS
from evaluations.models import EvaluationPolicy
from evaluations.workbook.callers import CallerLookup
from evaluations.workbook.cells import EvaluationCells
from evaluations.workbook.review import EvaluationFacts, EvaluationReview
from tests.worlds.workbooks import NOW
from workorders.intake.order_rows import OrderCells, OrderRow
from workorders.intake.order_state import FROZEN, CrewFacts, OrderState, TechnicianFacts
from workorders.intake.plan import PlannedRow, RowAction
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 11)
IN_SCOPE = OrderState(
    number="WX-1",
    closed_at=NOW - timedelta(hours=16),
    closed_on=DAY,
    reporter_phone="13800001111",
    crew=CrewFacts("工班甲", 1),
    technician=TechnicianFacts("0042", "李四", 1),
    kind="fault",
    channel="hotline",
    entered_at=NOW,
)
RATED = EvaluationCells(self_points="10")


def order_row(place: int = 2) -> OrderRow:
    return OrderRow.of(OrderCells.model_construct(number="WX-1"), row=place)


def review_of(evaluations=None, *, settled=(), evaluated=()) -> EvaluationReview:
    facts = EvaluationFacts(frozenset(settled), frozenset(evaluated), cells=(), visible={})
    callers = CallerLookup((), create=False)
    return EvaluationReview(facts, evaluations or {}, callers=callers, now=NOW)


@pytest.mark.parametrize(
    ("fields", "settled", "is_due"),
    [
        ({}, (), True),
        ({"entered_at": None}, (), False),
        ({"kind": "request"}, (), False),
        ({"crew": None}, (), False),
        ({"closed_on": DAY - timedelta(days=LOOKBACK_DAYS)}, (), False),
        ({}, (date(2026, 5, 1),), False),
        ({}, (date(2026, 4, 1),), True),
    ],
    ids=["in scope", "not entered", "request", "incomplete", "too old", "settled", "other month settled"],
)
def test_only_what_is_evaluated_has_deadlines(fields, settled, is_due):
    due_at, last_due_at = review_of(settled=settled).due_times(replace(IN_SCOPE, **fields))

    assert (due_at is not None, last_due_at is not None) == (is_due, is_due)


@pytest.mark.parametrize(
    ("cells", "after", "settled", "field"),
    [
        (RATED, IN_SCOPE, (), None),
        (RATED, replace(IN_SCOPE, kind="request"), (), "self_points"),
        (RATED, IN_SCOPE, (date(2026, 5, 1),), "self_points"),
        (EvaluationCells(self_points="7"), IN_SCOPE, (), "self_points"),
        (EvaluationCells(self_points="10", total="9"), IN_SCOPE, (), "total"),
        (EvaluationCells(self_points="10", dispatcher_caller="王调度", dispatcher_points="8"), IN_SCOPE, (),
         "dispatcher_caller"),
        (None, replace(IN_SCOPE, kind="request"), (), None),
    ],
    ids=["accepted", "out of scope", "settled", "no such points", "wrong sum", "unknown caller", "blank"],
)  # fmt: skip
def test_planned_row_is_accepted_or_rejected_for_its_evaluation(cells, after, settled, field):
    planned = PlannedRow(row=order_row(), action=RowAction.CREATE, after=after)
    review = review_of({("", 2): cells} if cells else {}, settled=settled)

    found = review.review(planned)

    assert (found.problem and found.problem.field) == field
    assert (found.action, found.brings_more) == (
        RowAction.REJECT if field else RowAction.CREATE,
        cells is not None and field is None,
    )
    assert [one.self_rating for one in review.accepted] == (["satisfied"] if found.brings_more else [])


def test_points_without_a_policy_are_rejected():
    EvaluationPolicy.objects.all().delete()
    planned = PlannedRow(row=order_row(), action=RowAction.CREATE, after=IN_SCOPE)

    found = review_of({("", 2): RATED}).review(planned)

    assert found.problem and found.problem.message == "该月没有评价方案"


@pytest.mark.parametrize(
    ("second", "action"),
    [
        (RATED, RowAction.REPEAT),
        (None, RowAction.REJECT),
        (EvaluationCells(self_points="8"), RowAction.REJECT),
    ],
)
def test_repeated_row_says_the_same_of_the_evaluation(second, action):
    evaluations = {("", 2): RATED} | ({("", 3): second} if second else {})
    planned = PlannedRow(row=order_row(3), action=RowAction.REPEAT, first=order_row(2))

    assert review_of(evaluations).review(planned).action == action


def test_evaluation_of_a_waiting_row_waits_too():
    planned = PlannedRow(row=order_row(), action=RowAction.WAIT, after=IN_SCOPE)
    review = review_of({("", 2): RATED})

    assert (review.review(planned), review.accepted) == (planned, [])


def test_frozen_fields_of_drawn_orders_and_of_settled_months():
    facts = EvaluationFacts(frozenset({date(2026, 4, 1)}), frozenset({7}), cells=(), visible={})
    orders = [
        WorkOrder(number="drawn", pk=7, closed_on=DAY),
        WorkOrder(number="settled", pk=8, closed_on=date(2026, 4, 30)),
        WorkOrder(number="open", pk=9, closed_on=DAY),
    ]

    assert facts.frozen(orders) == {"drawn": FROZEN, "settled": FROZEN | {"original"}}
