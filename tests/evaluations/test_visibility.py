"""Visibility of both sides of an order, in cases that the page tests do not cover (domain §4)."""

import pytest

from evaluations.enums import CallbackState, Rating
from evaluations.visibility import orders_visible_to, viewer_of, with_visibility
from satisfaction.core.roles import Role
from tests.factories import make_lead, make_person, make_self_evaluation
from tests.worlds.crew import AFTER_D2, D1, DAY, EVENING, MORNING

pytestmark = pytest.mark.django_db


def sides(person, now):
    """Returns (shows_self, shows_callback) for every order the person may know."""
    viewer = viewer_of(person, now=now)
    orders = with_visibility(orders_visible_to(viewer, now=now), viewer, now=now)
    return list(orders.values_list("shows_self", "shows_callback"))


def led_until(stage, day, *roles):
    person = make_person("former", Role.FOREMAN, *roles)
    term = make_lead(stage.crew, person, "deputy")
    term.to_on = day
    term.save()
    return person


@pytest.mark.parametrize(
    ("last_day", "now", "published", "expected"),
    [
        (DAY, EVENING, False, (False, False)),
        (DAY, EVENING, True, (True, True)),
        (D1, AFTER_D2, False, (False, False)),
        (DAY.replace(day=10), EVENING, False, (False, True)),
    ],
    ids=["unpublished", "crew may know", "long after", "left before the order"],
)
def test_who_led_the_crew_then_and_is_a_dispatcher_now_sees_the_callback_when_the_crew_does(
    stage, last_day, now, published, expected
):
    order = stage.order()
    make_self_evaluation(order, Rating.SATISFIED, by=stage.foreman, rated_at=MORNING)
    stage.called(order, **({} if published else {"published_at": None}))

    assert sides(led_until(stage, last_day, Role.DISPATCHER), now) == [expected]


def test_who_led_the_crew_then_is_a_stranger_to_its_rating_now(stage):
    order = stage.order()
    make_self_evaluation(order, Rating.SATISFIED, by=stage.foreman, rated_at=MORNING)
    stage.called(order, "", state=CallbackState.ASSIGNED, published_at=None, ended_at=None)

    assert sides(led_until(stage, DAY, Role.DISPATCHER), EVENING) == [(False, False)]


def test_who_led_the_crew_then_and_nothing_else_knows_of_no_order(stage):
    stage.called(stage.order())

    assert sides(led_until(stage, DAY), AFTER_D2) == []
