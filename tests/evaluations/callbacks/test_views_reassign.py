import pytest
import time_machine
from django.urls import reverse

from evaluations.models import Callback, CallReassignment
from satisfaction.core.roles import Role
from tests.factories import OrderFactory, make_callback, make_lead, make_person
from tests.worlds.crew import D1, make_absent
from tests.worlds.desk import NINE

pytestmark = pytest.mark.django_db
PAGE = reverse("evaluations:reassign")


@pytest.fixture(autouse=True)
def nine():
    with time_machine.travel(NINE, tick=False):
        yield


def test_the_page_names_who_is_absent_first(client, desk):
    make_absent(desk.colleague, D1)
    desk.callback()
    client.force_login(desk.lead)

    ((_group, people),) = client.get(PAGE).context["groups"]

    assert [(str(row.person), row.is_on_duty, row.open_callbacks) for row in people] == [
        ("colleague", False, 0),
        ("dispatcher", True, 1),
        ("lead", True, 0),
    ]


def test_all_of_an_absent_caller_go_to_the_others(client, desk):
    rows = [desk.callback() for _ in range(4)]
    client.force_login(desk.lead)

    page = client.post(PAGE, {"caller": desk.caller.pk, "reason": "病假"}, follow=True)

    assert "已改派 4 张" in page.content.decode()
    now_with = Callback.objects.filter(pk__in=[row.pk for row in rows])
    assert sorted(now_with.values_list("caller__username", flat=True)) == ["colleague"] * 2 + ["lead"] * 2


def test_a_lead_who_leads_a_crew_is_told_only_of_the_others_orders(client, desk):
    """An order of the lead's own crew is moved, but its caller stays hidden (domain §4)."""
    make_absent(desk.colleague, D1)
    make_lead(desk.stage.crew, desk.lead, "deputy")
    of_own_crew, elsewhere = desk.callback(), make_callback(OrderFactory(), desk.caller)
    third = make_person("third", Role.DISPATCHER)
    client.force_login(desk.lead)

    ((_group, people),) = client.get(PAGE).context["groups"]
    page = client.post(PAGE, {"caller": desk.caller.pk, "reason": "病假"}, follow=True)

    assert {str(row.person): row.open_callbacks for row in people}["dispatcher"] == 1
    assert ("已改派 1 张" in page.text, of_own_crew.order.number in page.text) == (True, False)
    moved = Callback.objects.filter(pk__in=[of_own_crew.pk, elsewhere.pk], caller=third)
    assert moved.filter(pk=of_own_crew.pk).exists()


def test_without_a_reason_nothing_moves(client, desk):
    desk.callback()
    client.force_login(desk.lead)

    page = client.post(PAGE, {"caller": desk.caller.pk, "reason": ""})

    assert (page.status_code, CallReassignment.objects.count()) == (422, 0)


def test_one_goes_to_somebody_who_may_take_it(client, desk):
    callback = desk.callback()
    url = reverse("evaluations:reassign_one", args=[callback.pk])
    client.force_login(desk.lead)

    offered = set(client.get(url).context["form"].fields["to"].queryset)
    wrong = client.post(url, {"to": desk.stage.manager.pk, "reason": "病假"})
    right = client.post(url, {"to": desk.colleague.pk, "reason": "病假"})

    callback.refresh_from_db()
    assert offered == {desk.colleague, desk.lead}
    assert (wrong.status_code, right.status_code, callback.caller) == (422, 302, desk.colleague)


def test_each_group_has_its_own_decider(client, desk):
    of_dispatcher, of_manager = desk.callback(), desk.callback(desk.stage.manager)

    client.force_login(desk.stage.head)
    assert client.get(reverse("evaluations:reassign_one", args=[of_dispatcher.pk])).status_code == 403
    client.force_login(desk.lead)
    assert client.get(reverse("evaluations:reassign_one", args=[of_manager.pk])).status_code == 403
    assert client.post(PAGE, {"caller": desk.stage.manager.pk, "reason": "病假"}).status_code == 403


@pytest.mark.parametrize("role", [Role.DISPATCHER, Role.MANAGER, Role.FOREMAN, Role.ADMIN])
def test_nobody_else_reassigns(client, desk, role):
    callback = desk.callback()
    client.force_login(make_person("somebody", role))

    assert client.get(PAGE).status_code == 403
    assert client.post(reverse("evaluations:reassign_one", args=[callback.pk])).status_code == 403
