"""Every screen of everybody, on the demonstration of one morning.

Every kind of link that a person of each role finds is followed, and must answer. The browser opens a page when its
view, or a kind of element on it, was not opened before: what looks alike for several people is opened once.

At 390 px, in Chinese: axe (all its rules) finds nothing, the browser says nothing on its console, where it tells of
breaches of the content policy too, and nothing scrolls sideways. What is the first of its view, and everybody's home
page, is looked at like that at 1440 px too, and in English at both sizes for its width. Of the admin site's pages,
which Django makes alike for all models, each kind of page and of element. A new address that nobody comes to fails.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from html import unescape
from urllib.parse import urljoin, urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from axe_playwright_python.base import AXE_SCRIPT
from django.db import connections
from django.test import Client
from django.urls import resolve
from playwright.sync_api import Browser, ViewportSize, sync_playwright

from satisfaction.accounts.models import User
from satisfaction.demo.build import load_demonstration
from tests.crawling import Address, addresses, filled
from tests.e2e.test_foreman_sheet import FLAGS, session_of
from tests.test_access_matrix import VALUES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
# Ahead of the browser's clock, which would take every file for an old one otherwise, and ask for it with each page.
MORNING = datetime(2035, 11, 16, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
PEOPLE = ("lead", "dispatcher1", "foreman1", "deputy6", "head", "manager1", "admin", "w001")
PHONE, DESK = ViewportSize(width=390, height=844), ViewportSize(width=1440, height=900)
SAID = ("error", "warning")
SIGNED_OUT = ("/accounts/login/", "/accounts/password/forgotten/", "/accounts/password/forgotten/sent/")
SHAPES = ("show", "view")
OF_MANY_STATES = {
    "orders:page",
    "evaluations:month",
    "evaluations:call",
    "improvement:meeting",
    "improvement:project",
}
FEW = 3
UNSEEN = {
    "files": {
        "audit_excel",
        "calendars:export",
        "evaluations:import_rejected",
        "evaluations:month_excel",
        "improvement:appraisal_excel",
        "improvement:minutes_excel",
        "improvement:projects_excel",
        "improvement:revisit_excel",
        "improvement:revisit_photo",
        "improvement:revisits_excel",
        "orders:export",
    },
    "no screens: for machines, or leading on to one": {
        "healthz",
        "set_language",
        "evaluations:rate",
        "improvement:meeting_mode",
        "admin:jsi18n",
        "admin:autocomplete",
        "admin:login",
        "admin:site",
    },
    "parts of a page, asked for when they are unfolded": {"orders:deadlines", "improvement:revisit_deadline"},
    "a person with several roles alone is led there; the same pages as home": {"home_of"},
    "reached by a link in a mail or on paper": {"accounts:password_set"},
    "after an ended session": {"accounts:send_again"},
    "while the first rank is shared": {"evaluations:name_star", "evaluations:name_winning_crew"},
    "while a meeting is open": {"improvement:meeting_end"},
    "once a project is effective": {"improvement:project_evaluate"},
    "after people came in": {"workorders:people_imported"},
    "of the admin site: nobody is led there": {"admin:delete", "admin:done", "admin:logout", "admin:"},
}
"""Addresses that answer a GET and are not opened: why."""

HREF = re.compile(r'href="([^"#]+)')
TAG = re.compile(r'<(\w+)(?:[^>]*?\sclass="([^"]*)")?')
ADMINS = re.compile(r"^(admin:)\w+_(?=[a-z]+$)")
OF_ONE_MODEL = re.compile(r"^((field|model|app|column|form|inline|dynamic)-|current-)")
AXE = """async () => (await axe.run({resultTypes: ['violations'], preload: false})).violations
    .flatMap(one => one.nodes.map(node => `${one.id}: ${node.html.slice(0, 120)}`))"""
Kinds = set[tuple[str, str, str]]


@pytest.fixture(autouse=True)
def sync_in_a_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps an event loop; the ORM of this thread is used synchronously all the same."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def morning(settings) -> Iterator[None]:
    settings.DEMO = True
    with time_machine.travel(MORNING):
        load_demonstration(now=MORNING)
        yield


class Crawler:
    """Follows links, a few of each kind for each person; keeps what has been shown, and what did not answer."""

    def __init__(self) -> None:
        self.shown: Kinds = set()
        self.failed: dict[tuple[str, str], int] = {}

    def new_pages(self, username: str) -> list[str]:
        """The pages this person comes to that show something new. In a thread of its own."""
        client = Client()
        if username:
            client.force_login(User.objects.get(username=username))
        todo = ["/"] if username else list(SIGNED_OUT)
        found, reached = [], Counter(map(kind_of, todo))
        for address in todo:
            text = self.text_of(client, username, address)
            if kinds := kinds_of(address, text) - self.shown:
                self.shown |= kinds
                found.append(address)
            for link in links(address, text) if username else ():
                kind = kind_of(link)
                if link not in todo and reached[kind] < (FEW if kind[0] in OF_MANY_STATES else 1):
                    reached[kind] += 1
                    todo.append(link)
        connections.close_all()
        return found

    def text_of(self, client: Client, username: str, address: str) -> str:
        """Empty for a file, and for what does not answer."""
        answer = client.get(address)
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        if is_page and answer.status_code == 200:
            return answer.text
        answer.getvalue()  # a file is read to its end and closed
        if answer.status_code != 200:
            self.failed[username, address] = answer.status_code
        return ""


def view_of(address: str) -> str:
    """The view's name; of the admin site's the page's kind, whatever the model."""
    return ADMINS.sub(r"\1", resolve(urlsplit(address).path).view_name)


def kind_of(address: str) -> tuple[str, ...]:
    """Addresses alike: of one view and in the same shape of it; the admin site's histories are alike altogether."""
    parts = urlsplit(address)
    if parts.path.endswith("/history/"):
        return (view_of(address),)
    shape = (name for name in re.findall(r"(?:^|&)([^=&]+)", parts.query) if name in SHAPES)
    return resolve(parts.path).view_name, *sorted(shape)


def kinds_of(address: str, text: str) -> Kinds:
    """Every (view, element, class) on the page."""
    if not text:
        return set()
    view = view_of(address)
    return {
        (view, tag, name)
        for tag, names in TAG.findall(text)
        for name in ["", *(one for one in names.split() if not OF_ONE_MODEL.match(one))]
    }


def links(address: str, text: str) -> Iterator[str]:
    for found in HREF.findall(text):
        target = urlsplit(urljoin(address, unescape(found)))
        if not target.netloc and target.path.startswith("/") and not target.path.startswith("/static/"):
            yield target.geturl()


class Window:
    """One person's browser window; `wrong` opens an address and tells what is wrong there."""

    def __init__(self, browser: Browser, url: str, username: str, known: set[str]) -> None:
        self.context = browser.new_context(viewport=PHONE, base_url=url)
        self.context.set_default_timeout(60_000)
        if username:
            self.context.add_cookies([session_of(User.objects.get(username=username), url)])
        self.context.add_init_script(AXE_SCRIPT)
        self.page = self.context.new_page()
        self.url, self.said = url, list[str]()
        self.page.on("console", lambda one: self.said.append(one.text) if one.type in SAID else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.known = known - {"home"}

    def wrong(self, address: str) -> list[str]:
        found = self.opened(address, "zh-hans") + self.page.evaluate(AXE)
        if view_of(address) not in self.known:
            found += self.on_the_desk() + self.page.evaluate(AXE)
            found += self.opened(address, "en") + self.on_the_desk()
            self.known.add(view_of(address))
        said, self.said[:] = self.said[:], []
        return sorted({*found, *said})

    def opened(self, address: str, language: str) -> list[str]:
        """The page on the phone in that language, and whether it is too wide."""
        self.page.set_viewport_size(PHONE)
        self.context.add_cookies([{"name": "django_language", "value": language, "url": self.url}])
        self.page.goto(address)
        return self.too_wide(PHONE)

    def on_the_desk(self) -> list[str]:
        """The same page in the large window."""
        self.page.set_viewport_size(DESK)
        return self.too_wide(DESK)

    def too_wide(self, size: ViewportSize) -> list[str]:
        width, language = self.page.evaluate(
            "[document.documentElement.scrollWidth, document.documentElement.lang]"
        )
        return [f"{width} px wide at {size['width']} ({language})"] if width > size["width"] else []


def forgotten(shown: Kinds) -> set[str]:
    """Addresses that answer a GET and were neither opened nor named as unseen, and those named without need."""
    opened, named = {view for view, _tag, _name in shown}, set[str]().union(*UNSEEN.values())
    every = {ADMINS.sub(r"\1", one.name): one for one in addresses()}
    left = [one for name, one in every.items() if name not in opened | named]
    return (
        (named & opened) | (named - every.keys()) | {one.name for one in left if not takes_posts_alone(one)}
    )


def takes_posts_alone(one: Address) -> bool:
    if one.is_admins:
        return False
    client = Client()
    if one.roles:
        client.force_login(User.objects.filter(groups__name__in=one.roles).first())
    return client.get(next(filled(one.route, VALUES))).status_code == 405


def test_every_screen_is_accessible_keeps_to_the_policy_and_fits_a_phone(chromium, live_server, morning):
    crawler, wrong, known = Crawler(), {}, set[str]()
    with ThreadPoolExecutor(1) as beside, sync_playwright() as play:
        plans = {one: beside.submit(crawler.new_pages, one) for one in ("", *PEOPLE)}
        browser = play.chromium.launch(executable_path=chromium, args=FLAGS)
        for username, plan in plans.items():
            window = Window(browser, live_server.url, username, known)
            for address in plan.result():
                if found := window.wrong(address):
                    wrong[username, address] = found
            known |= window.known
            window.context.close()
        browser.close()

    assert (wrong, crawler.failed) == ({}, {})
    assert forgotten(crawler.shown) == set()
