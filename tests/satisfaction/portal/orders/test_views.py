"""The order list, the page of an order, and linking orders (domain §3, §4, §12)."""

import io
import re
from datetime import date, datetime, timedelta

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from evaluations.enums import Rating
from satisfaction.portal.orders import urls
from tests.factories import (
    CrewFactory,
    OrderFactory,
    make_callback,
    make_lead,
    make_person,
    make_self_evaluation,
)
from workorders.intake.order_rows import PAGES, PAGES_OF_AN_ORDER

pytestmark = pytest.mark.django_db


@pytest.fixture
def order():
    return OrderFactory(number="WX/1", day=date(2026, 5, 11), reporter_phone="13800001234")


@pytest.fixture
def foreman(order):
    person = make_person("f", "foreman")
    make_lead(order.crew, person)
    return person


def test_no_order_can_stand_at_the_address_of_another_page():
    routes = [str(one.pattern) for one in urls.urlpatterns]
    others = {route.strip("/") for route in routes if "<" not in route and route}
    of_orders = {route.removeprefix("<path:number>").rstrip("/") for route in routes if route.startswith("<")}

    assert (others, of_orders - {""}) == (set(PAGES), set(PAGES_OF_AN_ORDER))


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


def test_page_keeps_the_self_evaluation_from_the_caller_until_it_is_published(client, order, foreman):
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
    ended = page(client, dispatcher, order)
    callback.published_at = timezone.now()
    callback.save()
    after = page(client, dispatcher, order)

    assert ["换件及时" in one for one in (before, ended, after)] == [False, False, True]


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
    minutes = 0 if action == "repeat" else -1
    later = OrderFactory(number="LATER", reported_at=order.finished_at + timedelta(minutes=minutes))
    client.force_login(make_person("x", role))

    answer = client.post(
        reverse("orders:link", args=["LATER"]), {"action": action, "number": "WX/1", "reason": "同一故障"}
    )

    assert answer.status_code == status
    later.refresh_from_db()
    assert ((later.repeat_of or later.duplicate_of) == order) is (status == 302)


@pytest.mark.parametrize("role", ["lead", "head"])
def test_repeat_called_a_duplicate_is_refused_with_a_sentence(client, order, role):
    later = OrderFactory(number="LATER", reported_at=order.finished_at)
    client.force_login(make_person("x", role))
    data = {"action": "duplicate", "number": "WX/1", "reason": "同一故障"}

    answer = client.post(reverse("orders:link", args=["LATER"]), data)

    later.refresh_from_db()
    assert (answer.status_code, later.duplicate_of) == (422, None)
    assert "请科室负责人剔除" in answer.content.decode()


def test_linking_by_get_is_refused(client, order):
    client.force_login(make_person("x", "lead"))

    assert client.get(reverse("orders:link", args=[order.number])).status_code == 405


def numbers_listed(client, query: str) -> list[str]:
    return re.findall(
        r'class="card-title"><a href="[^"]+">([^<]+)<',
        client.get(f"{reverse('orders:list')}?{query}").content.decode(),
    )


def test_list_is_sorted_as_the_address_says_and_the_newest_first_without(client):
    crews = [CrewFactory(name=name) for name in ("乙", "甲")]
    for number, crew, day in (("A-1", 0, 11), ("A-2", 1, 12), ("A-3", 0, 12)):
        OrderFactory(number=number, crew=crews[crew], day=date(2026, 5, day))
    client.force_login(make_person("d", "dispatcher"))

    found = {
        query: numbers_listed(client, query)
        for query in ("", "sort=number", "sort=closed", "sort=-crew", "sort=rubbish")
    }

    assert found == {
        "": ["A-3", "A-2", "A-1"],
        "sort=number": ["A-1", "A-2", "A-3"],
        "sort=closed": ["A-1", "A-3", "A-2"],
        "sort=-crew": ["A-2", "A-3", "A-1"],
        "sort=rubbish": ["A-3", "A-2", "A-1"],
    }


def exported(client, query: str) -> list[list[list[object]]]:
    answer = client.get(f"{reverse('orders:export')}?{query}")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    return [[list(row) for row in sheet.iter_rows(min_row=2, max_col=1, values_only=True)] for sheet in book]


def test_export_holds_what_the_list_was_narrowed_to_and_sums_no_more(client, order):
    OrderFactory(number="B-2", day=date(2026, 5, 12), crew=order.crew)
    OrderFactory(number="B-3", day=date(2026, 5, 12))
    client.force_login(make_person("l", "lead"))

    orders, scores, dissatisfied = exported(client, f"crew={order.crew.pk}&closed_from=2026-05-12")

    assert [row for row in orders if row[0] and "-" in str(row[0])] == [["B-2"]]
    assert len([row for row in scores if row[0] == datetime(2026, 5, 12)]) == 1
    assert not [row for row in dissatisfied if row[0] and "B-" in str(row[0])]


def test_export_of_a_foreman_holds_the_own_crew_alone(client, order, foreman):
    OrderFactory(number="OTHER-1", day=date(2026, 5, 11))
    client.force_login(foreman)

    orders, _scores, _dissatisfied = exported(client, "")

    assert [row[0] for row in orders if row[0] in ("WX/1", "OTHER-1")] == ["WX/1"]


@pytest.mark.parametrize(
    ("role", "query", "status", "sentence"),
    [
        ("dispatcher", "", 403, ""),
        ("lead", "q=nothing", 422, "没有可以导出的工单"),
        ("lead", "", 422, "一次最多导出 92 天"),
    ],
)
def test_export_of_the_list_is_refused_with_a_sentence(client, order, role, query, status, sentence):
    OrderFactory(day=date(2026, 1, 5))
    client.force_login(make_person("p", role))

    answer = client.get(f"{reverse('orders:export')}?{query}")

    assert answer.status_code == status
    assert sentence in answer.content.decode()
