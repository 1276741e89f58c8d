"""The order list, an order's page, linking (domain §3, §4, §12)."""

from datetime import date

import pytest
from django.urls import reverse
from django.utils import timezone

from evaluations.enums import Rating
from tests.factories import (
    CrewFactory,
    OrderFactory,
    make_callback,
    make_lead,
    make_person,
    make_self_evaluation,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    return OrderFactory(number="WX/1", day=date(2026, 5, 11), reporter_phone="13800001234")


@pytest.fixture
def foreman(order):
    person = make_person("f", "foreman")
    make_lead(order.crew, person)
    return person


def page(client, person, order) -> str:
    client.force_login(person)
    return client.get(reverse("orders:page", args=[order.number])).content.decode()


def test_list_shows_a_foreman_only_the_own_crews_orders(client, order, foreman):
    OrderFactory(number="OTHER-1")
    client.force_login(foreman)

    content = client.get(reverse("orders:list")).content.decode()

    assert "WX/1" in content
    assert "OTHER-1" not in content


def test_order_of_another_crew_answers_404(client, order):
    stranger = make_person("s", "foreman")
    make_lead(CrewFactory(), stranger)
    client.force_login(stranger)

    assert client.get(reverse("orders:page", args=[order.number])).status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=WX/1", True),
        ("q=nothing", False),
        ("closed_from=2026-05-12", False),
        ("scope=in", True),
        ("scope=out", False),
        ("closed_from=rubbish", True),
    ],
)
def test_list_filters_live_in_the_address(client, order, query, found):
    client.force_login(make_person("d", "dispatcher"))

    content = client.get(f"{reverse('orders:list')}?{query}").content.decode()

    assert (f'{reverse("orders:page", args=["WX/1"])}"' in content) is found


def test_list_takes_the_same_queries_for_1_and_30_rows(
    client, order, django_assert_num_queries, django_assert_max_num_queries
):
    client.force_login(make_person("d", "dispatcher"))
    with django_assert_max_num_queries(15) as one:
        client.get(reverse("orders:list"))
    OrderFactory.create_batch(30)

    with django_assert_num_queries(len(one)):
        client.get(reverse("orders:list"))


def test_page_keeps_the_callback_from_the_crew_until_it_may_see_it(client, order, foreman):
    dispatcher = make_person("d", "dispatcher", name="回访的人")
    make_callback(order, dispatcher, rating=Rating.DISSATISFIED, words="等了很久")

    before = page(client, foreman, order)
    order.callback.published_at = timezone.now()
    order.callback.save()
    make_self_evaluation(order, by=foreman)
    after = page(client, foreman, order)

    assert ("等了很久" in before, "回访的人" in before) == (False, False)
    assert ("等了很久" in after, "回访的人" in after) == (True, True)


def test_page_keeps_the_self_evaluation_from_the_caller_until_the_call_ended(client, order, foreman):
    dispatcher = make_person("d", "dispatcher")
    make_self_evaluation(order, by=foreman, comment="换件及时")
    callback = make_callback(order, dispatcher)

    before = page(client, dispatcher, order)
    callback.state, callback.rating, callback.points, callback.ended_at = (
        "rated",
        "satisfied",
        10,
        timezone.now(),
    )
    callback.save()
    after = page(client, dispatcher, order)

    assert "换件及时" not in before
    assert "换件及时" in after


def test_page_shows_the_phone_in_full_to_its_caller_only(client, order):
    caller, other = make_person("d", "dispatcher"), make_person("e", "dispatcher")
    make_callback(order, caller)

    assert "138 0000 1234" in page(client, caller, order)
    assert "138****1234" in page(client, other, order)


@pytest.mark.parametrize(
    ("role", "action", "status"),
    [
        ("dispatcher", "repeat", 302),
        ("dispatcher", "duplicate", 403),
        ("dispatcher", "unlink", 403),
        ("lead", "duplicate", 302),
        ("head", "duplicate", 302),
        ("head", "repeat", 403),
        ("manager", "duplicate", 403),
        ("foreman", "repeat", 403),
    ],
)
def test_linking_is_allowed_by_role(client, order, role, action, status):
    later = OrderFactory(number="LATER", reported_at=order.finished_at)
    client.force_login(make_person("x", role))

    answer = client.post(
        reverse("orders:link", args=["LATER"]), {"action": action, "number": "WX/1", "reason": "同一故障"}
    )

    assert answer.status_code == status
    later.refresh_from_db()
    assert ((later.repeat_of or later.duplicate_of) == order) is (status == 302)


def test_linking_by_get_is_refused(client, order):
    client.force_login(make_person("x", "lead"))

    assert client.get(reverse("orders:link", args=[order.number])).status_code == 405
