"""Accessibility of desk and board: no axe findings, every control named, usable at 200 % zoom, focus kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import time, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, sync_playwright

from evaluations.callbacks.open_call import open_callback
from evaluations.models import Callback, EvaluationPolicy
from satisfaction.calendars import days
from tests.e2e.test_foreman_sheet import FLAGS, session_of
from tests.worlds.desk import Desk, make_desk, rated

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
ZOOMED = {"width": 720, "height": 450}  # 1440 × 900 at 200 %


@pytest.fixture(autouse=True)
def sync_in_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop running in this thread, but the ORM is still used synchronously."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def desk() -> Desk:
    EvaluationPolicy.objects.update(calling_from=time(0), calling_until=time(23, 59, 59))
    return make_desk()


@pytest.fixture
def on_screen(desk: Desk) -> Callback:
    """A day with every case: two orders of one reporter on screen, an ended call, a waiting one, a wrong number."""
    now = timezone.now()
    day = {"order_day": days.local_day(now) - timedelta(days=1)}
    first, *_others = desk.of_one_reporter(desk.caller, desk.caller, desk.colleague, **day)
    rated(desk.callback(**day), desk.caller, now)
    desk.callback(has_wrong_number=True, **day)
    desk.callback(desk.colleague, call_again_at=now, is_promised=True, is_anybodys=True, **day)
    return open_callback(first, by=desk.caller, now=now).callback


@pytest.fixture
def browser(chromium: str, live_server, desk: Desk) -> Iterator[BrowserContext]:
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=chromium, args=FLAGS)
        context = started.new_context(
            viewport={"width": 1440, "height": 900}, base_url=live_server.url, locale="zh-CN"
        )
        context.set_default_timeout(60_000)
        yield context
        started.close()


def sign_in(browser: BrowserContext, person, live_server) -> Page:
    browser.add_cookies([session_of(person, live_server.url)])
    return browser.new_page()


def faults(page: Page) -> list[tuple[str, str]]:
    """Returns (rule, where) for every axe finding."""
    found = Axe().run(page).response["violations"]
    return [(one["id"], node["html"][:120]) for one in found for node in one["nodes"]]


def desk_urls(callback: Callback) -> list[str]:
    ended = Callback.objects.get(state="rated")
    on_call = ("call", "postpone", "correct_number")
    return [
        reverse("evaluations:desk"),
        *(reverse(f"evaluations:{name}", args=[callback.pk]) for name in on_call),
        reverse("evaluations:call", args=[ended.pk]),
        reverse("evaluations:correct_callback", args=[ended.pk]),
    ]


def board_urls(callback: Callback) -> list[str]:
    one = reverse("evaluations:reassign_one", args=[callback.pk])
    return [reverse("evaluations:board"), reverse("evaluations:reassign"), one]


def test_axe_finds_nothing_on_the_desk_unfolded_or_not(browser, live_server, desk, on_screen):
    page = sign_in(browser, desk.caller, live_server)
    found = {}
    for url in desk_urls(on_screen):
        page.goto(url)
        found[url] = faults(page)
    page.goto(reverse("evaluations:call", args=[on_screen.pk]))
    page.keyboard.press("3")
    found["dissatisfied"] = faults(page)
    for key in ("l", "7", "?"):
        page.keyboard.press(key)
        found[key] = faults(page)
        page.keyboard.press("Escape")

    assert {where: what for where, what in found.items() if what} == {}


def test_axe_finds_nothing_on_the_board(browser, live_server, desk, on_screen):
    page = sign_in(browser, desk.lead, live_server)
    found = {}
    for url in board_urls(on_screen):
        page.goto(url)
        found[url] = faults(page)

    assert {where: what for where, what in found.items() if what} == {}


def test_desk_and_board_need_no_sideways_scrolling_at_200_percent(browser, live_server, desk, on_screen):
    wide = {}
    for person, urls in ((desk.caller, desk_urls(on_screen)), (desk.lead, board_urls(on_screen))):
        page = sign_in(browser, person, live_server)
        page.set_viewport_size(ZOOMED)
        for url in urls:
            page.goto(url)
            width = page.evaluate("document.documentElement.scrollWidth")
            if width > ZOOMED["width"]:
                wide[url] = width

    assert wide == {}


def test_the_focus_is_seen_on_every_control_of_the_call(browser, live_server, desk, on_screen):
    page = sign_in(browser, desk.caller, live_server)
    page.goto(reverse("evaluations:call", args=[on_screen.pk]))
    unseen = []
    for _ in range(40):
        page.keyboard.press("Tab")
        unseen += page.evaluate(
            """() => {
              const one = document.activeElement;
              if (one === document.body) return [];
              const shown = one.matches('input[type=radio], input[type=checkbox]') ? one.labels[0] : one;
              const style = getComputedStyle(shown);
              const own = getComputedStyle(one);
              const seen = [style, own].some((s) => s.outlineStyle !== 'none' || s.boxShadow !== 'none');
              return seen ? [] : [one.outerHTML.slice(0, 100)];
            }"""
        )

    assert unseen == []


def test_the_board_refreshes_without_taking_the_focus_or_what_is_typed(browser, live_server, desk, on_screen):
    page = sign_in(browser, desk.lead, live_server)
    page.goto(reverse("evaluations:board"))
    link = page.locator(f'a[href="{reverse("evaluations:reassign_one", args=[on_screen.pk])}"]')
    link.focus()
    before = page.locator('[data-live="head"]').inner_text()
    desk.callback(order_day=on_screen.order.closed_on)

    def refresh() -> None:
        page.locator("#refreshed").evaluate("one => { one.textContent = ''; }")
        page.evaluate("dispatchEvent(new Event('board:refresh'))")
        page.locator("#refreshed", has_text="已更新").wait_for()

    refresh()
    still_there = page.evaluate("document.activeElement.getAttribute('href')") == link.get_attribute("href")
    changed = page.locator('[data-live="head"]').inner_text() != before
    page.locator("[name=reason]").fill("两位出差")
    refresh()

    assert (still_there, changed, page.locator("[name=reason]").input_value()) == (True, True, "两位出差")
