from datetime import date, time, timedelta

import pytest
from django.db import IntegrityError, transaction

from evaluations.enums import CallbackState, Factor, Rating, Source
from evaluations.models import EvaluationPolicy, RatingCorrection, SelfEvaluation, TakenOut
from evaluations.self_evaluation.actions import (
    SelfEvaluationAnswers,
    correct_self_evaluation,
    save_self_evaluation,
)
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from satisfaction.core.roles import Role
from tests.factories import make_person, make_self_evaluation
from tests.worlds.crew import (
    AFTER_D2,
    D1,
    D2,
    DAY,
    EVENING,
    MORNING,
    ON_D2,
    make_absent,
    settle,
    technician_of,
)
from workorders.enums import Channel, Kind

pytestmark = pytest.mark.django_db
SATISFIED = SelfEvaluationAnswers(Rating.SATISFIED)
BASICALLY = SelfEvaluationAnswers(Rating.BASICALLY_SATISFIED, comment="基本及时")
DISSATISFIED = SelfEvaluationAnswers(Rating.DISSATISFIED, opinion="重新培训")


def marks(evaluation):
    return (evaluation.is_late, evaluation.is_not_blind, evaluation.is_in_place)


def test_foreman_rates_with_the_points_of_the_orders_month(stage):
    EvaluationPolicy.objects.create(begins_on=date(2026, 6, 1), points_satisfied=9)
    order = stage.order()
    answer = SelfEvaluationAnswers(Rating.SATISFIED, record_factor=Factor.GOOD, comment="处理及时")

    evaluation = save_self_evaluation(order, by=stage.foreman, answer=answer, now=MORNING)

    stored = SelfEvaluation.objects.values().get()
    assert stored == {
        "id": evaluation.pk,
        "order_id": order.pk,
        "rating": Rating.SATISFIED,
        "points": 10,
        "record_factor": Factor.GOOD,
        "handling_factor": "",
        "efficiency_factor": "",
        "comment": "处理及时",
        "opinion": "",
        "rated_by_id": stage.foreman.pk,
        "rated_at": MORNING,
        "is_late": False,
        "is_not_blind": False,
        "is_in_place": False,
        "source": Source.APP,
    }


@pytest.mark.parametrize(
    ("rating", "opinion", "points"),
    [(Rating.SATISFIED, "", 10), (Rating.BASICALLY_SATISFIED, "", 8), (Rating.DISSATISFIED, "重新培训", 6)],
)
def test_rate_gives_the_plans_points(stage, rating, opinion, points):
    evaluation = save_self_evaluation(
        stage.order(), by=stage.foreman, answer=SelfEvaluationAnswers(rating, opinion=opinion), now=MORNING
    )

    assert evaluation.points == points


@pytest.mark.parametrize(("rating", "opinion"), [(Rating.DISSATISFIED, ""), ("", ""), ("perfect", "")])
def test_answer_without_rating_or_needed_opinion_is_refused(rating, opinion):
    with pytest.raises(Refused):
        SelfEvaluationAnswers(rating, opinion=opinion)


def test_rate_twice_with_the_same_answer_returns_the_same(stage):
    order = stage.order()
    first = save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=MORNING)

    again = save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=EVENING)

    assert (again, again.rated_at, SelfEvaluation.objects.count()) == (first, MORNING, 1)


def test_rate_again_differently_is_refused_and_changes_nothing(stage):
    order = stage.order()
    save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=MORNING)

    with pytest.raises(Refused, match="已有自评"):
        save_self_evaluation(order, by=stage.foreman, answer=BASICALLY, now=MORNING)

    assert SelfEvaluation.objects.get().rating == Rating.SATISFIED


def test_rate_what_somebody_else_rated_is_refused(stage):
    order = stage.order()
    make_absent(stage.foreman, D1)
    save_self_evaluation(order, by=stage.deputy, answer=SATISFIED, now=MORNING)

    with pytest.raises(Refused, match="已有自评"):
        save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=MORNING)


def test_one_self_evaluation_per_order_is_a_constraint(stage):
    order = stage.order()
    make_self_evaluation(order, by=stage.foreman)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_self_evaluation(order, by=stage.deputy)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (days.moment_at(DAY, time(17)), (False, False, False)),
        (days.moment_at(D1, time(18)), (False, False, False)),
        (EVENING, (True, False, False)),
    ],
)
def test_rate_is_late_after_close_of_business_of_d1(stage, now, expected):
    assert marks(save_self_evaluation(stage.order(), by=stage.foreman, answer=SATISFIED, now=now)) == expected


@pytest.mark.parametrize(
    ("now", "is_not_blind"),
    [(EVENING, False), (AFTER_D2, True)],
)
def test_foreman_is_not_blind_once_the_crew_sees_the_published_result(stage, now, is_not_blind):
    order = stage.order()
    stage.called(order)

    evaluation = save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=now)

    assert evaluation.is_not_blind is is_not_blind


@pytest.mark.parametrize(("joined", "is_not_blind"), [(DAY, False), (D1, False), (D2, True)])
def test_dispatcher_who_became_foreman_after_the_call_had_ended_is_not_blind(stage, joined, is_not_blind):
    order = stage.order()
    stage.called(order, published_at=None)
    person = make_person("both", Role.FOREMAN, Role.DISPATCHER)
    stage.crew.leads.filter(person=stage.foreman).update(person=person, from_on=joined)

    evaluation = save_self_evaluation(order, by=person, answer=SATISFIED, now=ON_D2)

    assert evaluation.is_not_blind is is_not_blind


@pytest.mark.parametrize("joined", [DAY, D2])
def test_foreman_who_came_later_and_has_no_other_role_is_blind(stage, joined):
    order = stage.order()
    stage.called(order, published_at=None)
    person = make_person("new", Role.FOREMAN)
    stage.crew.leads.filter(person=stage.foreman).update(person=person, from_on=joined)

    assert save_self_evaluation(order, by=person, answer=SATISFIED, now=ON_D2).is_not_blind is False


@pytest.mark.parametrize(
    ("state", "published", "is_not_blind"),
    [
        (CallbackState.ASSIGNED, False, False),
        (CallbackState.RATED, False, True),
        (CallbackState.UNREACHABLE, False, True),
        (CallbackState.SET_ASIDE, False, False),
    ],
)
def test_manager_in_place_is_not_blind_after_any_ended_call(stage, state, published, is_not_blind):
    order = stage.order()
    rating = Rating.DISSATISFIED if state == CallbackState.RATED else ""
    stage.called(order, rating, state=state, published_at=None, **no_end(state))

    evaluation = save_self_evaluation(order, by=stage.manager, answer=SATISFIED, now=ON_D2)

    assert marks(evaluation) == (True, is_not_blind, True)


def no_end(state):
    return {"ended_at": None} if state == CallbackState.ASSIGNED else {}


def test_manager_rates_a_concerned_foremans_repair_at_once_without_an_able_deputy(stage):
    make_absent(stage.deputy, D1)
    order = stage.order(technician=technician_of(stage.foreman, stage.crew))

    evaluation = save_self_evaluation(order, by=stage.manager, answer=SATISFIED, now=MORNING)

    assert marks(evaluation) == (False, False, True)


@pytest.mark.parametrize("who", ["deputy", "manager", "worker", "outsider", "dispatcher"])
def test_rate_by_who_may_not_is_not_allowed(stage, who):
    order = stage.order()

    with pytest.raises(NotAllowed):
        save_self_evaluation(order, by=getattr(stage, who), answer=SATISFIED, now=MORNING)

    assert not SelfEvaluation.objects.exists()


def test_rate_own_repair_is_not_allowed(stage):
    order = stage.order(technician=technician_of(stage.foreman, stage.crew))

    with pytest.raises(NotAllowed, match="本人维修"):
        save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=MORNING)


@pytest.mark.parametrize(
    "fields",
    [
        {"closed_at": None},
        {"kind": Kind.REQUEST},
        {"channel": Channel.OTHER},
        {"kind": Kind.DUPLICATE},
        {"reporter_phone": ""},
    ],
)
def test_rate_an_order_out_of_scope_is_refused(stage, fields):
    order = stage.order(**fields)

    with pytest.raises(Refused, match="不参与评价"):
        save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=MORNING)


def test_rate_an_order_taken_out_is_refused(stage):
    order = stage.order()
    TakenOut.objects.create(order=order, reason="误报", by=stage.head, at=MORNING)

    with pytest.raises(Refused, match="已剔除"):
        save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=MORNING)


def test_rate_in_a_settled_month_is_refused(stage):
    order = stage.order()
    settle()

    with pytest.raises(Refused, match="已结算"):
        save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=MORNING)


def test_rate_in_a_reopened_month_is_late(stage):
    order = stage.order()
    settlement = settle()
    settlement.reopened_at, settlement.reopened_by, settlement.reopen_reason = EVENING, stage.head, "补评"
    settlement.save()

    evaluation = save_self_evaluation(
        order, by=stage.foreman, answer=SATISFIED, now=days.moment_at(date(2026, 6, 20), time(9))
    )

    assert marks(evaluation) == (True, False, False)


def test_rate_an_order_without_deadline_is_neither_refused_nor_late(stage):
    order = stage.order(with_deadlines=False)

    evaluation = save_self_evaluation(
        order, by=stage.foreman, answer=SATISFIED, now=EVENING + timedelta(days=80)
    )

    assert marks(evaluation) == (False, False, False)


def test_author_corrects_until_the_crew_sees_the_result_and_both_values_stay(stage):
    order = stage.order()
    evaluation = save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=MORNING)

    corrected = correct_self_evaluation(
        evaluation, by=stage.foreman, answer=DISSATISFIED, now=EVENING, reason="看错"
    )

    empty = {"record_factor": "", "handling_factor": "", "efficiency_factor": "", "comment": ""}
    assert (corrected.rating, corrected.points, corrected.opinion) == (Rating.DISSATISFIED, 6, "重新培训")
    assert list(
        RatingCorrection.objects.values(
            "self_evaluation", "before", "after", "reason", "by", "at", "is_by_stand_in"
        )
    ) == [
        {
            "self_evaluation": evaluation.pk,
            "before": {"rating": "satisfied", "points": 10, "opinion": "", **empty},
            "after": {"rating": "dissatisfied", "points": 6, "opinion": "重新培训", **empty},
            "reason": "看错",
            "by": stage.foreman.pk,
            "at": EVENING,
            "is_by_stand_in": False,
        }
    ]


def test_correct_twice_with_the_same_answer_keeps_one_correction(stage):
    evaluation = save_self_evaluation(stage.order(), by=stage.foreman, answer=SATISFIED, now=MORNING)
    correct_self_evaluation(evaluation, by=stage.foreman, answer=BASICALLY, now=MORNING, reason="看错")

    correct_self_evaluation(evaluation, by=stage.foreman, answer=BASICALLY, now=EVENING, reason="看错")

    assert RatingCorrection.objects.count() == 1


def test_correct_by_somebody_else_before_the_result_is_seen_is_not_allowed(stage):
    evaluation = save_self_evaluation(stage.order(), by=stage.foreman, answer=SATISFIED, now=MORNING)

    for person in (stage.deputy, stage.head):
        with pytest.raises(NotAllowed):
            correct_self_evaluation(evaluation, by=person, answer=BASICALLY, now=MORNING, reason="更正")


def test_author_may_not_correct_what_the_crew_has_seen(stage):
    order = stage.order()
    evaluation = save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=MORNING)
    stage.called(order)

    with pytest.raises(NotAllowed):
        correct_self_evaluation(evaluation, by=stage.foreman, answer=BASICALLY, now=EVENING, reason="更正")


def test_head_corrects_what_the_crew_has_seen_with_a_reason(stage):
    order = stage.order()
    evaluation = save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=MORNING)
    stage.called(order)

    corrected = correct_self_evaluation(
        evaluation, by=stage.head, answer=BASICALLY, now=EVENING, reason="与记录不符"
    )

    assert (corrected.rating, corrected.rated_by, corrected.is_not_blind) == (
        Rating.BASICALLY_SATISFIED,
        stage.foreman,
        True,
    )
    assert RatingCorrection.objects.values_list("by", "reason", "is_by_stand_in").get() == (
        stage.head.pk,
        "与记录不符",
        False,
    )


def test_author_corrects_without_reason_is_refused(stage):
    evaluation = save_self_evaluation(stage.order(), by=stage.foreman, answer=SATISFIED, now=MORNING)

    with pytest.raises(Refused, match="原因"):
        correct_self_evaluation(evaluation, by=stage.foreman, answer=BASICALLY, now=EVENING)


@pytest.mark.parametrize("answer", [SATISFIED, BASICALLY])
def test_correction_by_who_may_not_says_the_same_whatever_the_guess(stage, answer):
    order = stage.order()
    evaluation = save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=MORNING)

    for person in (stage.head, stage.manager, stage.dispatcher, stage.deputy):
        with pytest.raises(NotAllowed, match="只由评价人本人更正"):
            correct_self_evaluation(evaluation, by=person, answer=answer, now=EVENING, reason="猜")


def test_head_corrects_without_reason_is_refused(stage):
    order = stage.order()
    evaluation = save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=MORNING)
    stage.called(order)

    with pytest.raises(Refused, match="原因"):
        correct_self_evaluation(evaluation, by=stage.head, answer=BASICALLY, now=EVENING)


def test_head_who_called_leaves_the_correction_to_a_stand_in(stage):
    order = stage.order()
    evaluation = save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=MORNING)
    stage.called(order, caller=stage.head)

    with pytest.raises(NotAllowed):
        correct_self_evaluation(evaluation, by=stage.head, answer=BASICALLY, now=EVENING, reason="更正")
    correct_self_evaluation(evaluation, by=stage.manager, answer=BASICALLY, now=EVENING, reason="更正")

    assert RatingCorrection.objects.values_list("by", "is_by_stand_in").get() == (stage.manager.pk, True)


def test_manager_does_not_stand_in_while_another_head_is_unconcerned(stage):
    make_person("head2", Role.HEAD)
    order = stage.order()
    evaluation = save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=MORNING)
    stage.called(order, caller=stage.head)

    with pytest.raises(NotAllowed):
        correct_self_evaluation(evaluation, by=stage.manager, answer=BASICALLY, now=EVENING, reason="更正")


def test_correct_in_a_settled_month_is_refused(stage):
    evaluation = save_self_evaluation(stage.order(), by=stage.foreman, answer=SATISFIED, now=MORNING)
    settle()

    with pytest.raises(Refused, match="已结算"):
        correct_self_evaluation(evaluation, by=stage.foreman, answer=BASICALLY, now=EVENING)


def test_managers_own_correction_after_the_call_ended_is_no_longer_blind(stage):
    order = stage.order()
    callback = stage.called(order, "", state=CallbackState.ASSIGNED, published_at=None, ended_at=None)
    evaluation = save_self_evaluation(order, by=stage.manager, answer=SATISFIED, now=ON_D2)
    callback.state, callback.rating, callback.points = CallbackState.RATED, Rating.DISSATISFIED, 6
    callback.ended_at = AFTER_D2
    callback.save()

    corrected = correct_self_evaluation(
        evaluation, by=stage.manager, answer=BASICALLY, now=AFTER_D2, reason="看错"
    )

    assert marks(corrected) == (True, True, True)
