import pytest
import time_machine
from django.urls import reverse

from evaluations.callbacks.withdraw import put_on_do_not_call, take_out
from evaluations.enums import CallbackState
from evaluations.models import DoNotCall, TakenOut
from satisfaction.core.roles import Role
from tests.factories import make_person, make_self_evaluation
from tests.worlds.crew import D2
from tests.worlds.desk import NINE

pytestmark = pytest.mark.django_db
LIST, COUNTS = reverse("evaluations:do_not_call"), reverse("evaluations:exclusions")
ENTRY = {"phone": "138 0000 4414", "name": "张工", "reason": "本人要求", "until_on": "2026-12-31"}


@pytest.fixture(autouse=True)
def nine():
    with time_machine.travel(NINE, tick=False):
        yield


@pytest.fixture
def head(client, desk):
    client.force_login(desk.stage.head)
    return client


def test_a_head_takes_an_order_out_with_a_reason(head, desk):
    callback = desk.callback()
    url = reverse("evaluations:take_out", args=[callback.order_id])

    without, done = head.post(url, {"reason": ""}), head.post(url, {"reason": "演练"})

    callback.refresh_from_db()
    assert (without.status_code, done.status_code, callback.state) == (422, 302, CallbackState.WITHDRAWN)
    assert TakenOut.objects.get().by == desk.stage.head


@pytest.mark.parametrize("role", [Role.LEAD, Role.DISPATCHER, Role.MANAGER, Role.FOREMAN, Role.ADMIN])
def test_nobody_else_takes_out(client, desk, role):
    callback = desk.callback()
    client.force_login(make_person("somebody", role))

    answer = client.post(reverse("evaluations:take_out", args=[callback.order_id]), {"reason": "演练"})

    assert (answer.status_code, TakenOut.objects.exists()) == (403, False)


def test_the_month_counts_what_was_taken_out_per_crew_and_person(head, desk):
    one, stood_in = desk.callback().order, desk.callback().order
    take_out(one, by=desk.stage.head, reason="演练", now=NINE)
    make_self_evaluation(stood_in, by=desk.stage.head)
    take_out(stood_in, by=desk.stage.manager, reason="演练", now=NINE)
    listed = desk.callback()
    put_on_do_not_call(
        phone=listed.order.reporter_phone, reason="要求", until_on=D2, by=desk.stage.head, now=NINE
    )

    context = head.get(COUNTS, {"month": "2026-05"}).context

    crew = desk.stage.crew.name
    assert context["by_crew"] == [(crew, 2)]
    assert context["by_person"] == [("head", 1, 0), ("manager", 1, 1)]
    assert context["not_called"] == [(crew, 1)]
    assert head.get(COUNTS, {"month": "2026-04"}).context["by_crew"] == []
    assert head.get(COUNTS, {"month": "x"}).status_code == 422


def test_a_number_is_put_on_the_list_and_taken_off(head, desk):
    (callback,) = desk.of_one_reporter(desk.caller)

    head.post(LIST, ENTRY)
    callback.refresh_from_db()
    page = head.get(LIST).content.decode()
    entry = DoNotCall.objects.get()
    head.post(reverse("evaluations:end_do_not_call", args=[entry.pk]))

    entry.refresh_from_db()
    assert callback.state == CallbackState.WITHDRAWN
    assert ("138****4414" in page, "138 0000 4414" in page) == (True, False)
    assert entry.ended_by == desk.stage.head


def test_half_an_entry_comes_back_with_what_is_missing(head):
    page = head.post(LIST, ENTRY | {"phone": "138****4414"})

    assert (page.status_code, "可以拨打" in page.content.decode()) == (422, True)


@pytest.mark.parametrize("role", [Role.LEAD, Role.MANAGER, Role.ADMIN, Role.FOREMAN])
def test_the_list_is_kept_by_heads_alone(client, desk, role):
    client.force_login(make_person("somebody", role))

    assert (client.get(LIST).status_code, client.post(LIST, ENTRY).status_code) == (403, 403)
    assert not DoNotCall.objects.exists()
