"""The desk of two dispatchers on the morning of D+1, for tests of the callback."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from evaluations.callbacks.answers import Answers
from evaluations.callbacks.attempts import Attempt
from evaluations.callbacks.open_call import open_callback
from evaluations.callbacks.save import record_attempt
from evaluations.enums import CallbackState, Manner, Outcome, Rating, Repaired, Response, Uncivil
from evaluations.models import Callback, ProblemType
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.roles import Role
from tests.factories import make_callback, make_person
from tests.worlds.crew import D1, DAY, Stage, make_stage

NINE = days.moment_at(D1, time(9))
PHONE = "138 0000 4414"
SATISFIED = Answers(
    rating=Rating.SATISFIED,
    response=Response.YES,
    manner=Manner.YES,
    uncivil=Uncivil.NO,
    repaired=Repaired.YES,
)


@dataclass
class Desk:
    stage: Stage
    caller: User
    colleague: User
    lead: User

    def callback(self, caller: User | None = None, **fields: Any) -> Callback:
        """Drawn for the caller; fields beginning with `order_` go to the order."""
        of_order = {name[6:]: fields.pop(name) for name in list(fields) if name.startswith("order_")}
        if "reporter_phone" in of_order:
            of_order.setdefault("reporter_name", "张工")
        return make_callback(self.stage.order(**of_order), caller or self.caller, **fields)

    def waiting(self) -> Callback:
        """Drawn for the dispatchers, without a caller yet."""
        return make_callback(self.stage.order(), None, CallbackState.WAITING)

    def of_one_reporter(self, *callers: User, **fields: Any) -> list[Callback]:
        return [self.callback(caller, order_reporter_phone=PHONE, **fields) for caller in callers]


def make_desk() -> Desk:
    stage = make_stage()
    return Desk(
        stage,
        caller=stage.dispatcher,
        colleague=make_person("colleague", Role.DISPATCHER),
        lead=make_person("lead", Role.LEAD),
    )


def tried(callback: Callback, by: User, at: datetime, outcome: str = Outcome.NO_ANSWER) -> Callback:
    return record_attempt(callback, Attempt(outcome), by=by, now=at)


def rated(callback: Callback, by: User, at: datetime = NINE, answers: Answers = SATISFIED) -> Callback:
    open_callback(callback, by=by, now=at - timedelta(minutes=3))
    return record_attempt(callback, Attempt(Outcome.REACHED, answers), by=by, now=at)


def dissatisfied(*codes: int, **fields: Any) -> Answers:
    types = frozenset(ProblemType.objects.filter(code__in=codes).values_list("pk", flat=True))
    fields.setdefault("words", "来得太慢")
    return Answers(rating=Rating.DISSATISFIED, problem_types=types, **fields)


__all__ = ["D1", "DAY", "NINE", "PHONE", "SATISFIED", "Desk", "dissatisfied", "make_desk", "rated", "tried"]
