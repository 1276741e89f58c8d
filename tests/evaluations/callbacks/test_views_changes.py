import pytest
import time_machine
from django.urls import reverse

from evaluations.enums import CallbackState, Rating
from evaluations.models import Callback, RatingCorrection
from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.core.roles import Role
from tests.factories import make_person
from tests.worlds.crew import D2
from tests.worlds.desk import NINE, rated, tried

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nine():
    with time_machine.travel(NINE, tick=False):
        yield


def url(name: str, callback: Callback) -> str:
    return reverse(f"evaluations:{name}", args=[callback.pk])


@pytest.mark.parametrize(("who", "status"), [("caller", 302), ("lead", 302), ("colleague", 403)])
def test_postpone_is_the_callers_or_a_leads(client, desk, who, status):
    callback = desk.callback()
    client.force_login(getattr(desk, who))

    answer = client.post(url("postpone", callback), {"reason": "报修人出差"})

    callback.refresh_from_db()
    assert (answer.status_code, callback.calling_on == D2) == (status, status == 302)


def test_postpone_shows_why_not(client, desk):
    callback = desk.callback(postponed_reason="said")
    client.force_login(desk.caller)

    page = client.post(url("postpone", callback), {"reason": "报修人出差"})

    assert (page.status_code, "已顺延过一次" in page.content.decode()) == (422, True)


def test_postpone_leads_back_to_where_one_came_from_but_not_abroad(client, desk):
    client.force_login(desk.lead)
    data = {"reason": "出差"}

    home = client.post(url("postpone", desk.callback()) + "?back=/board/%3Fday=2026-05-11", data)
    abroad = client.post(url("postpone", desk.callback()) + "?back=https://example.org/", data)

    assert (home.url, abroad.url) == ("/board/?day=2026-05-11", reverse("evaluations:desk"))


def test_end_unreachable_too_early_says_what_is_missing(client, desk):
    callback = tried(desk.callback(), desk.caller, NINE)
    client.force_login(desk.caller)

    page = client.post(url("end_unreachable", callback), follow=True)

    callback.refresh_from_db()
    assert ("至少拨打 3 次" in page.content.decode(), callback.state) == (True, CallbackState.ASSIGNED)


@pytest.mark.parametrize(
    ("role", "status"),
    [
        (Role.DISPATCHER, 403),
        (Role.LEAD, 302),
        (Role.ADMIN, 302),
        (Role.MANAGER, 403),
        (Role.HEAD, 403),
        (Role.FOREMAN, 403),
    ],
)
def test_who_corrects_a_number(client, desk, role, status):
    callback = desk.callback(has_wrong_number=True)
    client.force_login(make_person("somebody", role))

    answer = client.post(url("correct_number", callback), {"phone": "13911112222", "reason": "换号"})

    callback.refresh_from_db()
    assert (answer.status_code, callback.has_wrong_number) == (status, status == 403)


def test_a_changed_number_is_on_the_callers_screen_with_who_and_why(client, desk):
    callback = desk.callback(has_wrong_number=True, order_reporter_phone="13800004414")
    client.force_login(desk.lead)
    client.post(url("correct_number", callback), {"phone": "13911112222", "reason": "换号"})

    client.force_login(desk.caller)
    page = client.get(url("call", callback)).content.decode()

    assert "号码已更正" in page
    assert "138****4414 → 139****2222 · 换号" in page and "lead" in page


def test_a_number_that_the_rated_crew_wrote_is_marked_on_the_callers_screen(client, desk):
    callback = desk.callback()
    record_event(
        AuditKind.NUMBER_CHANGED,
        by=desk.stage.foreman,
        at=NINE,
        subject=callback.order,
        details={"phone": ["", "138****0000"], "by_crew": True},
    )

    client.force_login(desk.caller)
    page = client.get(url("call", callback)).content.decode()

    assert "号码由工班填写" in page and "空 → 138****0000" in page


def test_an_undialable_number_is_said_at_the_field(client, desk):
    client.force_login(desk.caller)

    page = client.post(
        url("correct_number", desk.callback(has_wrong_number=True)),
        {"phone": "138****1111", "reason": "换号"},
    )

    assert (page.status_code, list(page.context["form"].errors)) == (422, ["phone"])


def test_correction_shows_what_was_said_and_saves_what_changed(client, desk):
    callback = rated(desk.callback(), desk.caller)
    client.force_login(desk.caller)

    page = " ".join(client.get(url("correct_callback", callback)).content.decode().split())
    answer = client.post(
        url("correct_callback", callback),
        {"state": "rated", "rating": "basically_satisfied", "response": "yes", "reason": "听错"},
    )

    callback.refresh_from_db()
    assert 'value="satisfied" data-key="1" checked' in page and 'value="rated" checked' in page
    assert (answer.status_code, callback.rating) == (302, Rating.BASICALLY_SATISFIED)


def test_correction_that_changes_nothing_is_said_to_leave_nothing(client, desk):
    callback = rated(desk.callback(), desk.caller)
    client.force_login(desk.caller)
    data = client.get(url("correct_callback", callback)).context["form"].initial
    data = {name: value for name, value in data.items() if value} | {"reason": "听错"}

    page = client.post(url("correct_callback", callback), data, follow=True)

    assert [str(one) for one in page.context["messages"]] == [
        f"{callback.order.number}没有改动,没有留下更正。"
    ]
    assert not RatingCorrection.objects.exists()


def test_correction_after_publishing_is_a_heads_with_a_reason(client, desk):
    callback = rated(desk.callback(), desk.caller)
    Callback.objects.filter(pk=callback.pk).update(published_at=NINE)
    data = {"state": "refused"}

    client.force_login(desk.caller)
    assert client.post(url("correct_callback", callback), data).status_code == 403
    client.force_login(desk.stage.head)
    assert client.post(url("correct_callback", callback), data).status_code == 422
    assert client.post(url("correct_callback", callback), data | {"reason": "误记"}).status_code == 302

    callback.refresh_from_db()
    assert callback.state == CallbackState.REFUSED


def test_correction_asks_about_a_contradiction_too(client, desk):
    callback = rated(desk.callback(), desk.caller)
    client.force_login(desk.caller)
    data = {"state": "rated", "rating": "satisfied", "repaired": "no", "reason": "听错"}

    page = client.post(url("correct_callback", callback), data)
    confirmed = page.context["form"]["confirmed"].value()

    assert (page.status_code, confirmed) == (422, "not_repaired_but_satisfied")
    assert client.post(url("correct_callback", callback), data | {"confirmed": confirmed}).status_code == 302
