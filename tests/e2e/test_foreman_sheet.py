"""The foreman's sheet on a phone in a real browser, with a good connection and a bad one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import BrowserContext, Page, sync_playwright

from evaluations.models import SelfEvaluation
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from tests.processes import until
from tests.worlds.crew import Stage, make_absent
from workorders.models import WorkOrder

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
).split()


@pytest.fixture(autouse=True)
def sync_in_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop running in this thread, but the ORM is still used synchronously."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def orders(stage: Stage) -> list[WorkOrder]:
    yesterday = days.local_day(timezone.now()) - timedelta(days=1)
    return [stage.order(day=yesterday) for _ in range(3)]


def session_of(person: User, url: str) -> dict[str, str]:
    """The cookie of a signed-in person."""
    client = Client()
    client.force_login(person)
    return {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}


@pytest.fixture
def phone(chromium: str, live_server, stage: Stage) -> Iterator[BrowserContext]:
    """A phone with the foreman signed in."""
    session = session_of(stage.foreman, live_server.url)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        context = browser.new_context(viewport={"width": 390, "height": 844}, base_url=live_server.url)
        context.add_cookies([session])
        context.set_default_timeout(60_000)
        yield context
        browser.close()


@pytest.fixture
def sheet(phone: BrowserContext, orders: list[WorkOrder]) -> Page:
    page = phone.new_page()
    page.goto(reverse("evaluations:self_evaluation"))
    return page


def card(page: Page, order: WorkOrder):
    return page.locator(f"#order-{order.pk}")


def key(page: Page, order: WorkOrder, look: str):
    return card(page, order).locator(f".rate .{look}")


def ratings() -> list[tuple[int, str]]:
    return list(SelfEvaluation.objects.order_by("order").values_list("order", "rating"))


def test_one_tap_rates_and_the_page_stays(sheet: Page, orders: list[WorkOrder]):
    sheet.evaluate("window.isStillHere = true")

    for order in orders:
        key(sheet, order, "good").click()
        card(sheet, order).locator(".chip.tone-success").first.wait_for()

    assert ratings() == [(order.pk, "satisfied") for order in orders]
    assert sheet.evaluate("window.isStillHere") is True
    assert "待评 0" in sheet.locator("#rate-counts").inner_text()


def test_dissatisfied_opens_the_opinion_and_is_sent_with_it(sheet: Page, orders: list[WorkOrder]):
    order = orders[0]
    key(sheet, order, "poor").click()
    before = ratings()

    card(sheet, order).locator("[name=opinion]").fill("重新培训")
    card(sheet, order).locator(".rate-opinion button").click()
    card(sheet, order).locator(".chip.tone-success").first.wait_for()

    assert (before, ratings()) == ([], [(order.pk, "dissatisfied")])
    assert SelfEvaluation.objects.get().opinion == "重新培训"


def test_unsent_answer_says_so_stays_after_a_reload_and_is_sent_once(
    phone: BrowserContext, sheet: Page, orders: list[WorkOrder]
):
    order = orders[0]
    phone.set_offline(True)
    key(sheet, order, "fair").click()
    sheet.locator(".rate-card.waiting").wait_for()
    said = card(sheet, order).locator(".rate-unsent").inner_text()

    phone.set_offline(False)
    sheet.reload()
    until(lambda: sheet.evaluate("localStorage.length") == 0)  # sent before the reload or after it

    assert ("没有发出" in said, ratings()) == (True, [(order.pk, "basically_satisfied")])


def test_answer_whose_reply_was_lost_is_not_doubled(
    phone: BrowserContext, sheet: Page, orders: list[WorkOrder]
):
    """The connection drops before the reply arrives: sending the same answer again stores the same rating."""
    order, url = orders[0], f"**{reverse('evaluations:rate', args=[orders[0].pk])}"

    def lose_the_reply(route):
        route.fetch()
        route.abort()

    sheet.route(url, lose_the_reply)
    key(sheet, order, "good").click()
    sheet.locator(".rate-card.waiting").wait_for()
    sheet.unroute(url)
    sheet.evaluate("window.dispatchEvent(new Event('online'))")
    card(sheet, order).locator(".chip.tone-success").first.wait_for()

    assert ratings() == [(order.pk, "satisfied")]


def test_somebody_else_on_the_same_phone_does_not_send_it(
    phone: BrowserContext, sheet: Page, orders: list[WorkOrder], stage: Stage, live_server
):
    make_absent(stage.foreman, days.local_day(timezone.now()))
    phone.set_offline(True)
    key(sheet, orders[0], "good").click()
    sheet.locator(".rate-card.waiting").wait_for()

    phone.add_cookies([session_of(stage.deputy, live_server.url)])
    phone.set_offline(False)
    sheet.reload()
    key(sheet, orders[1], "good").click()
    card(sheet, orders[1]).locator(".chip.tone-success").first.wait_for()

    assert ratings() == [(orders[1].pk, "satisfied")]
    assert sheet.evaluate("Object.keys(localStorage)") == [f"self-evaluation:{stage.foreman.pk}"]


def test_answer_kept_over_an_ended_session_is_sent_after_signing_in(
    phone: BrowserContext, sheet: Page, orders: list[WorkOrder]
):
    order, cookies = orders[0], phone.cookies()
    phone.clear_cookies()
    key(sheet, order, "good").click()
    sheet.locator(".rate-card.waiting").wait_for()
    said = card(sheet, order).locator(".rate-unsent").inner_text()

    phone.add_cookies(cookies)
    sheet.reload()
    card(sheet, order).locator(".chip.tone-success").first.wait_for()

    assert ("重新登录" in said, ratings()) == (True, [(order.pk, "satisfied")])
