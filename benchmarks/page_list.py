"""The pages that are measured: their goals, who opens them, and how.

An opener prepares a request and returns the function that sends it; only that function is measured. Both run in
a transaction that is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

Opener = Callable[[Any], Callable[[], Any]]


@dataclass(frozen=True)
class PageGoal:
    """`queries` and `cpu` (CPU ÷ that of a bare page with as many rows) are upper limits."""

    queries: int
    cpu: float
    growth: float = 1.2


DESK = LIST = CREW = PageGoal(10, 2)
HOME = IMPROVEMENT = PageGoal(12, 2.5)


@dataclass(frozen=True)
class MeasuredPage:
    name: str
    person: str
    goal: PageGoal
    open: Opener


def get(name: str, *arguments: Any, query: str = "") -> Opener:
    from django.urls import reverse

    address = reverse(name, args=arguments) + query
    return lambda client: lambda: client.get(address)


def measured_pages() -> list[MeasuredPage]:
    """Returns the pages of the database that `generate` has filled."""
    from improvement.models import AnalysisMeeting
    from workorders.models import WorkOrder

    last = WorkOrder.objects.in_scope().order_by("-closed_on", "-pk")[0]
    word = last.equipment[:4]
    foreman = f"foreman{int(last.crew.name[-3:])}"
    meeting = AnalysisMeeting.objects.order_by("-month").values_list("month", flat=True).first()
    search = f"?q={word}"
    return [
        MeasuredPage("queue", "dispatcher1", DESK, get("evaluations:desk")),
        MeasuredPage("next call", "dispatcher1", DESK, next_call),
        MeasuredPage("call", "dispatcher1", DESK, open_call),
        MeasuredPage("save", "dispatcher1", DESK, save_call),
        MeasuredPage("order list", "lead", LIST, get("orders:list")),
        MeasuredPage("order list, searched", "lead", LIST, get("orders:list", query=search)),
        MeasuredPage("order list, text found nowhere", "lead", LIST, get("orders:list", query="?q=天外飞仙")),
        MeasuredPage("order", "lead", LIST, get("orders:page", last.number)),
        MeasuredPage("self-evaluation list", foreman, CREW, get("evaluations:self_evaluation")),
        MeasuredPage("crew results", foreman, CREW, get("evaluations:results")),
        MeasuredPage("home of the foreman", foreman, CREW, get("home")),
        MeasuredPage("board", "lead", HOME, get("evaluations:board")),
        MeasuredPage("home of the lead", "lead", HOME, get("home")),
        MeasuredPage("home of the head", "head", HOME, get("home")),
        MeasuredPage("home of a manager", "manager1", HOME, get("home")),
        MeasuredPage("home of the admin", "admin", HOME, get("home")),
        MeasuredPage("revisits", "head", IMPROVEMENT, get("improvement:revisits")),
        MeasuredPage("projects", "head", IMPROVEMENT, get("improvement:projects")),
        MeasuredPage("meetings", "head", IMPROVEMENT, get("improvement:meetings")),
        *(
            [MeasuredPage("meeting", "head", IMPROVEMENT, get("improvement:meeting", meeting))]
            if meeting
            else []
        ),
        MeasuredPage("draws", "head", IMPROVEMENT, get("evaluations:draw")),
        MeasuredPage("draws of a day", "head", IMPROVEMENT, get("evaluations:draw_day", last.closed_on)),
        MeasuredPage("objections", "head", IMPROVEMENT, get("evaluations:objections")),
        MeasuredPage("audit", "head", IMPROVEMENT, get("audit")),
        MeasuredPage("incomplete orders", "dispatcher1", IMPROVEMENT, get("orders:incomplete")),
    ]


def next_call(client: Any) -> Callable[[], Any]:
    from django.urls import reverse

    return lambda: client.post(reverse("evaluations:next_call"))


def open_call(client: Any) -> Callable[[], Any]:
    address = address_of_call()
    return lambda: client.get(address)


def save_call(client: Any) -> Callable[[], Any]:
    address = address_of_call()
    answers = {"outcome": "reached", "rating": "satisfied", "repaired": "yes", "token": str(uuid4())}
    return lambda: client.post(address, answers)


def address_of_call() -> str:
    """Opens the caller's next call and returns the address of its page."""
    from django.urls import reverse
    from django.utils import timezone

    from evaluations.callbacks.open_call import claim_next
    from satisfaction.accounts.models import User

    opened = claim_next(by=User.objects.get(username="dispatcher1"), now=timezone.now())
    assert opened, "the caller has open callbacks"
    return reverse("evaluations:call", args=[opened.callback.pk])
