"""Dissatisfied reporters and their revisits, for tests of revisits."""

from __future__ import annotations

from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from evaluations.enums import ObjectionState, Rating
from evaluations.models import Callback, Objection, ProblemType
from improvement.enums import Decision, ItemKind
from improvement.models import AgendaItem, AnalysisMeeting, Revisit, RevisitQuestion
from improvement.revisits.actions import RevisitAnswers, return_with_question, submit_revisit
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from tests.factories import make_self_evaluation
from tests.worlds.crew import MORNING, Stage
from workorders.models import WorkOrder

JUNE = date(2026, 6, 1)
VISITED = days.moment_at(date(2026, 5, 14), time(10))
NOW = days.moment_at(date(2026, 5, 14), time(12))
LATE = days.moment_at(date(2026, 6, 9), time(9))


def dissatisfied(
    stage: Stage, *, words: str = "修了三次还是掉线", types: tuple[int, ...] = (3,), **fields: Any
) -> WorkOrder:
    """Returns an order with its result shown to the crew from 2026-05-12 17:30.

    The revisit is due 2026-06-08 18:00 without a meeting.
    """
    callback_fields = {name: fields.pop(name) for name in ("published_at", "caller") if name in fields}
    order = stage.order(**fields)
    make_self_evaluation(order, by=stage.foreman, rated_at=MORNING)
    callback = stage.called(order, Rating.DISSATISFIED, words=words, **callback_fields)
    callback.problem_types.set(ProblemType.objects.filter(code__in=types))
    return order


def types(*codes: int) -> frozenset[int]:
    return frozenset(ProblemType.objects.filter(code__in=codes).values_list("pk", flat=True))


def answer(**fields: Any) -> RevisitAnswers:
    """Returns a form with all required answers."""
    whole: dict[str, Any] = {
        "visited_at": VISITED,
        "words": "修了三次还是掉线",
        "problem_types": types(3),
        "findings": "机房温度过高,交换机反复重启",
        "measure": "加装风扇,每周巡检一次",
    }
    return RevisitAnswers(**(whole | fields))


def handed_in(stage: Stage, order: WorkOrder | None = None, *, now: datetime = NOW, **fields: Any) -> Revisit:
    order = order or dissatisfied(stage)
    return submit_revisit(order, by=stage.foreman, answer=answer(**fields), version=0, now=now)


def returned(stage: Stage, **fields: Any) -> RevisitQuestion:
    return return_with_question(handed_in(stage, **fields), by=stage.head, question="风扇何时装好?", now=NOW)


def turned_satisfied(order: WorkOrder) -> None:
    """Changes the order's rating to satisfied, as a correction does."""
    Callback.objects.filter(order=order).update(rating=Rating.SATISFIED, points=10)


def uphold(order: WorkOrder, stage: Stage) -> Objection:
    return Objection.objects.create(
        order=order,
        reason="评的是另一次维修",
        by=stage.foreman,
        at=NOW,
        state=ObjectionState.UPHELD,
        decision="成立",
        decided_by=stage.head,
        decided_at=NOW,
    )


def plan_meeting(month: date, planned_at: datetime, by: User, **fields: Any) -> AnalysisMeeting:
    return AnalysisMeeting.objects.create(month=month, planned_at=planned_at, planned_by=by, **fields)


def open_meeting(stage: Stage, month: date = JUNE, **fields: Any) -> AnalysisMeeting:
    at = days.moment_at(month, time(14))
    return plan_meeting(month, at, stage.head, state="open", opened_at=at, opened_by=stage.head, **fields)


def on_agenda(revisit: Revisit, meeting: AnalysisMeeting, decision: str = "", **fields: Any) -> AgendaItem:
    if decision:
        fields |= {"decision": decision, "decided_at": NOW, "decided_by": meeting.planned_by}
    if decision in (Decision.NO_ACTION, Decision.DEFERRED):
        fields["reason"] = "个别情况"
    position = meeting.items.count() + 1
    return AgendaItem.objects.create(
        meeting=meeting, kind=ItemKind.REVISIT, position=position, revisit=revisit, **fields
    )


def picture(
    name: str = "form.png", form: str = "PNG", size: tuple[int, int] = (60, 80)
) -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", size, "white").save(out, form)
    return SimpleUploadedFile(name, out.getvalue(), content_type="application/octet-stream")
