"""Concurrent rating, correction and acknowledgement, with real transactions and real locks."""

import pytest

from evaluations.enums import Rating
from evaluations.feedback.acknowledge import acknowledge
from evaluations.feedback.objections import raise_objection
from evaluations.feedback.publish import publish_day
from evaluations.models import Acknowledgement, Objection, RatingCorrection, SelfEvaluation
from evaluations.self_evaluation.actions import (
    SelfEvaluationAnswers,
    correct_self_evaluation,
    save_self_evaluation,
)
from satisfaction.core.errors import Refused
from tests.factories import make_self_evaluation
from tests.worlds.crew import D1, DAY, EVENING, MORNING, make_absent
from tests.worlds.threads import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
SATISFIED, BASICALLY = (
    SelfEvaluationAnswers(Rating.SATISFIED),
    SelfEvaluationAnswers(Rating.BASICALLY_SATISFIED),
)


def test_two_people_rate_one_order_once_and_the_second_gets_a_sentence(stage):
    make_absent(stage.foreman, D1)
    order = stage.order()

    results = at_once(
        lambda: save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=MORNING),
        lambda: save_self_evaluation(order, by=stage.deputy, answer=BASICALLY, now=MORNING),
    )

    assert sorted(isinstance(result, Refused) for result in results) == [False, True]
    assert SelfEvaluation.objects.count() == 1


def test_two_tabs_with_the_same_answer_get_the_same_self_evaluation(stage):
    order = stage.order()

    first, second = at_once(
        *[lambda: save_self_evaluation(order, by=stage.foreman, answer=SATISFIED, now=MORNING)] * 2
    )

    assert (first, SelfEvaluation.objects.count()) == (second, 1)


def test_author_does_not_correct_what_is_published_at_the_same_moment(stage):
    order = stage.order()
    evaluation = make_self_evaluation(order, by=stage.foreman, rated_at=MORNING)
    callback = stage.called(order, published_at=None)

    corrected, _ = at_once(
        lambda: correct_self_evaluation(
            evaluation, by=stage.foreman, answer=BASICALLY, now=EVENING, reason="看错"
        ),
        lambda: publish_day(DAY, by=stage.dispatcher, now=EVENING),
    )

    callback.refresh_from_db()
    assert callback.published_at == EVENING
    assert isinstance(corrected, Refused) is not RatingCorrection.objects.exists()


def test_acknowledging_twice_at_once_keeps_one(stage):
    make_self_evaluation(order := stage.order(), by=stage.foreman, rated_at=MORNING)
    stage.called(order)

    at_once(*[lambda: acknowledge(stage.crew, DAY, by=stage.foreman, now=EVENING)] * 2)

    assert Acknowledgement.objects.count() == 1


def test_objecting_twice_at_once_keeps_one(stage):
    make_self_evaluation(order := stage.order(), by=stage.foreman, rated_at=MORNING)
    stage.called(order)

    results = at_once(
        *[lambda why=why: raise_objection(order, by=stage.foreman, reason=why, now=EVENING) for why in "甲乙"]
    )

    assert sorted(isinstance(result, Refused) for result in results) == [False, True]
    assert Objection.objects.count() == 1
