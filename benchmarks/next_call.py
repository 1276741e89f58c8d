"""Opening the next call (main button, then its page) with 1,000 and with 100,000 stored orders.

One order in twenty is open, so the caller's queue grows too. Lower bound: the time with 1,000 orders. Run it
on PostgreSQL (BENCH_DATABASE_URL); the required ratio is at most 1.2.
"""

from __future__ import annotations

import resource
import statistics
import time
from datetime import datetime, timedelta
from typing import Any

from .measuring import Measurement

FEW, MANY = 1_000, 100_000
CALLERS, OPEN_OF = 6, 20
ROUNDS = 60


def run() -> list[Measurement]:
    from django.utils import timezone

    now = timezone.now()
    callers = make_callers()
    make_stock(0, FEW, callers, now)
    few = time_opening(callers[0])
    make_stock(FEW, MANY, callers, now)
    many = time_opening(callers[0])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        Measurement(f"next call, {FEW:,} orders", few, peak),
        Measurement(f"next call, {MANY:,} orders (floor: {FEW:,})", many, peak, few),
    ]


def make_callers() -> list[Any]:
    """Creates dispatchers and allows calls at any hour."""
    from django.contrib.auth.models import Group

    from evaluations.models import EvaluationPolicy
    from satisfaction.accounts.models import User

    EvaluationPolicy.objects.update(calling_from="00:00", calling_until="23:59:59")
    role = Group.objects.get(name="dispatcher")
    people = [
        User.objects.create(username=f"caller{n}", name=f"调度{n}", caller_group="dispatcher")
        for n in range(CALLERS)
    ]
    for person in people:
        person.groups.add(role)
    return people


def make_stock(first: int, last: int, callers: list[Any], now: datetime) -> None:
    """Creates orders first … last − 1 of the last 60 days with callbacks; open ones are of yesterday."""
    from django.db import connection

    from evaluations.models import Callback
    from workorders.models import Crew, Technician, WorkOrder

    crew, _made = Crew.objects.get_or_create(name="工班甲")
    technician, _made = Technician.objects.get_or_create(
        employee_no="W0001", defaults={"name": "维修人", "crew": crew}
    )
    orders = [make_order(n, crew, technician, now) for n in range(first, last)]
    WorkOrder.objects.bulk_create(orders, batch_size=2_000)
    run_of_day = make_draw_run(now)
    rows = [
        make_callback(one, n, callers[n // OPEN_OF % CALLERS], run_of_day)
        for n, one in enumerate(orders, start=first)
    ]
    Callback.objects.bulk_create(rows, batch_size=2_000)
    make_attempts(rows)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def make_order(n: int, crew: Any, technician: Any, now: datetime) -> Any:
    from workorders.enums import Channel, Kind
    from workorders.models import WorkOrder
    from workorders.phones import phone_key

    closed_at = now - timedelta(days=1 if is_open(n) else 2 + n % 58)
    phone = f"138{n:08d}"
    return WorkOrder(
        number=f"WX-{n:08d}",
        crew=crew,
        technician=technician,
        kind=Kind.FAULT,
        channel=Channel.HOTLINE,
        reporter_name=f"报修人{n}",
        reporter_phone=phone,
        reporter_phone_key=phone_key(phone),
        fault="终端无显示",
        reported_at=closed_at - timedelta(hours=3),
        closed_at=closed_at,
        closed_on=closed_at.date(),
        received_at=closed_at,
        entered_at=closed_at,
        due_at=closed_at + timedelta(days=1, hours=8),
        last_due_at=closed_at + timedelta(days=2, hours=8),
    )


def is_open(n: int) -> bool:
    return n % OPEN_OF == 0


def make_draw_run(now: datetime) -> Any:
    from evaluations.models import DaySeed, DrawRun

    seed, _made = DaySeed.objects.get_or_create(
        day=now.date(), defaults={"seed": "00" * 32, "sha256": "0" * 64, "made_at": now, "is_in_time": False}
    )
    return DrawRun.objects.create(
        day=now.date(),
        n=DrawRun.objects.count() + 1,
        seed=seed,
        input={},
        output={},
        is_committed=False,
        orders=0,
        at=now,
    )


def make_callback(order: Any, n: int, caller: Any, run_of_day: Any) -> Any:
    from evaluations.enums import CallbackState, Rating
    from evaluations.models import Callback

    ended = (
        {}
        if is_open(n)
        else {
            "rating": Rating.SATISFIED,
            "points": 10,
            "ended_at": order.due_at,
            "ended_by": caller,
            "published_at": order.due_at,
            "published_by": caller,
        }
    )
    return Callback(
        order=order,
        caller=caller,
        state=CallbackState.ASSIGNED if is_open(n) else CallbackState.RATED,
        group="dispatcher",
        drawn_group="dispatcher",
        drawn_caller=caller,
        run=run_of_day,
        due_at=order.due_at,
        calling_on=order.due_at.date(),
        **ended,
    )


def make_attempts(rows: list[Any]) -> None:
    from evaluations.enums import CallbackState, Outcome
    from evaluations.models import CallbackAttempt

    made = [
        CallbackAttempt(
            callback=row,
            by=row.caller,
            started_at=row.ended_at - timedelta(minutes=3),
            ended_at=row.ended_at,
            outcome=Outcome.REACHED,
            phone=row.order.reporter_phone,
        )
        for row in rows
        if row.state == CallbackState.RATED
    ]
    CallbackAttempt.objects.bulk_create(made, batch_size=2_000)


def time_opening(person: Any) -> float:
    """Returns the median seconds of opening the next call; releases the call after each round."""
    from django.test import Client
    from django.urls import reverse

    from evaluations.models import Callback

    client = Client()
    client.force_login(person)
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        page = client.post(reverse("evaluations:next_call"), follow=True)
        taken.append(time.perf_counter() - begun)
        assert b"data-call=" in page.content, page.content[:500]
        Callback.objects.filter(held_by=person).update(held_by=None, held_until=None, held_since=None)
    return statistics.median(taken)
