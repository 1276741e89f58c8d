"""A centre with people who may cheat: their browser actions, and the pages the head reads afterwards."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluations.enums import Rating
from evaluations.models import Callback, ProblemType
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.roles import Role
from tests.factories import CrewFactory, TechnicianFactory, make_person
from tests.worlds.crew import D1, DAY
from tests.worlds.desk import SATISFIED, Desk, make_desk
from tests.worlds.workbooks import as_csv
from workorders.models import Crew, Technician, WorkOrder

Moves = Callable[[datetime], None]
GOOD = {name: value for name, value in asdict(SATISFIED).items() if isinstance(value, str) and value}
PUBLISHING = days.moment_at(D1, days.time(17, 30))
WORDS = "修了三次还是坏的"


def bad() -> dict[str, Any]:
    """A dissatisfied reporter's answers."""
    slow = ProblemType.objects.get(code=1).pk
    return {"rating": Rating.DISSATISFIED, "words": WORDS, "manner": "no", "problem_types": slow}


class Centre:
    """The evaluated crew, another crew, and everybody who could cheat; the head checks the pages."""

    def __init__(self, at_once: Callable[[Callable[[], HttpResponse]], HttpResponse], clock: Moves) -> None:
        self.at_once, self.clock = at_once, clock
        self.desk: Desk = make_desk()
        stage = self.desk.stage
        self.crew, self.technician = stage.crew, stage.technician
        self.foreman, self.caller, self.colleague = stage.foreman, self.desk.caller, self.desk.colleague
        self.lead, self.manager, self.head = self.desk.lead, stage.manager, stage.head
        self.admin = make_person("admin", Role.ADMIN)
        self.other_crew: Crew = CrewFactory(name="另一工班")
        self.other_technician: Technician = TechnicianFactory(crew=self.other_crew, employee_no="W999")
        self._browsers: dict[int, tuple[Client, datetime]] = {}

    # --- Actions ------------------------------------------------------------------------------------

    def browser(self, person: User) -> Client:
        """Returns the person's signed-in browser."""
        client, since = self._browsers.get(person.pk, (Client(), None))
        if since is None or timezone.now() - since > timedelta(minutes=20):
            client.force_login(person)
            self._browsers[person.pk] = client, timezone.now()
        return client

    def reads(self, person: User, name: str, /, *args: Any, **query: Any) -> str:
        """Returns the text of a page without tags."""
        answer = self.browser(person).get(reverse(name, args=args), query, follow=True)
        return words(answer.content.decode())

    def does(self, person: User, name: str, /, *args: Any, **data: Any) -> HttpResponse:
        """Sends a form and runs the background tasks it started."""
        return self.at_once(lambda: self.browser(person).post(reverse(name, args=args), data))

    def calls(self, callback: Callback, by: User | None = None, /, **answers: Any) -> HttpResponse:
        """Opens the call and saves it as reached, rated satisfied by default."""
        by = by or self.caller
        self.does(by, "evaluations:open_call", callback.pk)
        data = {"outcome": "reached", "token": uuid4(), **(answers or GOOD)}
        return self.does(by, "evaluations:call", callback.pk, **data)

    def corrects(self, callback: Callback, by: User | None = None, /, **data: Any) -> HttpResponse:
        return self.does(by or self.caller, "evaluations:correct_callback", callback.pk, **data)

    def publishes(self) -> HttpResponse:
        """Publishes the day as the lead in the evening; open calls are postponed."""
        self.clock(max(timezone.now(), PUBLISHING))
        return self.does(self.lead, "evaluations:publish", day=DAY, reason="报修人联系不上")

    def uploads(self, person: User, *rows: dict[str, str], **options: str) -> str:
        """Uploads a workbook; returns the address of its preview."""
        file = SimpleUploadedFile("日报.csv", as_csv(*rows))
        return self.does(person, "evaluations:import", file=file, **options).headers["Location"]

    def imports(self, person: User, *rows: dict[str, str], **options: str) -> str:
        """Uploads a workbook and confirms the preview; returns the text of the result page."""
        preview = self.uploads(person, *rows, **options)
        client = self.browser(person)
        result = self.at_once(lambda: client.post(f"{preview}confirm/")).headers["Location"]
        return words(client.get(result).content.decode())

    # --- Pages read afterwards ----------------------------------------------------------------------

    def order_page(self, order: WorkOrder, person: User | None = None) -> str:
        return self.reads(person or self.head, "orders:page", order.number)

    def trail(self, person: User | None = None) -> list[str]:
        """Returns the audit trail as the head sees it, one entry per line."""
        page = self.browser(person or self.head).get(reverse("audit")).content.decode()
        return [words(row) for row in re.findall(r"<tr>(.*?)</tr>", page, re.S)]

    def head_sees(self, *expected: str) -> bool:
        """Whether one audit entry contains all of these words; reports the whole trail if none does."""
        trail = self.trail()
        if not any(all(word in entry for word in expected) for entry in trail):
            raise AssertionError("\n".join([f"no entry holds {expected}:", *trail]))
        return True

    def pattern(self, who: User | Crew, measure: str, month: date = DAY) -> tuple[int, int]:
        """Returns (number, total orders) of a caller or crew from the head's page of patterns."""
        page = self.browser(self.head).get(reverse("evaluations:patterns", args=[month.replace(day=1)]))
        rows = [row for table in page.context["tables"] for row in table.rows if row.who == who]
        shares = {one.key: share for row in rows for one, share in row.shares}
        return shares[measure].counted, shares[measure].of

    def is_marked(self, who: User | Crew, measure: str, month: date = DAY) -> bool:
        """Whether that number is marked as far from the group's value."""
        page = self.browser(self.head).get(reverse("evaluations:patterns", args=[month.replace(day=1)]))
        rows = [row for table in page.context["tables"] for row in table.rows if row.who == who]
        return any(share.is_far for row in rows for one, share in row.shares if one.key == measure)


def words(page: str) -> str:
    """Returns the visible text of a page or part: no tags, single spaces."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page))).strip()
