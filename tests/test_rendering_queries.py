"""Templates run no queries: the view loads all data before rendering.

Follows the links of every role on a demonstration morning, a few per view. The admin site's pages are
excluded because Django renders them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.template.base import Template
from django.template.context import Context
from django.test import Client
from django.urls import resolve, reverse

from improvement.models import AnalysisMeeting
from satisfaction.accounts.models import User
from satisfaction.demo.build import load_demonstration
from tests.crawling import links
from tests.worlds.meetings import NOW, make_room

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]
MORNING = datetime(2026, 5, 15, 10, 30, tzinfo=ZoneInfo("Asia/Shanghai"))
PEOPLE = ("lead", "dispatcher1", "foreman1", "deputy6", "head", "manager1", "admin", "w001")
OF_A_VIEW = 3
"""Addresses of one view that are opened for a person: what it shows differs with the object and the filter."""
NOT_YET = frozenset(
    {
        # The month and the day (evaluations/scores), also as parts of home pages.
        "evaluations:month",
        "evaluations:month_print",
        "evaluations:left_out",
        "evaluations:technician_month",
        "evaluations:crew_month",
        "evaluations:day",
        "evaluations:day_orders",
        # The KPIs (improvement/kpis).
        "improvement:kpi",
        "improvement:kpi_day",
        "improvement:kpi_year",
        "improvement:kpi_orders",
        # The appraisal and the announcement (improvement/appraisal).
        "improvement:appraisal",
        "improvement:appraisal_print",
        "improvement:announcement",
    }
)
"""Views whose page objects still load while they are rendered. To be emptied."""
TABLE = re.compile(r'(?:FROM|INTO|UPDATE) "(\w+)"')


class QueryWatch:
    """Records queries made while a template is rendered: (template, table)."""

    def __init__(self) -> None:
        self.found: set[tuple[str, str]] = set()
        self.template = ""

    def note(self, execute: Callable[..., Any], sql: str, *arguments: Any) -> Any:
        self.found.add((self.template, (TABLE.findall(sql) or [sql])[0]))
        return execute(sql, *arguments)

    @contextmanager
    def rendering(self, name: str) -> Iterator[None]:
        """Watches the outermost template, including those it extends and includes."""
        if self.template:
            yield
            return
        self.template = name
        try:
            with connection.execute_wrapper(self.note):
                yield
        finally:
            self.template = ""


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> QueryWatch:
    """Context processors have run when `_render` is called."""
    watch, render = QueryWatch(), Template._render

    def watched(template: Template, context: Context) -> str:
        with watch.rendering(template.name or ""):
            return render(template, context)

    monkeypatch.setattr(Template, "_render", watched)
    return watch


def open_pages(username: str) -> set[str]:
    """Follows links from the home page. Returns the names of the views that answered with a page."""
    client = client_of(User.objects.get(username=username))
    waiting, opened, shown = ["/"], Counter[str](), set[str]()
    known = set(waiting)
    while waiting:
        address = waiting.pop(0)
        view = view_of(address)
        if view.startswith("admin:") or view in NOT_YET or opened[view] >= OF_A_VIEW:
            continue
        opened[view] += 1
        cache.clear()
        answer = client.get(address)
        if "text/html" not in answer.headers.get("Content-Type", "") or answer.status_code != 200:
            continue
        shown.add(view)
        found = [link for link in links(address, answer.text) if link.startswith("/") and link not in known]
        known.update(found)
        waiting += found
    return shown


def view_of(address: str) -> str:
    return resolve(urlsplit(address).path).view_name


def client_of(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.mark.nightly
def test_no_page_asks_the_database_while_it_is_rendered(settings, watch):
    settings.DEMO = True
    with time_machine.travel(MORNING):
        load_demonstration(now=MORNING)
        shown = set[str]().union(*map(open_pages, PEOPLE))

    assert watch.found == set()
    assert len(shown) > 40, "the links of the home pages lead to all kinds of pages"


def test_no_page_of_an_open_meeting_asks_the_database_while_it_is_rendered(watch):
    room = make_room()
    room.revisit()
    meeting: AnalysisMeeting = room.opened()
    addresses = [
        reverse("improvement:meeting_screen", args=[meeting.month, 1]),
        reverse("improvement:meeting_end", args=[meeting.month]),
        reverse("improvement:meeting_attendance", args=[meeting.month]),
    ]

    with time_machine.travel(NOW):
        answers = [client_of(room.head).get(address) for address in addresses]

    assert ([answer.status_code for answer in answers], watch.found) == ([200, 200, 200], set())


def test_the_watch_notices_a_query_of_a_template(watch):
    template = Template("{% for one in rows %}{{ one }}{% endfor %}", name="page")

    template.render(Context({"rows": User.objects.all()}))

    assert watch.found == {("page", "accounts_user")}
