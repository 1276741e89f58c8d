"""The fault analysis meeting by keyboard, on the projector, in a real browser (domain §9)."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, sync_playwright

from improvement.enums import Decision, ItemKind
from improvement.meetings.actions import open_meeting, plan_meeting
from improvement.models import AgendaItem, AnalysisMeeting
from tests.e2e.test_foreman_sheet import FLAGS, session_of
from tests.worlds.meetings import Room

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
SIZE = {"width": 1440, "height": 900}


@pytest.fixture(autouse=True)
def sync_in_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop running in this thread, but the ORM is still used synchronously."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def meeting(room: Room) -> AnalysisMeeting:
    """A meeting just opened, with only three revisits on its agenda."""
    for _ in range(3):
        room.revisit()
    now = timezone.now()
    meeting = open_meeting(plan_meeting(by=room.head, planned_at=now, now=now), by=room.head, now=now)
    meeting.items.exclude(kind=ItemKind.REVISIT).delete()
    return meeting


@pytest.fixture
def page(chromium: str, live_server, room: Room, meeting: AnalysisMeeting) -> Iterator[Page]:
    session = session_of(room.head, live_server.url)
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=chromium, args=FLAGS)
        context = started.new_context(viewport=SIZE, base_url=live_server.url, locale="zh-CN")
        context.add_cookies([session])
        context.set_default_timeout(60_000)
        page = context.new_page()
        page.goto(reverse("improvement:meeting_mode", args=[meeting.month]))
        yield page
        started.close()


def on_screen(page: Page) -> str:
    return page.url.rstrip("/").rpartition("/")[2]


def press(page: Page, *keys: str) -> str:
    """Presses keys, the last of which leads to another screen; returns that screen."""
    for key in keys[:-1]:
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press(keys[-1])
    page.wait_for_load_state()
    return on_screen(page)


def test_keys_move_from_item_to_item_and_to_the_end(page: Page):
    seen = [on_screen(page)]
    for key in ("ArrowRight", "PageDown", "ArrowRight", "ArrowLeft", "PageUp"):
        seen.append(press(page, key))

    assert seen == ["1", "2", "3", "end", "3", "2"]


def test_decisions_fall_without_the_mouse(page: Page, meeting: AnalysisMeeting):
    page.keyboard.press("3")
    page.keyboard.type("单个事件,已当场解决")
    second = press(page, "Control+Enter")
    page.keyboard.press("4")
    page.keyboard.type("等厂家答复 2 天")
    third = press(page, "Control+Enter")

    found = list(meeting.items.values_list("decision", "reason"))
    assert (second, third) == ("2", "3")
    assert found == [
        (Decision.NO_ACTION, "单个事件,已当场解决"),
        (Decision.DEFERRED, "等厂家答复 2 天"),
        ("", ""),
    ]


def test_new_project_asks_for_what_it_needs(page: Page, meeting: AnalysisMeeting, room: Room):
    hidden = page.is_visible("[name=responsible]")
    page.keyboard.press("1")
    page.keyboard.type("夜间无人接听:")
    page.select_option("[name=responsible]", str(room.manager.pk))
    press(page, "Control+Enter")

    item = AgendaItem.objects.get(meeting=meeting, position=1)
    assert (hidden, item.decision, item.project.problem, item.project.responsible) == (
        False,
        Decision.NEW_PROJECT,
        "夜间无人接听:来得太慢",
        room.manager,
    )


def test_words_not_saved_survive_a_look_at_the_next_item(page: Page, meeting: AnalysisMeeting):
    page.keyboard.press("3")
    page.keyboard.type("还没说完")
    press(page, "Escape", "ArrowRight")
    press(page, "ArrowLeft")

    kept = (
        page.input_value("[name=reason]"),
        page.is_checked("[value=no_action]"),
        page.is_visible("#draft-note"),
    )
    assert kept == ("还没说完", True, True)
    assert not meeting.items.exclude(decision="").exists()
