"""The callback desk with the keyboard alone, in a real browser at 1440 × 900; presses are counted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, sync_playwright

from evaluations.enums import Manner, Rating, Repaired, Response, Uncivil
from evaluations.models import Callback, CallbackAttempt
from satisfaction.calendars import days
from tests.e2e.test_foreman_sheet import FLAGS, session_of
from tests.evaluations.domain.callbacks.desk import Desk, make_desk

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
SIZE = {"width": 1440, "height": 900}


@pytest.fixture(autouse=True)
def sync_in_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop; the ORM of this thread is used synchronously all the same."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def desk() -> Desk:
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
        context.set_default_timeout(10_000)
        yield context
        started.close()


class Keyboard:
    """Counts what is pressed; `goes_on` waits for the page that follows."""

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
    keyboard.page.keyboard.type("qaz 1")  # off inside text fields
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
    keyboard.press("Enter")  # the offered draft has the focus
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
