"""Three flows through the product; traces the files of each step and the number of switches between files."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime, time
from io import BytesIO
from itertools import pairwise
from types import FrameType
from typing import Any

import time_machine
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.test.utils import get_runner, setup_test_environment, teardown_test_environment
from django.urls import reverse
from django.utils import timezone
from openpyxl import Workbook

from evaluations.models import Callback, ProblemType
from evaluations.workbook.import_ import import_workbook
from improvement.models import AgendaItem, ImprovementProject, ProjectStep
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from tests.factories import make_callback, make_self_evaluation
from tests.metrics import PACKAGES, ROOT
from tests.worlds.crew import DAY, Stage, make_stage
from tests.worlds.workbooks import order

FOLDERS = tuple(f"{ROOT / package}/" for package in PACKAGES)


@dataclass
class Trace:
    """The product's files, in the order in which their functions were entered."""

    files: list[str] = field(default_factory=list)

    def enter(self, frame: FrameType, event: str, _argument: object) -> None:
        code = frame.f_code
        if event == "call" and code.co_filename.startswith(FOLDERS) and not code.co_name.startswith("<"):
            self.files.append(code.co_filename)

    @property
    def counts(self) -> dict[str, int]:
        changes = sum(one != other for one, other in pairwise(self.files))
        return {"files": len(set(self.files)), "changes of file": changes}


class Flow:
    """The traced steps of one flow; `told` returns counts per step and in total."""

    def __init__(self) -> None:
        self.steps: dict[str, Trace] = {}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        trace = self.steps[name] = Trace()
        cache.clear()
        sys.setprofile(trace.enter)
        try:
            yield
        finally:
            sys.setprofile(None)

    def told(self) -> dict[str, dict[str, int]]:
        whole = Trace([name for trace in self.steps.values() for name in trace.files])
        return {name: trace.counts for name, trace in self.steps.items()} | {"together": whole.counts}


def run_flows() -> dict[str, Any]:
    """Runs every flow in a transaction that is rolled back, on a temporary test database."""
    setup_test_environment()
    runner = get_runner(settings)(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        return {
            flow.__name__: rolled_back(flow)
            for flow in (rating_to_ranking, dissatisfied_to_confirmed, intake)
        }
    finally:
        runner.teardown_databases(databases)
        teardown_test_environment()


def rolled_back(run: Any) -> dict[str, dict[str, int]]:
    with transaction.atomic():
        flow = Flow()
        run(flow)
        transaction.set_rollback(True)
    return flow.told()


def client_of(person: User) -> Client:
    """Returns a signed-in client that has loaded a page, so one-time loading is not part of a flow."""
    client = Client()
    client.force_login(person)
    client.get(reverse("home"))
    return client


@contextmanager
def at(day: date, hour: int, minute: int = 0) -> Iterator[datetime]:
    moment = days.moment_at(day, time(hour, minute))
    with time_machine.travel(moment, tick=False):
        yield moment


def asked(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)


def sent(client: Client, address: str, **data: Any) -> None:
    answer = client.post(address, data)
    assert answer.status_code == 302, (
        address,
        answer.status_code,
        answer.context and answer.context["form"].errors,
    )


def rating_to_ranking(flow: Flow) -> None:
    """A dispatcher saves two calls of one reporter and goes to the next; day published, month shown."""
    stage = make_stage()
    rows = [called(stage, reporter_phone="13800004414") for _ in range(2)] + [called(stage)]
    with at(date(2026, 5, 12), 10):
        dispatcher, first = client_of(stage.dispatcher), rows[0]
        dispatcher.post(reverse("evaluations:open_call", args=[first.pk]))
        answers = {"outcome": "reached", "rating": "satisfied", f"o{rows[1].pk}-rating": "satisfied"}
        with flow.step("save and next"):
            sent(dispatcher, reverse("evaluations:call", args=[first.pk]), **answers)
        with flow.step("page of the next call"):
            asked(dispatcher, reverse("evaluations:call", args=[rows[2].pk]))
    with at(date(2026, 5, 12), 17, 30):
        dispatcher = client_of(stage.dispatcher)
        with flow.step("publish"):
            sent(dispatcher, reverse("evaluations:publish"), day=f"{DAY:%Y-%m-%d}", reason="未接通")
        manager = client_of(stage.manager)
        with flow.step("page of the month"):
            asked(manager, reverse("evaluations:month", args=[DAY]))


def called(stage: Stage, **fields: Any) -> Callback:
    rated = stage.order(**fields)
    make_self_evaluation(rated, by=stage.foreman, rated_at=days.moment_at(date(2026, 5, 12), time(8, 45)))
    return make_callback(rated, stage.dispatcher)


def dissatisfied_to_confirmed(flow: Flow) -> None:
    """A revisit is submitted, a meeting makes it a project, its step is done, the next meeting confirms."""
    stage = make_stage()
    callback = called(stage)
    kinds = ProblemType.objects.filter(code=3)
    with at(date(2026, 5, 12), 17):
        callback.problem_types.set(kinds)
        published = {"published_at": timezone.now(), "published_by": stage.dispatcher}
        fields = {"state": "rated", "rating": "dissatisfied", "points": 0, "words": "还是掉线", **published}
        ended = {"ended_at": days.moment_at(date(2026, 5, 12), time(10)), "ended_by": stage.dispatcher}
        Callback.objects.filter(pk=callback.pk).update(**fields, **ended)
    revisit = reverse("improvement:revisit", args=[callback.order.number])
    with at(date(2026, 5, 14), 11):
        foreman = client_of(stage.foreman)
        with flow.step("revisit form"):
            asked(foreman, revisit)
        answers = {"words": "还是掉线", "problem_types": [one.pk for one in kinds], "findings": "温度过高"}
        visit = {"visited_at": "2026-05-14T10:00", "measure": "每周巡检", "version": 0, "action": "submit"}
        with flow.step("submit"):
            sent(foreman, revisit, **answers, **visit)
    hold_meeting(
        stage,
        flow,
        date(2026, 6, 10),
        opening="open meeting",
        deciding="new project",
        responsible=stage.manager.pk,
        decision="new_project",
        problem="掉线",
        measure="加装空调",
    )
    work_on_project(stage, flow)
    hold_meeting(stage, flow, date(2026, 7, 15), deciding="confirmed", decision="confirmed")
    assert ImprovementProject.objects.get().state == "confirmed"


def hold_meeting(
    stage: Stage, flow: Flow, day: date, *, deciding: str, opening: str = "", **decision: Any
) -> None:
    """Plans a meeting in the morning, opens it at 14:00, decides its one item and closes it."""
    month = day.replace(day=1)
    with at(day, 9):
        sent(
            client_of(stage.head),
            reverse("improvement:meeting_plan"),
            planned_at=f"{day}T14:00",
            place="会议室",
        )
    with at(day, 14, 2):
        head = client_of(stage.head)
        with flow.step(opening) if opening else nullcontext():
            sent(head, reverse("improvement:meeting_open", args=[month]))
        decision["version"] = AgendaItem.objects.get(meeting__month=month).version
        with flow.step(deciding):
            sent(head, reverse("improvement:meeting_screen", args=[month, 1]), **decision)
        sent(head, reverse("improvement:meeting_close", args=[month]))


def work_on_project(stage: Stage, flow: Flow) -> None:
    """Plans and reports a step, starts the project, and evaluates its effect after the period."""
    project = ImprovementProject.objects.get()
    with at(date(2026, 6, 10), 16):
        manager = client_of(stage.manager)
        step = {"what": "装空调", "due_on": "2026-06-12", "crew": stage.crew.pk}
        with flow.step("step"):
            sent(manager, reverse("improvement:step_add", args=[project.pk]), **step)
        with flow.step("start"):
            sent(manager, reverse("improvement:project_start", args=[project.pk]))
    with at(date(2026, 6, 12), 17):
        report = reverse("improvement:step_report", args=[project.pk, ProjectStep.objects.get().pk])
        sent(client_of(stage.foreman), report, progress="已装好", done_on="2026-06-12")
    with at(date(2026, 7, 13), 9):
        manager = client_of(stage.manager)
        with flow.step("evaluate"):
            sent(manager, reverse("improvement:project_evaluate", args=[project.pk]), words="未再掉线")


def intake(flow: Flow) -> None:
    """Previews and then stores a workbook with one row."""
    stage = make_stage()
    workbook = one_row(stage)
    for name, dry_run in (("preview", True), ("store", False)):
        with at(date(2026, 5, 12), 8), flow.step(name):
            found = import_workbook(workbook, filename="day.xlsx", now=timezone.now(), dry_run=dry_run)
        assert (found.created, found.rejected) == (1, 0), found


def one_row(stage: Stage) -> bytes:
    """Returns a workbook with one complete order of the stage's technician."""
    number, name = stage.technician.employee_no, stage.technician.name
    row = order("WX-1", 所属工班=stage.crew.name, 维修人工号=number, 维修人=name)
    book = Workbook()
    book.active.append(list(row))
    book.active.append(list(row.values()))
    content = BytesIO()
    book.save(content)
    return content.getvalue()
