"""The text for an order's two deadlines, by the current policy and calendar."""

from datetime import UTC, date, datetime

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone, translation

from evaluations.deadlines import set_deadlines
from evaluations.feedback.deadline_explanations import explain_deadlines, explain_objection
from evaluations.feedback.objections import objection_deadline
from evaluations.models import Callback, EvaluationPolicy
from satisfaction.accounts.models import User
from satisfaction.calendars.models import CalendarOverride
from tests.factories import OrderFactory, make_callback, make_lead, make_person

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


def test_it_is_told_wherever_a_deadline_is_shown_when_one_asks(client, order):
    """Desk, sheet and board show it collapsed; expanding it requests the text."""
    make_callback(order, make_person("caller", "dispatcher"))
    foreman = make_person("foreman", "foreman")
    make_lead(order.crew, foreman)
    why = reverse("orders:deadlines", args=[order.number])
    places = {
        "caller": ["evaluations:desk", "evaluations:board"],
        "foreman": ["evaluations:self_evaluation", "home"],
    }

    with time_machine.travel(datetime(2026, 5, 19, 1, tzinfo=UTC), tick=False):
        for username, names in places.items():
            client.force_login(User.objects.get(username=username))
            for name in names:
                assert why in client.get(reverse(name)).text, (username, name)
        answer = client.get(why)

    assert "5月18日星期一按日历调整不上班(停电检修)" in answer.text
    assert "顺延(D+2):5月20日星期三 18:00 到期。" in answer.text
    client.force_login(make_person("stranger", "foreman"))
    assert client.get(why).status_code == 404


def test_time_to_object_tells_how_it_came_about(order, django_assert_num_queries):
    published = datetime(2026, 5, 15, 10, 10, tzinfo=UTC)
    callback = Callback(order=order, published_at=published)

    with django_assert_num_queries(2):
        words = explain_objection(callback)

    assert words == (
        "5月15日星期五 18:10 公布,5月16日星期六至5月17日星期日是周末,"
        "5月18日星期一按日历调整不上班(停电检修),5月20日星期三是第 2 个服务日,5月20日星期三 18:00 到期。"
    )
    assert words.endswith(f"{timezone.localtime(objection_deadline(callback)):%H:%M} 到期。")


def test_time_to_object_is_told_in_english_too(order):
    published = datetime(2026, 5, 19, 10, 10, tzinfo=UTC)
    callback = Callback(order=order, published_at=published)

    with translation.override("en"):
        words = explain_objection(callback)

    assert words == (
        "published Tuesday 19 May 18:10, Thursday 21 May is service day 2, due Thursday 21 May 18:00."
    )


def test_what_is_not_published_has_no_time_to_object(order):
    assert explain_objection(Callback(order=order)) == ""
