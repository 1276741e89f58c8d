"""Months of evaluated orders, for tests of scores, rankings and settling."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

from evaluations.enums import CallbackState, Rating, Source
from evaluations.models import EvaluationPolicy, Objection, TakenOut
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from tests.factories import (
    CrewFactory,
    OrderFactory,
    TechnicianFactory,
    make_callback,
    make_self_evaluation,
)
from workorders.models import Crew, Technician, WorkOrder

MAY = date(2026, 5, 1)
SETTLES_AT = days.moment_at(date(2026, 6, 5), time(18))
AFTER = days.moment_at(date(2026, 6, 6), time(9))
"""A moment at which every deadline of May is over and its settle moment has passed."""

WORDS = {10: Rating.SATISFIED, 8: Rating.BASICALLY_SATISFIED, 6: Rating.DISSATISFIED}


def technician(no: str, crew: Crew | str, **fields: Any) -> Technician:
    if isinstance(crew, str):
        crew = Crew.objects.filter(name=crew).first() or CrewFactory(name=crew)
    return TechnicianFactory(employee_no=no, name=f"师傅{no}", crew=crew, **fields)


def evaluated(
    who: Technician,
    own: int | None,
    called: int | None,
    caller: User,
    *,
    day: date = date(2026, 5, 11),
    **fields: Any,
) -> WorkOrder:
    """Returns an order of `who` with `own` points by the crew and `called` points by the reporter.

    It is published on D+1. None means that the evaluation is missing.
    """
    order = OrderFactory(technician=who, day=day, **fields)
    if own is not None:
        make_self_evaluation(order, WORDS[own], by=caller)
    if called is not None:
        make_callback(order, caller, rating=WORDS[called], published_at=order.due_at)
    return order


def policy_of(month: date, **numbers: Any) -> EvaluationPolicy:
    return EvaluationPolicy.objects.update_or_create(begins_on=month, defaults=numbers)[0]


def objection_upheld(order: WorkOrder, by: User) -> Objection:
    at = order.last_due_at + timedelta(hours=1)
    return Objection.objects.create(
        order=order,
        state="upheld",
        reason="报修人记错了工单",
        by=by,
        at=at,
        decision="属实",
        decided_by=by,
        decided_at=at,
    )


def taken_out(order: WorkOrder, by: User) -> TakenOut:
    return TakenOut.objects.create(order=order, reason="演练工单", by=by, at=order.due_at)


def imported(order: WorkOrder, own: int | None, called: int | None) -> WorkOrder:
    """Creates evaluations as an import of historical data does."""
    if own is not None:
        make_self_evaluation(order, WORDS[own])
    if called is not None:
        at = days.moment_at(date(2026, 11, 1), time(9))
        make_callback(
            order,
            None,
            CallbackState.RATED,
            rating=WORDS[called],
            source=Source.IMPORTED,
            published_at=at,
            due_at=None,
        )
    return order
