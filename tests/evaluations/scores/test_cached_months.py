"""The month page is cached per reader until something on it changes (domain §4, §8)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from evaluations.models import Callback, SelfEvaluation
from evaluations.scores import views as scores
from evaluations.scores.settle import reopen, settle
from satisfaction.accounts.models import User
from tests.factories import OrderFactory
from tests.worlds.crew import queries_of
from tests.worlds.months import AFTER, MAY, evaluated, objection_upheld, policy_of, taken_out
from tests.worlds.ranked_centre import Centre, make_centre, text
from workorders.enums import Kind
from workorders.models import Technician, WorkOrder

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre() -> Centre:
    return make_centre()


@pytest.fixture(autouse=True)
def after(time_machine) -> None:
    time_machine.move_to(AFTER, tick=False)


CHANGES = {
    "a rating": lambda c: Callback.objects.filter(order__number="A-2").update(
        rating="dissatisfied", points=6
    ),
    "a crew's rating": lambda c: SelfEvaluation.objects.filter(order__number="A-1").update(points=6),
    "an order": lambda c: evaluated(c.two, 8, 8, c.dispatcher, number="B-2"),
    "an order moved": lambda c: WorkOrder.objects.filter(number="A-1").update(technician=c.two),
    "taken out": lambda c: taken_out(WorkOrder.objects.get(number="A-1"), c.head),
    "an objection": lambda c: objection_upheld(WorkOrder.objects.get(number="A-1"), c.head),
    "a repeat": lambda c: OrderFactory(
        technician=c.two, number="R-1", kind=Kind.OTHER, repeat_of=WorkOrder.objects.get(number="A-1")
    ),
    "a name": lambda c: Technician.objects.filter(pk=c.one.pk).update(name="改名"),
    "the policy": lambda c: policy_of(MAY, volume_weight=Decimal("0.2")),
    "settled": lambda c: settle(MAY, by=c.head, now=AFTER),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_page_is_kept_until_something_on_it_changes(client: Client, centre: Centre, change: str) -> None:
    people = (centre.dispatcher, centre.head, centre.foreman, centre.worker)
    url = centre.month()
    before = [text(client, person, url) for person in people]
    assert [text(client, person, url) for person in people] == before

    CHANGES[change](centre)

    kept = [text(client, person, url) for person in people]
    cache.clear()
    assert kept == [text(client, person, url) for person in people]
    assert kept[0] != before[0]


def test_a_page_made_while_a_role_was_taken_away_is_kept_for_that_role_alone(
    rf: RequestFactory, client: Client, centre: Centre
) -> None:
    asked = rf.get(centre.month())
    asked.user = User.objects.get(pk=centre.dispatcher.pk)
    assert asked.user.has_role("dispatcher")  # the permission check passes
    centre.dispatcher.groups.clear()

    made = scores.month_ranking(asked, MAY).text

    assert "师傅W1" in made
    assert "师傅W1" not in text(client, centre.dispatcher, centre.month())


def test_a_settled_month_is_kept_while_the_work_goes_on(client: Client, centre: Centre) -> None:
    settle(MAY, by=centre.head, now=AFTER)
    client.force_login(centre.head)
    queries_of(client, centre.month())

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            client.get(centre.month())
        return len(captured)

    kept = queries()
    evaluated(centre.two, 8, 8, centre.dispatcher, number="J-1", day=date(2026, 6, 5))
    assert queries() == kept

    reopen(MAY, by=centre.head, reason="补登", now=AFTER)
    assert queries() > kept
    assert "重开" in text(client, centre.head, centre.month())
