"""A month's ratings are found by the id range of its orders."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evaluations.scores.bounds import bounded
from evaluations.scores.participation import ParticipationRules, month_sums
from tests.factories import OrderFactory
from workorders.models import WorkOrder

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 5, 1), date(2026, 5, 31)


def test_ids_of_a_month_are_the_least_and_the_most_of_its_orders() -> None:
    OrderFactory(day=date(2026, 4, 30))
    orders = [OrderFactory(day=day) for day in (LAST, FIRST, date(2026, 5, 11))]
    OrderFactory(day=date(2026, 6, 1))

    assert WorkOrder.objects.ids_closed_between(FIRST, LAST) == (orders[0].pk, orders[2].pk)
    assert WorkOrder.objects.ids_closed_between(date(2026, 1, 1), date(2026, 1, 31)) == (0, 0)


def test_joins_to_what_belongs_to_an_order_are_bounded_and_no_others() -> None:
    order = OrderFactory(day=FIRST)
    orders = WorkOrder.objects.filter(callback__isnull=True, crew__name="甲").order_by().values("pk")
    plain = str(orders.query)

    asked = bounded(plain, FIRST, LAST)

    between = f' AND "evaluations_callback"."order_id" BETWEEN {order.pk} AND {order.pk})'
    assert asked == plain.replace(
        '"evaluations_callback"."order_id")', f'"evaluations_callback"."order_id"{between}'
    )


def test_tallies_of_a_month_read_no_ratings_of_other_months() -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        month_sums(FIRST, LAST, ParticipationRules())

    assert asked.captured_queries[-1]["sql"].count('"order_id" BETWEEN 0 AND 0') == 4
