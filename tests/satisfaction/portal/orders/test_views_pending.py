"""The page of changes waiting for dispatch (domain §3)."""

import pytest
from django.urls import reverse

from tests.factories import CrewFactory, make_person
from tests.worlds.workbooks import order, take
from workorders.models import PendingChange, WorkOrder

pytestmark = pytest.mark.django_db
ADDRESS = reverse("orders:pending")


@pytest.fixture
def lead():
    return make_person("lead", "dispatcher", "lead")


@pytest.fixture
def change(lead):
    take(order())
    CrewFactory(name="工班乙")
    take(
        order(所属工班="工班乙", 报修人电话="13900009999"),
        by=make_person("d1", "dispatcher"),
        create_people=False,
    )
    return PendingChange.objects.get()


def test_lead_sees_old_beside_new_with_masked_phones(client, change, lead):
    client.force_login(lead)

    page = client.get(ADDRESS).content.decode()

    assert "工班甲" in page and "工班乙" in page
    assert "138****1111" in page and "139****9999" in page
    assert "13800001111" not in page and "13900009999" not in page


def test_order_says_that_a_change_waits(client, change, lead):
    client.force_login(lead)
    address = reverse("orders:page", args=[change.order.number])

    before = client.get(address).content.decode()
    client.post(reverse("orders:decide_pending", args=[change.pk]), {"action": "decline", "reason": "原表对"})

    assert "有更改待确认" in before
    assert "有更改待确认" not in client.get(address).content.decode()


def test_dispatcher_sees_no_change_of_an_import(client, change):
    client.force_login(make_person("d2", "dispatcher"))

    page = client.get(ADDRESS)

    assert page.context["rows"] == []


def test_lead_confirms(client, change, lead):
    client.force_login(lead)

    answer = client.post(
        reverse("orders:decide_pending", args=[change.pk]), {"action": "confirm", "reason": "原表错了"}
    )

    assert answer.url == ADDRESS
    assert WorkOrder.objects.get().crew.name == "工班乙"


def test_decision_without_a_reason_is_refused(client, change, lead):
    client.force_login(lead)

    answer = client.post(reverse("orders:decide_pending", args=[change.pk]), {"action": "decline"})

    assert answer.status_code == 422
    assert WorkOrder.objects.get().crew.name == "工班甲"


@pytest.mark.parametrize("role", ["foreman", "manager", "admin", "technician"])
def test_page_is_dispatchs_alone(client, change, role):
    client.force_login(make_person("other", role))

    assert client.get(ADDRESS).status_code == 403
    assert (
        client.post(reverse("orders:decide_pending", args=[change.pk]), {"action": "confirm"}).status_code
        == 403
    )


@pytest.mark.parametrize("n", [1, 20])
def test_page_takes_the_same_number_of_queries(client, lead, n, django_assert_max_num_queries):
    take(*[order(f"WX-{i}") for i in range(n)])
    CrewFactory(name="工班乙")
    rows = [order(f"WX-{i}", 所属工班="工班乙") for i in range(n)]
    take(*rows, by=make_person("d1", "dispatcher"), create_people=False)
    client.force_login(lead)

    with django_assert_max_num_queries(20):
        client.get(ADDRESS)
