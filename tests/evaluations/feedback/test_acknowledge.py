from datetime import timedelta

import pytest

from evaluations.enums import CallbackState, Rating, Source
from evaluations.feedback.acknowledge import acknowledge
from evaluations.feedback.results import AwaitingDay, days_to_acknowledge
from evaluations.models import Acknowledgement
from evaluations.self_evaluation.actions import SelfEvaluationAnswers, correct_self_evaluation
from satisfaction.calendars import days
from satisfaction.core.errors import NotAllowed, Refused
from tests.factories import make_self_evaluation
from tests.worlds.crew import AFTER_D2, D1, D2, DAY, EVENING, MORNING, make_absent

pytestmark = pytest.mark.django_db
LATER = EVENING + timedelta(minutes=30)


def rated(stage, **fields):
    """An order with both ratings, published on D1 at 17:30."""
    order = stage.order()
    make_self_evaluation(order, by=stage.foreman, rated_at=MORNING)
    return order, stage.called(order, **fields)


def awaiting(stage, now):
    return [row[:3] for row in days_to_acknowledge([stage.crew.pk], since=DAY, now=now)]


def test_acknowledge_stores_who_when_and_how_many(stage):
    rated(stage)
    rated(stage)

    acknowledge(stage.crew, DAY, by=stage.foreman, now=EVENING, seen_at=EVENING)

    assert list(Acknowledgement.objects.values("crew", "day", "by", "at", "results")) == [
        {"crew": stage.crew.pk, "day": DAY, "by": stage.foreman.pk, "at": EVENING, "results": 2}
    ]
    assert awaiting(stage, LATER) == []


def test_acknowledge_twice_returns_the_same(stage):
    rated(stage)
    first = acknowledge(stage.crew, DAY, by=stage.foreman, now=EVENING)

    again = acknowledge(stage.crew, DAY, by=stage.foreman, now=LATER)

    assert (again, Acknowledgement.objects.count()) == (first, 1)


@pytest.mark.parametrize("who", ["deputy", "outsider", "worker", "head"])
def test_acknowledge_by_who_does_not_lead_today_is_not_allowed(stage, who):
    rated(stage)

    with pytest.raises(NotAllowed):
        acknowledge(stage.crew, DAY, by=getattr(stage, who), now=EVENING)


def test_deputy_acknowledges_while_the_foreman_is_absent(stage):
    rated(stage)
    make_absent(stage.foreman, D1)

    assert acknowledge(stage.crew, DAY, by=stage.deputy, now=EVENING).by == stage.deputy


def test_acknowledge_without_results_is_refused(stage):
    order = stage.order()
    stage.called(order)

    with pytest.raises(Refused, match="还没有"):
        acknowledge(stage.crew, DAY, by=stage.foreman, now=EVENING)


def test_news_since_the_page_was_made_is_refused(stage):
    rated(stage)

    with pytest.raises(Refused, match="刚有新的结果"):
        acknowledge(
            stage.crew, DAY, by=stage.foreman, now=EVENING, seen_at=days.moment_at(D1, MORNING.time())
        )


def test_a_supplement_asks_again(stage):
    rated(stage)
    acknowledge(stage.crew, DAY, by=stage.foreman, now=EVENING)

    rated(stage, published_at=LATER)

    assert awaiting(stage, LATER) == [(stage.crew.pk, DAY, 2)]
    again = acknowledge(stage.crew, DAY, by=stage.foreman, now=LATER + timedelta(minutes=1))
    assert (again.results, awaiting(stage, AFTER_D2)) == (2, [])


def test_a_corrected_callback_asks_again(stage):
    _, callback = rated(stage)
    acknowledge(stage.crew, DAY, by=stage.foreman, now=EVENING)

    callback.corrected_at = LATER
    callback.save()

    assert awaiting(stage, LATER) == [(stage.crew.pk, DAY, 1)]


def test_a_heads_correction_of_the_own_rating_asks_again(stage):
    order, _ = rated(stage)
    acknowledge(stage.crew, DAY, by=stage.foreman, now=EVENING)

    answer = SelfEvaluationAnswers(Rating.BASICALLY_SATISFIED)
    correct_self_evaluation(
        order.self_evaluation, by=stage.head, answer=answer, now=LATER, reason="与记录不符"
    )

    assert awaiting(stage, LATER) == [(stage.crew.pk, DAY, 1)]


def test_a_result_that_becomes_visible_by_the_own_rating_asks_again(stage):
    rated(stage)
    order = stage.order()
    stage.called(order)
    acknowledge(stage.crew, DAY, by=stage.foreman, now=EVENING)

    make_self_evaluation(order, by=stage.foreman, rated_at=LATER)

    assert days_to_acknowledge([stage.crew.pk], since=DAY, now=LATER) == [
        AwaitingDay(stage.crew.pk, DAY, 2, LATER)
    ]


def test_a_result_that_becomes_visible_at_d2_asks_again(stage):
    rated(stage)
    order = stage.order()
    stage.called(order)
    acknowledge(stage.crew, DAY, by=stage.foreman, now=EVENING)

    assert awaiting(stage, days.moment_at(D2, MORNING.time())) == []
    assert days_to_acknowledge([stage.crew.pk], since=DAY, now=AFTER_D2) == [
        AwaitingDay(stage.crew.pk, DAY, 2, order.last_due_at)
    ]


def test_imported_withdrawn_and_unpublished_callbacks_ask_for_nothing(stage):
    rated(stage, published_at=None)
    rated(stage, source=Source.IMPORTED)
    rated(stage, rating="", state=CallbackState.WITHDRAWN, withdrawn_reason="taken_out")

    assert awaiting(stage, EVENING) == []


def test_days_before_the_lookback_ask_for_nothing(stage):
    rated(stage)

    assert days_to_acknowledge([stage.crew.pk], since=D1, now=EVENING) == []
