from datetime import time, timedelta

import pytest
from django.db import IntegrityError, transaction

from evaluations.enums import CallbackState, ObjectionState, Rating, Source
from evaluations.feedback.objections import decide_objection, raise_objection
from evaluations.models import Objection
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from tests.factories import make_self_evaluation
from tests.worlds.crew import D1, EVENING, MORNING, make_absent, settle, technician_of

pytestmark = pytest.mark.django_db
LAST_MOMENT = days.moment_at(D1 + timedelta(days=2), time(18))
WHY = "报修人评的是另一次维修"


def published(stage, rating=Rating.DISSATISFIED, **fields):
    order = stage.order(**{key: fields.pop(key) for key in ("technician",) if key in fields})
    make_self_evaluation(order, by=stage.foreman, rated_at=MORNING)
    stage.called(order, rating, **fields)
    return order


def objected(stage, **fields):
    return raise_objection(published(stage, **fields), by=stage.foreman, reason=WHY, now=EVENING)


def test_raise_stores_who_when_and_why(stage):
    order = published(stage)

    raise_objection(order, by=stage.foreman, reason=WHY, now=LAST_MOMENT)

    assert list(
        Objection.objects.values("order", "state", "reason", "by", "at", "decided_by", "decision")
    ) == [
        {
            "order": order.pk,
            "state": ObjectionState.UNDECIDED,
            "reason": WHY,
            "by": stage.foreman.pk,
            "at": LAST_MOMENT,
            "decided_by": None,
            "decision": "",
        }
    ]


def test_raise_twice_returns_the_same_and_a_second_one_is_refused(stage):
    order = published(stage)
    first = raise_objection(order, by=stage.foreman, reason=WHY, now=EVENING)

    assert raise_objection(order, by=stage.foreman, reason=WHY, now=LAST_MOMENT) == first
    with pytest.raises(Refused, match="只能申诉一次"):
        raise_objection(order, by=stage.foreman, reason="另一个理由", now=EVENING)


def test_raise_after_the_second_service_day_is_refused(stage):
    order = published(stage)

    with pytest.raises(Refused, match="期限已过"):
        raise_objection(order, by=stage.foreman, reason=WHY, now=LAST_MOMENT + timedelta(seconds=1))


@pytest.mark.parametrize(
    "fields",
    [
        {"published_at": None},
        {"rating": "", "state": CallbackState.UNREACHABLE},
        {"source": Source.IMPORTED},
    ],
)
def test_raise_without_a_published_rating_of_our_own_is_refused(stage, fields):
    order = published(stage, **fields)

    with pytest.raises(Refused):
        raise_objection(order, by=stage.foreman, reason=WHY, now=EVENING)


def test_raise_before_the_crew_may_see_the_result_is_refused(stage):
    order = stage.order()
    stage.called(order)

    with pytest.raises(Refused, match="已公布"):
        raise_objection(order, by=stage.foreman, reason=WHY, now=EVENING)


def test_raise_without_reason_or_in_a_settled_month_is_refused(stage):
    order = published(stage)

    with pytest.raises(Refused, match="理由"):
        raise_objection(order, by=stage.foreman, reason="", now=EVENING)
    settle()
    with pytest.raises(Refused, match="已结算"):
        raise_objection(order, by=stage.foreman, reason=WHY, now=EVENING)


@pytest.mark.parametrize("who", ["deputy", "outsider", "worker", "head", "dispatcher"])
def test_raise_by_who_does_not_lead_the_crew_is_not_allowed(stage, who):
    order = published(stage)

    with pytest.raises(NotAllowed):
        raise_objection(order, by=getattr(stage, who), reason=WHY, now=EVENING)


def test_deputy_objects_while_the_foreman_is_absent_or_concerned(stage):
    concerned = published(stage, technician=technician_of(stage.foreman, stage.crew))
    raise_objection(concerned, by=stage.deputy, reason=WHY, now=EVENING)
    make_absent(stage.foreman, D1)

    assert raise_objection(published(stage), by=stage.deputy, reason=WHY, now=EVENING).by == stage.deputy


@pytest.mark.parametrize(
    ("is_upheld", "state"), [(True, ObjectionState.UPHELD), (False, ObjectionState.REJECTED)]
)
def test_decide_stores_the_decision(stage, is_upheld, state):
    objection = objected(stage)

    decide_objection(objection, by=stage.head, is_upheld=is_upheld, words="已核实", now=EVENING)

    assert Objection.objects.values_list(
        "state", "decision", "decided_by", "decided_at", "is_by_stand_in"
    ).get() == (state, "已核实", stage.head.pk, EVENING, False)


def test_decide_twice_returns_the_same_and_otherwise_is_refused(stage):
    objection = objected(stage)
    decide_objection(objection, by=stage.head, is_upheld=True, words="已核实", now=EVENING)

    again = decide_objection(objection, by=stage.head, is_upheld=True, words="已核实", now=LAST_MOMENT)

    assert again.decided_at == EVENING
    with pytest.raises(Refused, match="已有裁定"):
        decide_objection(objection, by=stage.head, is_upheld=False, words="已核实", now=EVENING)


def test_decide_without_words_or_in_a_settled_month_is_refused(stage):
    objection = objected(stage)

    with pytest.raises(Refused, match="裁定意见"):
        decide_objection(objection, by=stage.head, is_upheld=True, words="", now=EVENING)
    settle()
    with pytest.raises(Refused, match="已结算"):
        decide_objection(objection, by=stage.head, is_upheld=True, words="已核实", now=EVENING)


@pytest.mark.parametrize("who", ["manager", "foreman", "dispatcher"])
def test_decide_by_who_is_no_head_is_not_allowed(stage, who):
    with pytest.raises(NotAllowed):
        decide_objection(objected(stage), by=getattr(stage, who), is_upheld=True, words="已核实", now=EVENING)


def test_a_head_who_called_leaves_the_decision_to_a_stand_in(stage):
    objection = objected(stage, caller=stage.head)

    with pytest.raises(NotAllowed):
        decide_objection(objection, by=stage.head, is_upheld=True, words="已核实", now=EVENING)
    decided = decide_objection(objection, by=stage.manager, is_upheld=True, words="已核实", now=EVENING)

    assert decided.is_by_stand_in is True


def test_one_objection_per_order_is_a_constraint(stage):
    objection = objected(stage)

    with pytest.raises(IntegrityError), transaction.atomic():
        Objection.objects.create(order=objection.order, reason=WHY, by=stage.foreman, at=EVENING)
