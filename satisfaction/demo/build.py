"""Loads the demonstration centre: days long past at once, special cases one by one, today up to the morning's end."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from django.db import transaction

from evaluations.deadlines import set_deadlines
from evaluations.draw.rules import seed_sha256
from evaluations.draw.run import draw_day
from evaluations.enums import CallbackState
from evaluations.feedback.results import news
from evaluations.models import Acknowledgement, Callback, DaySeed, EvaluationPolicy
from evaluations.scores.daily import refresh_daily_rows
from evaluations.scores.settle import settle
from evaluations.workbook.import_ import Imported
from evaluations.workbook.jobs import TASK, result_of
from evaluations.workbook.review import WorkbookReviewer
from improvement.kpis.freeze import freeze_settled_kpis
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.jobs.models import DEMO_HEARTBEAT, Heartbeat, Job, JobState
from workorders.enums import Channel, Kind
from workorders.intake.complete import Completion, complete_orders
from workorders.intake.take_in import Taken, take_in
from workorders.models import WorkOrder

from .calling import Calls
from .improving import Improving
from .opinions import Opinions
from .people import Cast, accounts, make_people
from .places import reporters
from .rating import SelfEvaluations
from .rows import Orders
from .span import CLOSE_OF_BUSINESS, EFFECT_DAYS, Span
from .storage import clear, holds_demonstration, refuse_other_data
from .stories import Stories
from .today import Today

ARRIVAL, DRAW, COMPLETED, DRAWN_AGAIN, ACKNOWLEDGING = (
    time(8, 30),
    time(8, 31),
    time(10, 5),
    time(10, 10),
    time(8, 50),
)
SHOWN_IMPORTS = 7
STILL_INCOMPLETE = 4
"""Incomplete orders of the last days still wait to be completed."""


@dataclass(frozen=True)
class Loaded:
    """What was loaded; `is_new`: False when the day's demonstration stood there already."""

    day: date
    orders: int
    settled: date
    is_new: bool = True


def load(*, now: datetime, is_reset: bool = False) -> Loaded:
    """The demonstration of the day of `now`; the same for the same day.

    Loaded before: nothing happens, unless `is_reset` loads it anew. Refused: the database holds other data.
    """
    with transaction.atomic():
        if holds_demonstration():
            if not is_reset:
                return standing()
            clear()
        refuse_other_data(what="演示数据")
        return build(Span(days.local_day(now), now))


def standing() -> Loaded:
    detail = Heartbeat.objects.get(name=DEMO_HEARTBEAT).detail
    day, settled = (date.fromisoformat(detail[key]) for key in ("day", "settled"))
    return Loaded(day, WorkOrder.objects.count(), settled, is_new=False)


def build(span: Span) -> Loaded:
    chance = Random(f"demonstration {span.today}")
    policy = write_policy(span)
    cast = make_people(since=span.settled - timedelta(days=400))
    make_seeds(span)
    stories = Stories(span, cast, chance)
    stories.absences()
    stories.do_not_call()
    orders = Orders(cast, chance)
    for day in span.closing_days:
        arrive(span, day, orders, cast)
        stories.morning_after(day)
    opinions = Opinions(chance, learning=(cast.learning.pk, span.learns_on))
    ratings = SelfEvaluations(span, chance, opinions, cast, policy)
    evaluate(span, cast, opinions, policy, ratings)
    stories.of_settled_month()
    stories.of_recent_days()
    acknowledge(span, cast)
    settled_at = span.settles_at + timedelta(minutes=2)
    settle(span.settled, by=None, now=settled_at)
    freeze_settled_kpis(now=settled_at)
    Improving(span, cast, chance, ratings).play()
    Today(span, cast, opinions, stories).play()
    refresh_daily_rows(span.settled, now=span.now)
    return mark(span)


def write_policy(span: Span) -> EvaluationPolicy:
    """Close of business late at night: today's deadlines are still ahead whenever somebody looks."""
    return EvaluationPolicy.objects.create(
        begins_on=span.settled,
        close_of_business=CLOSE_OF_BUSINESS,
        effect_days=EFFECT_DAYS,
        note="演示:下班时间设为 23:59,随时打开,今天的期限都还没到;效果比较各 14 天",
    )


def make_seeds(span: Span) -> None:
    """Of every day up to today, as if made a week ahead; those of coming days the product makes itself, in secret."""
    for day in [*span.closing_days, span.today]:
        seed = hashlib.sha256(f"demonstration {span.today} {day}".encode()).hexdigest()
        DaySeed.objects.create(
            day=day,
            seed=seed,
            sha256=seed_sha256(seed),
            made_at=days.moment_at(day - timedelta(days=7), time(0, 5)),
            is_in_time=True,
        )


def arrive(span: Span, day: date, orders: Orders, cast: Cast) -> None:
    """The workbook of the day, its draw, and what dispatch completes in the morning and is drawn then."""
    morning = day + timedelta(days=1)
    arrival, by = span.at(morning, ARRIVAL), cast["dispatcher1"]
    reviewer = WorkbookReviewer(now=arrival, by=by, create_people=False)
    taken = take_in(orders.of_day(day), now=arrival, by=by, reviewer=reviewer)
    if (span.today - day).days <= SHOWN_IMPORTS:
        remember_import(day, taken, by=by, at=arrival)
    draw_day(day, now=span.at(morning, DRAW))
    if (span.today - day).days > STILL_INCOMPLETE and complete(day, cast, now=span.at(morning, COMPLETED)):
        draw_day(day, now=span.at(morning, DRAWN_AGAIN))


def remember_import(day: date, taken: Taken, *, by: User, at: datetime) -> None:
    """As the page of imports would have left it, without the file."""
    imported = Imported(
        rows=taken.created,
        created=taken.created,
        updated=0,
        unchanged=0,
        rejected=0,
        incomplete=taken.incomplete,
        new_crews=(),
        new_technicians=(),
        unknown_columns=(),
        errors=(),
    )
    job = Job.objects.create(
        kind=TASK,
        state=JobState.DONE,
        by=by,
        filename=f"每日故障统计 {day}.xlsx",
        options={"dry_run": False, "create_people": False},
        result=result_of(imported),
        progress=taken.created,
        total=taken.created,
        attempts=1,
        ended_at=at,
    )
    Job.objects.filter(pk=job.pk).update(created_at=at, beat_at=at)


def complete(day: date, cast: Cast, *, now: datetime) -> list[WorkOrder]:
    """What dispatch finds out by asking; every tenth order stays as it is."""
    phones = {(post.name, post.location): post.phone for post in reporters()}
    incomplete = WorkOrder.objects.closed_on(day).incomplete().with_people().order_by("pk")
    completions = []
    for order in incomplete:
        n = int(order.number[-4:])
        if n % 10 == 0:
            continue
        crew = order.crew or (order.technician.crew if order.technician else cast.crews[0])
        completions.append(
            Completion(
                order.pk,
                crew=crew,
                technician=cast.of_crew(crew)[n % 5],  # type: ignore[arg-type]
                phone=phones[order.reporter_name, order.reporter_location],
                kind=Kind.FAULT,
                channel=Channel.HOTLINE,
            )
        )
    return complete_orders(completions, by=cast["dispatcher1"], now=now, on_entry=set_deadlines)


def evaluate(
    span: Span, cast: Cast, opinions: Opinions, policy: EvaluationPolicy, ratings: SelfEvaluations
) -> None:
    """Calls and self-evaluations of the past, callback by callback."""
    calls = Calls(span, opinions.random, opinions, cast["lead"], policy)
    drawn = Callback.objects.filter(state=CallbackState.ASSIGNED).select_related(
        "order__technician", "caller"
    )
    by_day: dict[date, list[Callback]] = {}
    for callback in drawn.order_by("order__closed_on", "order__closed_at", "pk"):
        assert callback.order.closed_on
        by_day.setdefault(callback.order.closed_on, []).append(callback)
    for callbacks in by_day.values():
        past = [one for one in callbacks if one.calling_on and one.calling_on < span.today]
        calls.day(past)
        ratings.day(callbacks)
    calls.store()
    ratings.store()


def acknowledge(span: Span, cast: Cast) -> None:
    """The morning after the last news of a crew's day, as far as that was before today."""
    rows = news([crew.pk for crew in cast.crews], now=days.start_of_day(span.today))
    made = []
    for row in rows:
        at = days.moment_at(days.local_day(row["news_at"]) + timedelta(days=1), ACKNOWLEDGING)
        if at < days.start_of_day(span.today):
            foreman = cast.foremen[row["crew"]]
            made.append(
                Acknowledgement(
                    crew_id=row["crew"], day=row["closed_on"], by=foreman, at=at, results=row["results"]
                )
            )
    Acknowledgement.objects.bulk_create(made, batch_size=500)


def mark(span: Span) -> Loaded:
    """From now on the database is known as the demonstration of this day."""
    detail = {"day": span.today.isoformat(), "settled": span.settled.isoformat(), "accounts": accounts()}
    Heartbeat.objects.create(name=DEMO_HEARTBEAT, at=span.now, detail=detail)
    return Loaded(span.today, WorkOrder.objects.count(), span.settled)
