"""Every screen for every role, on the demonstration data of one morning.

For each role, every kind of link is followed and must respond. The browser opens a page if its view, or a kind of
element on it, has not been opened before; pages that look the same for several people are opened once.

The suite opens one page of each view; WALKS=all opens each kind of page and repeats axe at 1440 px.

At 390 px, in Chinese: axe (all rules) finds nothing, the browser's console stays empty (it also reports breaches of
the content policy), and nothing scrolls sideways. The first page of each view and everybody's home page are checked
in the same way at 1440 px, and in English at both sizes for their width. The admin site's pages are the same for all
models, so each kind of page and element is checked once. A new address that nobody reaches fails the test.
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
from tests.crawling import WALKS_ALL, Address, addresses, filled
from tests.e2e.test_foreman_sheet import FLAGS, session_of
from tests.test_access_matrix import VALUES

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True, serialized_rollback=True)]
# Later than the browser's clock; otherwise the browser treats every file as old and requests it with each page.
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
    """Playwright keeps an event loop running in this thread, but the ORM is still used synchronously."""
    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")


@pytest.fixture
def morning(settings) -> Iterator[None]:
    settings.DEMO = True
    with time_machine.travel(MORNING):
        load_demonstration(now=MORNING)
        yield


class Crawler:
    """Follows a few links of each kind per person; records the pages shown and the addresses that failed."""

    def __init__(self) -> None:
        self.shown: Kinds = set()
        self.failed: dict[tuple[str, str], int] = {}

    def new_pages(self, username: str) -> list[str]:
        """The pages on this person's way that show something new. Runs in its own thread."""
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
        """Returns "" for a file and for an address that does not answer."""
        answer = client.get(address)
        is_page = answer.headers.get("Content-Type", "").startswith("text/html")
        if is_page and answer.status_code == 200:
            return answer.text
        answer.getvalue()  # a file is read to its end and closed
        if answer.status_code != 200:
            self.failed[username, address] = answer.status_code
        return ""


def view_of(address: str) -> str:
    """The view's name; for the admin site, the kind of page without the model."""
    return ADMINS.sub(r"\1", resolve(urlsplit(address).path).view_name)


def kind_of(address: str) -> tuple[str, ...]:
    """A key for similar addresses: same view and same shape; all history pages of the admin site share one key."""
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
    if not WALKS_ALL:
        return {(view, "", "")}
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
    """One person's browser window; `wrong` opens an address and returns what is wrong there."""

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
            found += self.on_the_desk() + (self.page.evaluate(AXE) if WALKS_ALL else [])
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
    """Addresses that answer GET but were neither opened nor listed as unseen, and those listed without need."""
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
