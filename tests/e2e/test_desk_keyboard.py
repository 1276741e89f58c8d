"""The callback desk by keyboard alone, in a real browser at 1440 × 900, with key presses counted."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import time, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Error, Page, Route, sync_playwright

from evaluations.enums import Manner, Rating, Repaired, Response, Uncivil
from evaluations.models import Callback, CallbackAttempt, CallDraft, CallSkip, EvaluationPolicy
from satisfaction.calendars import days
from tests.e2e.test_foreman_sheet import FLAGS, session_of
from tests.worlds.desk import Desk, make_desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
SIZE = {"width": 1440, "height": 900}


@pytest.fixture(autouse=True)
def sync_in_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop running in this thread, but the ORM is still used synchronously."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def desk() -> Desk:
    """Opens the calling hours all day, because these tests run in real time."""
    EvaluationPolicy.objects.update(calling_from=time(0), calling_until=time(23, 59, 59))
    return make_desk()


@pytest.fixture
def callbacks(desk: Desk) -> list[Callback]:
    yesterday = days.local_day(timezone.now()) - timedelta(days=1)
    return [desk.callback(order_day=yesterday) for _ in range(3)]


@pytest.fixture
def browser(chromium: str, live_server, desk: Desk) -> Iterator[BrowserContext]:
    session = session_of(desk.caller, live_server.url)
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=chromium, args=FLAGS)
        context = started.new_context(viewport=SIZE, base_url=live_server.url, locale="zh-CN")
        context.add_cookies([session])
        context.set_default_timeout(60_000)
        yield context
        started.close()


class Keyboard:
    """Counts key presses; `goes_on` waits for the next page."""

    def __init__(self, page: Page) -> None:
        self.page, self.presses, self.errors = page, 0, []
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.presses += 1

    def goes_on(self, *keys: str) -> None:
        with self.page.expect_navigation():
            self.press(*keys)

    def open_next(self) -> None:
        self.page.goto(reverse("evaluations:desk"))
        self.goes_on("Enter")
        self.page.wait_for_load_state()
        self.presses = 0

    def scrolls(self) -> bool:
        return self.page.evaluate("document.documentElement.scrollHeight > innerHeight")


@pytest.fixture
def keyboard(browser: BrowserContext, callbacks: list[Callback]) -> Keyboard:
    keyboard = Keyboard(browser.new_page())
    keyboard.open_next()
    return keyboard


def on_screen(page: Page) -> int:
    return int(page.locator("[data-desk]").get_attribute("data-call") or 0)


def test_a_satisfied_call_with_every_question_takes_six_presses(
    keyboard: Keyboard, callbacks: list[Callback]
):
    first = Callback.objects.get(pk=on_screen(keyboard.page))
    held_still = not keyboard.scrolls()

    keyboard.goes_on("q", "a", "f", "z", "1", "Enter")

    first.refresh_from_db()
    assert (keyboard.presses, held_still, keyboard.errors) == (6, True, [])
    assert (first.response, first.manner, first.uncivil, first.repaired, first.rating) == (
        Response.YES,
        Manner.YES,
        Uncivil.NO,
        Repaired.YES,
        Rating.SATISFIED,
    )
    assert on_screen(keyboard.page) not in (0, first.pk)


def test_dissatisfied_unfolds_the_reasons_without_the_mouse_or_a_scroll(keyboard: Keyboard):
    first = on_screen(keyboard.page)

    keyboard.press("w", "3", "u", "p")
    keyboard.page.keyboard.type("qaz 1")  # shortcuts are off inside text fields
    keyboard.press("Escape", "t")
    keyboard.page.keyboard.type("来得太慢")
    held_still = not keyboard.scrolls()
    keyboard.goes_on("Control+Enter")

    saved = Callback.objects.get(pk=first)
    assert (saved.rating, saved.response, saved.other_problem, saved.words) == (
        Rating.DISSATISFIED,
        Response.NO,
        "qaz 1",
        "来得太慢",
    )
    assert list(saved.problem_types.values_list("code", flat=True)) == [1, 4]
    assert (held_still, saved.manner, keyboard.errors) == (True, Manner.NOT_ASKED, [])


def test_no_answer_busy_and_later_are_one_or_two_presses(keyboard: Keyboard):
    screens = []
    for keys in (("n",), ("b",), ("l", "1")):
        screens.append(on_screen(keyboard.page))
        keyboard.goes_on(*keys)

    outcomes = dict(CallbackAttempt.objects.values_list("callback", "outcome"))
    assert [outcomes[pk] for pk in screens] == ["no_answer", "busy", "call_later"]
    assert keyboard.presses == 4
    assert "现在没有可拨打的" in keyboard.page.locator("#notices").inner_text()


def test_a_question_is_taken_back_and_save_asks_for_the_rating(keyboard: Keyboard):
    keyboard.press("q", "q", "a", "Enter")

    notice = keyboard.page.locator("#desk-notice").inner_text()
    checked = keyboard.page.locator("#call :checked").evaluate_all("all => all.map(one => one.name)")
    assert ("总体评价" in notice, checked) == (True, ["manner"])
    assert not CallbackAttempt.objects.exists()


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_a_contradiction_is_asked_about_on_the_same_screen(
    browser: BrowserContext, live_server, desk: Desk, callbacks: list[Callback], language: str
):
    """The page does not scroll or report restored text; the second Enter saves."""
    browser.add_cookies([{"name": "django_language", "value": language, "url": live_server.url}])
    keyboard = Keyboard(browser.new_page())
    keyboard.open_next()
    first = on_screen(keyboard.page)
    keyboard.goes_on("q", "a", "f", "c", "1", "Enter")
    asked = keyboard.page.locator("#desk-notice").is_visible()
    restored = keyboard.page.locator("#draft").is_visible()
    held_still = not keyboard.scrolls()
    saved = keyboard.page.locator("#draft-saved", has_text=re.compile(r"\d\d:\d\d")).inner_text()[-5:]
    minutes = {f"{timezone.localtime() - timedelta(minutes=n):%H:%M}" for n in range(3)}
    keyboard.goes_on("Enter")

    kept = Callback.objects.get(pk=first)
    assert (asked, restored, held_still, saved in minutes) == (True, False, True, True)
    assert (kept.rating, kept.is_contradictory, keyboard.presses) == (Rating.SATISFIED, True, 7)


def test_an_outcome_beside_answers_asks_once(keyboard: Keyboard):
    keyboard.press("q", "n")
    asked = CallbackAttempt.objects.count()
    keyboard.goes_on("n")

    assert (asked, CallbackAttempt.objects.get().outcome) == (0, "no_answer")


def test_help_shows_the_keys_and_closes(keyboard: Keyboard):
    keyboard.press("?")
    shown = keyboard.page.locator("#help").is_visible()
    keyboard.press("q", "Escape")

    assert (shown, keyboard.page.locator("#help").is_visible()) == (True, False)
    assert keyboard.page.locator("#call :checked").count() == 0


def test_an_ended_session_loses_nothing(keyboard: Keyboard, desk: Desk):
    first = on_screen(keyboard.page)
    keyboard.press("q", "a", "2", "t")
    keyboard.page.keyboard.type("还可以")
    Session.objects.all().delete()
    keyboard.goes_on("Control+Enter")
    at_sign_in = reverse("accounts:login") in keyboard.page.url

    keyboard.page.fill("[name=username]", desk.caller.username)
    keyboard.page.fill("[name=password]", "correct horse")
    keyboard.goes_on("Enter")
    is_back = on_screen(keyboard.page) == first
    keyboard.goes_on("Enter")

    saved = Callback.objects.get(pk=first)
    assert (at_sign_in, is_back, saved.attempts.count()) == (True, True, 1)
    assert (saved.rating, saved.response, saved.words) == (
        Rating.BASICALLY_SATISFIED,
        Response.YES,
        "还可以",
    )
    assert keyboard.page.evaluate("Object.keys(localStorage)") == []


def test_leaving_frees_the_reporter_and_the_way_back_shows_no_old_call(keyboard: Keyboard):
    first = on_screen(keyboard.page)
    keyboard.goes_on("1", "Enter")
    second = on_screen(keyboard.page)

    keyboard.page.go_back()
    keyboard.page.wait_for_load_state()
    back = keyboard.page.locator("h1").inner_text()
    keyboard.page.goto(reverse("evaluations:desk"))
    keyboard.page.wait_for_timeout(300)

    assert back == Callback.objects.get(pk=first).order.number
    assert not Callback.objects.filter(pk=second, held_by__isnull=False).exists()


def of_one_reporter(desk: Desk, *callers) -> list[Callback]:
    yesterday = days.local_day(timezone.now()) - timedelta(days=1)
    return desk.of_one_reporter(*callers, order_day=yesterday)


def test_two_orders_of_one_reporter_are_one_save_with_a_rating_each(browser: BrowserContext, desk: Desk):
    first, second = of_one_reporter(desk, desk.caller, desk.caller)
    keyboard = Keyboard(browser.new_page())
    keyboard.open_next()

    keyboard.press("q", "a", "f", "z", "1", "Enter")  # the second call is still open, so it appears next
    shown = keyboard.page.locator("[data-part]:visible").get_attribute("data-part")
    keyboard.press("w", "2", "8", "8")
    keyboard.goes_on("Enter")

    ratings = list(Callback.objects.order_by("pk").values_list("pk", "rating", "response"))
    assert ratings == [(first.pk, Rating.SATISFIED, "yes"), (second.pk, Rating.BASICALLY_SATISFIED, "no")]
    assert (shown, keyboard.presses, keyboard.errors) == ("1", 11, [])


def test_a_colleagues_order_is_taken_into_the_call_with_one_key(browser: BrowserContext, desk: Desk):
    of_one_reporter(desk, desk.caller, desk.colleague)
    keyboard = Keyboard(browser.new_page())
    keyboard.open_next()

    keyboard.press("1")
    keyboard.goes_on("9")
    keyboard.page.wait_for_selector("[data-tab]")
    keyboard.press("8", "2")
    keyboard.goes_on("Enter")

    assert sorted(Callback.objects.values_list("caller", "rating")) == sorted(
        [(desk.caller.pk, Rating.SATISFIED), (desk.caller.pk, Rating.BASICALLY_SATISFIED)]
    )
    assert keyboard.presses == 5


def test_what_was_pressed_just_before_taking_an_order_over_stays(browser: BrowserContext, desk: Desk):
    """The draft may reach the server after the next page is built, and be answered before that page shows."""
    of_one_reporter(desk, desk.caller, desk.colleague)
    keyboard, held = Keyboard(browser.new_page()), list[Route]()
    keyboard.open_next()
    keyboard.page.route("**/take-over/**", lambda route: held.append(route))
    keyboard.page.route("**/draft/", lambda route: route.fulfill(status=204))

    with keyboard.page.expect_response("**/draft/"):
        keyboard.press("1", "9")
    keyboard.page.wait_for_timeout(100)  # the answer has been processed
    with keyboard.page.expect_navigation():
        held[0].continue_()

    checked = keyboard.page.locator("#call :checked").evaluate_all("all => all.map(one => one.value)")
    assert (checked, keyboard.page.locator("[data-tab]").count()) == (["satisfied"], 2)


def test_a_killed_browser_in_mid_call_loses_nothing(chromium: str, live_server, desk: Desk, callbacks):
    session = session_of(desk.caller, live_server.url)
    with sync_playwright() as play:
        killed = play.chromium.launch(executable_path=chromium, args=FLAGS)
        context = killed.new_context(viewport=SIZE, base_url=live_server.url, locale="zh-CN")
        context.add_cookies([session])
        keyboard = Keyboard(context.new_page())
        keyboard.open_next()
        first = on_screen(keyboard.page)
        keyboard.press("q", "2", "t")
        keyboard.page.keyboard.type("还可以")
        keyboard.page.locator("#draft-saved", has_text="草稿已保存").wait_for()
        with suppress(Error):  # the server no longer answers
            killed.new_browser_cdp_session().send("Browser.crash")

        again = play.chromium.launch(executable_path=chromium, args=FLAGS)
        context = again.new_context(viewport=SIZE, base_url=live_server.url, locale="zh-CN")
        context.add_cookies([session])
        keyboard = Keyboard(context.new_page())
        keyboard.open_next()
        is_back = on_screen(keyboard.page) == first
        keyboard.goes_on("Enter")
        again.close()

    saved = Callback.objects.get(pk=first)
    assert (is_back, saved.rating, saved.response, saved.words) == (
        True,
        Rating.BASICALLY_SATISFIED,
        Response.YES,
        "还可以",
    )
    assert not CallDraft.objects.exists()


def test_what_was_filled_in_without_a_line_is_there_after_a_reload(
    keyboard: Keyboard, browser: BrowserContext
):
    browser.set_offline(True)
    keyboard.press("q", "1")
    keyboard.page.locator("#draft-saved", has_text="网络不通").wait_for()
    browser.set_offline(False)
    keyboard.page.reload()
    keyboard.page.locator("#draft-saved", has_text="草稿已保存").wait_for()
    checked = keyboard.page.locator("#call :checked").evaluate_all("all => all.map(one => one.name)")
    keyboard.goes_on("5")
    given_up = keyboard.page.locator("#call :checked").count()

    assert (checked, given_up, CallDraft.objects.count()) == (["response", "rating"], 0, 0)


def test_a_save_is_undone_with_one_key(keyboard: Keyboard):
    first = on_screen(keyboard.page)
    keyboard.goes_on("w", "1", "Enter")
    keyboard.goes_on("Backspace")

    checked = keyboard.page.locator("#call :checked").evaluate_all("all => all.map(one => one.value)")
    assert (on_screen(keyboard.page), checked) == (first, ["no", "satisfied"])
    assert not CallbackAttempt.objects.exists()


def test_skip_wrong_number_refused_and_postponing_need_no_mouse(keyboard: Keyboard):
    skipped = on_screen(keyboard.page)
    keyboard.goes_on("7", "2")
    wrong = on_screen(keyboard.page)
    keyboard.goes_on("m")
    postponed = on_screen(keyboard.page)
    keyboard.goes_on("y")
    keyboard.page.keyboard.press("Tab")
    keyboard.page.locator("textarea").focus()
    keyboard.page.keyboard.type("报修人出差")
    keyboard.press("Tab")
    keyboard.goes_on("Enter")
    is_back = on_screen(keyboard.page) == postponed
    keyboard.page.wait_for_timeout(300)
    keyboard.goes_on("r")

    assert (CallSkip.objects.get().callback_id, is_back) == (skipped, True)
    assert Callback.objects.get(pk=wrong).has_wrong_number
    last = Callback.objects.get(pk=postponed)
    assert (last.postponed_text, last.state) == ("报修人出差", "refused")


def test_a_promise_for_anybody_is_three_presses(keyboard: Keyboard):
    first = on_screen(keyboard.page)
    keyboard.goes_on("l", "6", "1")

    kept = Callback.objects.get(pk=first)
    assert (kept.is_promised, kept.is_anybodys, keyboard.presses) == (True, True, 3)
