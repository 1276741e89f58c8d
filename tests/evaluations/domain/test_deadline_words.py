"""An order's two deadlines in words, by the policy and the calendar as they stand."""

from datetime import date

import pytest

from evaluations.domain.deadline_words import explain_deadlines
from evaluations.domain.deadlines import set_deadlines
from evaluations.models import EvaluationPolicy
from satisfaction.calendars.models import CalendarOverride
from tests.factories import OrderFactory, make_person

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    EvaluationPolicy.objects.update(calendar="working_days")
    CalendarOverride.objects.create(day=date(2026, 5, 18), is_service_day=False, name="停电检修")
    order = OrderFactory(day=date(2026, 5, 15), with_deadlines=False)
    set_deadlines([order])
    return order


def test_both_deadlines_tell_how_they_came_about(order, django_assert_num_queries):
    with django_assert_num_queries(2):
        sentences = explain_deadlines(order)

    assert sentences == [
        "5月15日星期五关闭,5月16日星期六 08:30 收齐,5月16日星期六至5月17日星期日是周末,"
        "5月18日星期一按日历调整不上班(停电检修),5月19日星期二 18:00 到期。",
        "5月20日星期三 18:00 到期。",
    ]


def test_order_without_deadline_says_nothing():
    assert explain_deadlines(OrderFactory(with_deadlines=False)) == []


def test_order_page_shows_them(client, order):
    client.force_login(make_person("d0", "dispatcher"))

    page = client.get(f"/orders/{order.number}/")

    assert "5月18日星期一按日历调整不上班(停电检修)" in page.text
