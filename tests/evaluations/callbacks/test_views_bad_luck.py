"""Failures of a working day on the desk's forms without scripts: each gets a sentence, and no input is lost."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from evaluations.callbacks.open_call import open_callback
from evaluations.callbacks.reassign import reassign
from evaluations.callbacks.withdraw import take_out
from evaluations.enums import CallbackState, Rating
from evaluations.models import Callback, CallbackAttempt, CallDraft
from satisfaction.calendars import days
from tests.factories import make_person
from tests.worlds.crew import settle
from tests.worlds.desk import D1, NINE, SATISFIED, Desk, make_desk, rated
from workorders.phones import written

pytestmark = pytest.mark.django_db
GOOD = {name: value for name, value in asdict(SATISFIED).items() if isinstance(value, str) and value}
SAVE = GOOD | {"outcome": "reached"}
MIDNIGHT = days.start_of_day(D1 + timedelta(days=1))


@pytest.fixture
def clock():
    with time_machine.travel(NINE, tick=False) as traveller:
        yield traveller


@pytest.fixture
def desk(clock) -> Desk:
    return make_desk()


@pytest.fixture
def caller(client, desk) -> Client:
    client.force_login(desk.caller)
    return client


def on_screen(desk: Desk, **fields) -> Callback:
    return open_callback(desk.callback(**fields), by=desk.caller, now=NINE).callback


def url(callback: Callback, name: str = "call") -> str:
    return reverse(f"evaluations:{name}", args=[callback.pk])


def test_midnight_in_the_middle_of_a_call_saves_it_on_the_new_day(caller, desk, clock):
    callback = desk.callback()
    open_callback(callback, by=desk.caller, now=MIDNIGHT - timedelta(minutes=2))
    clock.move_to(MIDNIGHT + timedelta(minutes=3))

    assert caller.post(url(callback), SAVE).status_code == 302

    callback.refresh_from_db()
    attempt = callback.attempts.get()
    assert (callback.rating, callback.ended_at) == (Rating.SATISFIED, MIDNIGHT + timedelta(minutes=3))
    assert attempt.started_at <= attempt.ended_at


def test_a_clock_that_was_set_back_saves_the_call_and_undoes_nothing(caller, desk, clock):
    callback = on_screen(desk)
    clock.move_to(NINE - timedelta(hours=1))

    assert caller.post(url(callback), SAVE).status_code == 302

    attempt = CallbackAttempt.objects.get()
    assert (attempt.started_at, attempt.ended_at) == (NINE - timedelta(hours=1),) * 2


@pytest.mark.parametrize(
    ("phone", "dialled", "shown"),
    [
        ("138 0000 4414", "tel:13800004414", "138 0000 4414"),
        ("8001 转 203", "tel:8001,203", "8001 转 203"),
        ("010-8800 1234 ext.7", "tel:01088001234,7", "010 8800 1234 转 7"),
        ("+852 1234 5678", "tel:+85212345678", "+85212345678"),
    ],
)
def test_a_number_with_spaces_or_an_extension_is_dialled_as_it_is_meant(caller, desk, phone, dialled, shown):
    callback = on_screen(desk, order_reporter_phone=written(phone))

    page = caller.get(url(callback)).text

    assert (f'href="{dialled}"' in page, shown in page) == (True, True)


def test_of_two_numbers_the_first_is_dialled_and_the_second_offered(caller, desk):
    callback = on_screen(desk, order_reporter_phone="13700001111/13900005678")

    page = caller.get(url(callback)).text

    assert re.findall(r'href="(tel:[^"]*)"', page) == [
        "tel:13700001111",
        "tel:13900005678",
        "tel:13700001111",
    ]
    assert "另一个号码" in page


def test_without_a_number_the_call_leads_to_the_correction_and_back(caller, desk):
    callback = on_screen(desk, order_reporter_phone="没有留电话")
    number = url(callback, "correct_number")

    page = caller.get(url(callback)).text
    answer = caller.post(f"{number}?back={url(callback)}", {"phone": "138 0000 9999", "reason": "报修人来电"})

    assert (number in page, "tel:" in page) == (True, False)
    assert (answer.url, 'href="tel:13800009999"' in caller.get(answer.url).text) == (url(callback), True)


def test_taken_out_while_it_is_on_the_screen_is_said_and_saves_nothing(caller, desk):
    callback = on_screen(desk)
    take_out(callback.order, by=desk.stage.head, reason="测试单", now=NINE)

    answer = caller.post(url(callback), SAVE)

    callback.refresh_from_db()
    assert (answer.status_code, "已撤回" in answer.text) == (422, True)
    assert (callback.state, callback.attempts.count()) == (CallbackState.WITHDRAWN, 0)


def test_reassigned_after_its_hold_ran_out_the_old_page_saves_nothing(caller, desk, clock):
    callback = on_screen(desk)
    later = NINE + timedelta(minutes=20)
    reassign(callback, to=desk.colleague, by=desk.lead, reason="午休", now=later)
    clock.move_to(later)

    answer = caller.post(url(callback), SAVE)

    assert (answer.status_code, "colleague" in answer.text) == (403, True)
    assert not CallbackAttempt.objects.exists()


def test_a_published_day_takes_one_more_late_order_as_a_supplement(client, desk, clock):
    first = rated(desk.callback(), desk.caller)
    client.force_login(desk.lead)
    day = {"day": f"{first.order.closed_on}"}
    client.post(reverse("evaluations:publish"), day)
    late = rated(desk.callback(), desk.caller, NINE + timedelta(hours=1))
    clock.move_to(NINE + timedelta(hours=2))

    page = client.post(reverse("evaluations:publish"), day, follow=True)

    first.refresh_from_db()
    late.refresh_from_db()
    assert "已发布 1 条结果。" in page.text
    assert (first.published_at, late.published_at) == (NINE, NINE + timedelta(hours=2))


def test_a_month_settled_during_the_call_is_said_with_everything_still_filled_in(caller, desk):
    callback = on_screen(desk)
    settle()

    answer = caller.post(url(callback), SAVE | {"words": "谢谢师傅"})

    assert (answer.status_code, "已结算" in answer.text, "谢谢师傅" in answer.text) == (422, True, True)
    assert not CallbackAttempt.objects.exists()


def test_two_tabs_of_one_caller_save_both_calls(caller, desk):
    """The second tab takes the hold; the first one still saves its answers."""
    first, second = on_screen(desk), on_screen(desk)

    answers = [caller.post(url(one), SAVE | {"token": uuid4()}) for one in (first, second)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert set(Callback.objects.values_list("rating", flat=True)) == {Rating.SATISFIED}


def test_two_callers_the_second_is_told_who_phones(caller, desk):
    mine, colleagues = desk.of_one_reporter(desk.caller, desk.colleague)
    open_callback(colleagues, by=desk.colleague, now=NINE)

    answer = caller.post(url(mine, "open_call"), follow=True)

    assert "colleague正在与这位报修人通话(占用至 09:15)" in answer.text


def test_a_draft_of_a_session_that_ended_is_not_lost_to_a_redirect(client, desk):
    callback = on_screen(desk)
    client.force_login(desk.caller)
    client.post(url(callback, "save_draft"), {"words": "等一下"})
    client.logout()

    answer = client.post(url(callback, "save_draft"), {"words": "等一下再说"})
    client.force_login(desk.caller)

    assert (answer.status_code, "等一下" in client.get(url(callback)).text) == (302, True)
    assert CallDraft.objects.get().by == desk.caller


GARBAGE = [
    {"outcome": "reached", "rating": "7"},
    {"outcome": "reached", "rating": "satisfied\0", "words": "\0"},
    {"outcome": "reached", "rating": "satisfied", "words": "长" * 100_000},
    {"outcome": "reached", "rating": "dissatisfied", "problem_types": ["9" * 30, "x"]},
    {"outcome": "call_later", "later": "at", "later_at": "9999-12-31T23:59"},
    {"outcome": "call_later", "later": "at", "later_at": "0001-01-01T00:00"},
    {"outcome": "sing"},
    {"skip": "other\0", "with": ["9" * 30, "x"], "token": "not one"},
]


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_answered_with_a_sentence_and_stores_nothing(caller, desk, body):
    callback = on_screen(desk)

    answer = caller.post(url(callback), body)

    assert (answer.status_code, 'class="refusal"' in answer.text) == (422, True)
    assert not CallbackAttempt.objects.exists()


def test_what_only_a_form_may_do_is_done_neither_by_looking_nor_without_its_key(desk):
    callback = on_screen(desk)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(desk.caller)
    posts = "open_call hold_call release_call save_draft give_up_draft end_unreachable".split()

    looked = {name: strict.get(url(callback, name)).status_code for name in posts}
    without_key = {name: strict.post(url(callback, name)).status_code for name in [*posts, "call"]}

    assert set(looked.values()) == {405}
    assert set(without_key.values()) == {403}


def test_rating_an_order_of_another_crew_is_not_found_and_by_the_caller_not_allowed(client, desk):
    order = desk.callback().order
    rate = reverse("evaluations:rate", args=[order.pk])
    answers = []
    for person in (make_person("stranger", "foreman"), desk.caller):
        client.force_login(person)
        answers.append(client.post(rate, {"rating": "satisfied"}).status_code)

    assert answers == [404, 403]
