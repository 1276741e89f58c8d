"""A foreman finds a dissatisfied reporter in the list, fills in the form on the phone and hands it in."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Browser, Page, sync_playwright

from evaluations.enums import Rating
from evaluations.models import ProblemType
from improvement.models import Revisit
from improvement.revisits.actions import RevisitAnswers, submit_revisit
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from tests.factories import make_self_evaluation
from tests.worlds.crew import Stage
from tests.worlds.revisits import picture
from workorders.models import WorkOrder

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
).split()
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1440, "height": 900}


@pytest.fixture(autouse=True)
def sync_in_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop running in this thread, but the ORM is still used synchronously."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def order(stage: Stage) -> WorkOrder:
    """An order closed three days ago, rated dissatisfied and published."""
    now = timezone.now()
    order = stage.order(day=days.local_day(now) - timedelta(days=3))
    make_self_evaluation(order, by=stage.foreman, rated_at=now - timedelta(days=2))
    callback = stage.called(
        order,
        Rating.DISSATISFIED,
        words="修了三次还是掉线,早高峰最严重",
        published_at=now - timedelta(days=1),
        ended_at=now - timedelta(days=1),
    )
    callback.problem_types.set(ProblemType.objects.filter(code=3))
    return order


@pytest.fixture
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


def page_for(browser: Browser, person: User, url: str, viewport: dict[str, int]) -> Page:
    """A page with the person signed in; any breach of the content policy fails the test."""
    client = Client()
    client.force_login(person)
    context = browser.new_context(viewport=viewport, base_url=url)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.complaints = []
    page.on(
        "console", lambda message: page.complaints.append(message.text) if message.type == "error" else None
    )
    return page


def is_wider_than_the_screen(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")


def faults(page: Page) -> list[str]:
    return [found["id"] for found in Axe().run(page).response["violations"]]


def test_from_the_list_to_the_form_handed_in(
    browser: Browser, live_server, stage: Stage, order: WorkOrder, tmp_path
):
    photo = tmp_path / "签字表.png"
    photo.write_bytes(picture(size=(300, 400)).read())
    page = page_for(browser, stage.foreman, live_server.url, PHONE)
    page.goto(reverse("improvement:revisits"))
    list_is_wide, list_faults = is_wider_than_the_screen(page), faults(page)
    page.screenshot(path=tmp_path / "list.png", full_page=True)
    page.get_by_role("link", name=order.number).click()
    form_is_wide, form_faults = is_wider_than_the_screen(page), faults(page)
    page.screenshot(path=tmp_path / "form.png", full_page=True)

    page.get_by_label("回访时间").fill(f"{timezone.localtime() - timedelta(hours=1):%Y-%m-%dT%H:%M}")
    page.get_by_label("工长回访情况统计").fill("机房温度过高,交换机反复重启")
    page.get_by_label("工长整改措施和建议").fill("加装风扇,每周巡检一次")
    page.locator("label", has_text="基本满意").click()
    page.get_by_label("签字表照片").set_input_files(photo)
    page.get_by_role("button", name="提交", exact=True).click()
    page.get_by_text("回访表已提交").wait_for()
    page.locator("figure img").wait_for()
    page.screenshot(path=tmp_path / "read.png", full_page=True)

    revisit = Revisit.objects.get()
    assert (revisit.state, revisit.second_rating, revisit.photos.count()) == (
        "submitted",
        "basically_satisfied",
        1,
    )
    assert (list_is_wide, form_is_wide, is_wider_than_the_screen(page)) == (False, False, False)
    assert (list_faults, form_faults, faults(page), page.complaints) == ([], [], [], [])


def test_two_tabs_show_both_texts_beside_each_other(
    browser: Browser, live_server, stage: Stage, order: WorkOrder, tmp_path
):
    page = page_for(browser, stage.foreman, live_server.url, DESK)
    page.goto(reverse("improvement:revisit", args=[order.number]))
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_label("工长回访情况统计").fill("第一页的内容")
    other.get_by_role("button", name="暂存").click()
    other.get_by_text("已暂存").wait_for()

    page.get_by_label("工长回访情况统计").fill("第二页的内容")
    page.get_by_role("button", name="暂存").click()
    page.get_by_text("别处保存的内容").wait_for()
    page.screenshot(path=tmp_path / "conflict.png", full_page=True)

    assert Revisit.objects.get().findings == "第一页的内容"
    assert page.get_by_label("工长回访情况统计").input_value() == "第二页的内容"
    assert page.locator(".warn").get_by_text("第一页的内容").is_visible()


def test_a_head_reads_and_returns_at_the_desk(
    browser: Browser, live_server, stage: Stage, order: WorkOrder, tmp_path
):
    now = timezone.now()
    types = frozenset(ProblemType.objects.filter(code=3).values_list("pk", flat=True))
    whole = RevisitAnswers(visited_at=now, problem_types=types, findings="机房过热", measure="加装风扇")
    submit_revisit(order, by=stage.foreman, answer=whole, version=0, now=now)
    page = page_for(browser, stage.head, live_server.url, DESK)
    page.goto(reverse("improvement:revisits") + "?state=submitted")
    list_faults = faults(page)
    page.screenshot(path=tmp_path / "list.png", full_page=True)
    page.get_by_role("link", name=order.number).click()
    page.screenshot(path=tmp_path / "read.png", full_page=True)

    page.get_by_label("要工长补充或说明什么").fill("风扇何时装好?")
    page.get_by_role("button", name="退回").click()
    page.get_by_text("已退回").wait_for()

    assert (Revisit.objects.get().state, list_faults, faults(page), page.complaints) == (
        "returned",
        [],
        [],
        [],
    )
