from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evaluations.callbacks.open_call import skip_call
from evaluations.feedback.board import day_board
from evaluations.models import Callback
from satisfaction.core.roles import Role
from tests.factories import OrderFactory, make_callback, make_lead, make_person
from tests.worlds.crew import DAY, EVENING, queries_of, settle
from tests.worlds.desk import NINE, rated

pytestmark = pytest.mark.django_db
BOARD, PUBLISH = reverse("evaluations:board"), reverse("evaluations:publish")
AT_MOST = 12
PUBLISHED = {"day": "2026-05-11", "reason": "两位未接通"}


@pytest.fixture(autouse=True)
def nine():
    with time_machine.travel(NINE, tick=False):
        yield


@pytest.fixture
def lead(client, desk):
    client.force_login(desk.lead)
    return client


def test_board_counts_every_caller_of_the_day_that_is_due(lead, desk):
    rated(desk.callback(), desk.caller)
    desk.callback()
    desk.callback(state="unreachable", ended_at=NINE)
    desk.callback(desk.stage.manager)
    desk.waiting()
    desk.callback(state="set_aside", ended_at=NINE)

    board = lead.get(BOARD).context["board"]

    assert [
        (str(row.caller), row.group, row.total, row.done, row.not_reached, row.left) for row in board.callers
    ] == [
        ("dispatcher", "dispatcher", 3, 1, 1, 1),
        ("None", "dispatcher", 1, 0, 0, 1),
        ("manager", "manager", 1, 0, 0, 1),
    ]
    assert (board.day, board.total, board.ended, board.unpublished, board.to_postpone, board.set_aside) == (
        DAY,
        5,
        2,
        2,
        3,
        1,
    )


def test_board_asks_as_often_for_many_as_for_few(lead, desk):
    desk.callback()
    lead.get(BOARD)
    with CaptureQueriesContext(connection) as few:
        lead.get(BOARD)
    for _ in range(20):
        desk.callback(desk.colleague)

    with CaptureQueriesContext(connection) as many:
        lead.get(BOARD)
    assert len(many) == len(few) <= AT_MOST


@pytest.mark.parametrize("role", [Role.LEAD, Role.HEAD])
def test_no_screen_of_the_board_asks_more_than_twelve_times(client, desk, role):
    person = make_person("answers", role)
    caller = desk.caller if role == Role.LEAD else desk.stage.manager
    for _ in range(3):
        rated(desk.callback(caller), caller)
    callback = desk.callback(caller)
    client.force_login(person)
    urls = [BOARD, reverse("evaluations:reassign"), reverse("evaluations:reassign_one", args=[callback.pk])]

    asked = {url: queries_of(client, url) for url in urls}

    assert {url: n for url, n in asked.items() if n > AT_MOST} == {}


def test_board_tells_handling_time_skips_and_when_a_caller_will_be_done(lead, desk):
    for minutes in (20, 40, 60):
        rated(desk.callback(), desk.caller, NINE - timedelta(minutes=minutes))
    skip_call(desk.callback(), by=desk.caller, reason="先核实", now=NINE)
    desk.callback()

    row = lead.get(BOARD).context["board"].callers[0]

    assert (row.done, row.left, row.skips, row.handling) == (3, 2, 1, timedelta(minutes=3))
    assert (row.finishes_at, row.is_too_slow) == (NINE + timedelta(hours=1), False)


def test_a_head_reassigns_managers_from_the_board(client, desk):
    managers, dispatchers = desk.callback(desk.stage.manager), desk.callback()
    client.force_login(desk.stage.head)

    page = client.get(BOARD).content.decode()

    assert reverse("evaluations:reassign_one", args=[managers.pk]) in page
    assert reverse("evaluations:reassign_one", args=[dispatchers.pk]) not in page
    assert f'href="{reverse("evaluations:reassign")}"' in page


def test_publish_from_the_board_says_what_was_done(lead, desk):
    callback = rated(desk.callback(), desk.caller)
    desk.callback()

    page = lead.post(PUBLISH, PUBLISHED, follow=True)

    callback.refresh_from_db()
    assert callback.published_by == desk.lead
    assert "已发布 1 条结果,顺延 1 张,尚有 1 张未结束。" in page.content.decode()


def test_publish_without_a_reason_asks_for_one_on_the_board(lead, desk):
    desk.callback()

    page = lead.post(PUBLISH, PUBLISHED | {"reason": ""})

    assert (page.status_code, "请写明原因" in page.content.decode()) == (422, True)


@pytest.mark.parametrize(
    ("role", "reads"), [(Role.HEAD, 200), (Role.MANAGER, 200), (Role.FOREMAN, 403), (Role.ADMIN, 403)]
)
def test_others_do_not_publish(client, desk, role, reads):
    callback = rated(desk.callback(), desk.caller)
    client.force_login(make_person("somebody", role))

    assert (client.get(BOARD).status_code, client.post(PUBLISH, PUBLISHED).status_code) == (reads, 403)
    callback.refresh_from_db()
    assert callback.published_at is None


def test_publish_by_looking_is_not_possible(lead):
    assert lead.get(PUBLISH).status_code == 405


def test_unpublished_past_the_deadline_is_said(lead, desk):
    rated(desk.callback(), desk.caller)

    with time_machine.travel(EVENING, tick=False):
        assert lead.get(BOARD).context["late_days"] == [(DAY, 1)]
    assert lead.get(BOARD).context["late_days"] == []


def test_crews_that_acknowledged_are_shown(lead, desk):
    callback = rated(desk.callback(), desk.caller)
    desk.stage.called(desk.stage.order(), published_at=NINE)
    Callback.objects.filter(pk=callback.pk).update(published_at=NINE)

    with time_machine.travel(EVENING.replace(day=14), tick=False):
        crews = lead.get(BOARD, {"day": "2026-05-11"}).context["crews"]

    assert [(row.crew, row.results, row.is_acknowledged) for row in crews] == [(desk.stage.crew, 2, False)]


def test_a_dispatcher_who_leads_the_crew_does_not_see_who_phones_it(client, desk):
    callback = desk.callback()
    both = make_person("both", Role.DISPATCHER, Role.FOREMAN)
    make_lead(desk.stage.crew, both, "deputy")
    client.force_login(both)

    page = client.get(BOARD)

    assert page.context["open_callbacks"] == []
    assert callback.order.number not in page.content.decode()


def test_a_lead_who_leads_a_crew_does_not_see_how_many_of_its_orders_are_open_or_with_whom(client, desk):
    of_own_crew = desk.callback()
    elsewhere = make_callback(OrderFactory(), desk.caller)
    make_lead(desk.stage.crew, desk.lead, "deputy")
    client.force_login(desk.lead)

    page = client.get(BOARD)

    board = page.context["board"]
    assert [(str(row.caller), row.left) for row in board.callers] == [("dispatcher", 1)]
    assert (board.left, "不含您所在工班" in page.text) == (1, True)
    assert of_own_crew.order.crew != elsewhere.order.crew


def test_settled_days_offer_no_publishing(lead, desk):
    rated(desk.callback(), desk.caller)
    settle()

    page = lead.get(BOARD, {"day": "2026-05-11"})

    assert (page.context["may_publish"], page.context["is_settled"]) == (False, True)
    assert lead.post(PUBLISH, PUBLISHED).status_code == 422


def test_board_of_a_day_without_callbacks_is_empty(desk):
    board = day_board(DAY, now=NINE)

    assert (board.total, board.callers, board.due_at) == (0, [], None)
