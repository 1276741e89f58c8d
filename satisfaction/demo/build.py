"""Loads the demonstration centre: past days in bulk, special cases one by one, today up to mid-morning."""

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
from evaluations.feedback.results import crew_news
from evaluations.models import Acknowledgement, Callback, DaySeed, EvaluationPolicy
from evaluations.scores.daily import refresh_daily_rows
from evaluations.scores.settle import settle
from evaluations.workbook.import_rows import import_rows
from evaluations.workbook.imported import Imported
from evaluations.workbook.jobs import TASK, result_of
from improvement.kpis.freeze import freeze_settled_kpis
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.jobs.models import DEMO_HEARTBEAT, Heartbeat, Job, JobState
from workorders.enums import Channel, Kind
from workorders.intake.complete import Completion, complete_orders
from workorders.intake.plan import ImportResult
from workorders.models import WorkOrder

from .calling import CallHistory
from .dates import CLOSE_OF_BUSINESS, EFFECT_DAYS, DemoDates
from .improving import ImprovementHistory
from .opinions import OpinionGenerator
from .people import DemoPeople, account_list, make_people
from .places import reporters
from .rating import SelfEvaluationHistory
from .rows import DemoOrders
from .storage import clear_demonstration, holds_demonstration, refuse_other_data
from .stories import SpecialCases
from .today import TodaysWork

ARRIVAL, DRAW, COMPLETED, DRAWN_AGAIN, ACKNOWLEDGING = (
    time(8, 30),
    time(8, 31),
    time(10, 5),
    time(10, 10),
    time(8, 50),
)
SHOWN_IMPORTS = 7
STILL_INCOMPLETE = 4
"""Incomplete orders of the last days are not completed yet."""


@dataclass(frozen=True)
class LoadResult:
    """What is loaded; `is_new`: False if the demonstration was loaded before."""

    day: date
    orders: int
    settled: date
    is_new: bool = True


def load_demonstration(*, now: datetime, is_reset: bool = False) -> LoadResult:
    """Loads the demonstration for the day of `now`; the data depends on the day only.

    If it was loaded before, nothing changes unless `is_reset`. Raises Refused if the database holds other
    data.
    """
    with transaction.atomic():
        if holds_demonstration():
            if not is_reset:
                return existing_result()
            clear_demonstration()
        refuse_other_data(what="演示数据")
        return build_demonstration(DemoDates(days.local_day(now), now))


def existing_result() -> LoadResult:
    detail = Heartbeat.objects.get(name=DEMO_HEARTBEAT).detail
    day, settled = (date.fromisoformat(detail[key]) for key in ("day", "settled"))
    return LoadResult(day, WorkOrder.objects.count(), settled, is_new=False)


def build_demonstration(dates: DemoDates) -> LoadResult:
    chance = Random(f"demonstration {dates.today}")
    policy = write_policy(dates)
    cast = make_people(since=dates.settled - timedelta(days=400))
    make_demo_seeds(dates)
    stories = SpecialCases(dates, cast, chance)
    stories.absences()
    stories.do_not_call()
    orders = DemoOrders(cast, chance)
    for day in dates.closing_days:
        import_day(dates, day, orders, cast)
        stories.morning_after(day)
    opinions = OpinionGenerator(chance, learning=(cast.learning.pk, dates.learns_on))
    ratings = SelfEvaluationHistory(dates, chance, opinions, cast, policy)
    evaluate_past(dates, cast, opinions, policy, ratings)
    stories.of_settled_month()
    stories.of_recent_days()
    acknowledge_results(dates, cast)
    settled_at = dates.settles_at + timedelta(minutes=2)
    settle(dates.settled, by=None, now=settled_at)
    freeze_settled_kpis(now=settled_at)
    ImprovementHistory(dates, cast, chance, ratings).play()
    TodaysWork(dates, cast, opinions, stories).play()
    refresh_daily_rows(dates.settled, now=dates.now)
    return mark_loaded(dates)


def write_policy(dates: DemoDates) -> EvaluationPolicy:
    """Creates a policy with close of business at 23:59, so that today's deadlines are in the future."""
    return EvaluationPolicy.objects.create(
        begins_on=dates.settled,
        close_of_business=CLOSE_OF_BUSINESS,
        effect_days=EFFECT_DAYS,
        note="演示:下班时间设为 23:59,随时打开,今天的期限都还没到;效果比较各 14 天",
    )


def make_demo_seeds(dates: DemoDates) -> None:
    """Creates predictable seeds up to today, dated a week ahead; later ones are the product's own, and secret."""
    for day in [*dates.closing_days, dates.today]:
        seed = hashlib.sha256(f"demonstration {dates.today} {day}".encode()).hexdigest()
        DaySeed.objects.create(
            day=day,
            seed=seed,
            sha256=seed_sha256(seed),
            made_at=days.moment_at(day - timedelta(days=7), time(0, 5)),
            is_in_time=True,
        )


def import_day(dates: DemoDates, day: date, orders: DemoOrders, cast: DemoPeople) -> None:
    """Imports and draws the orders of the day; dispatch completes incomplete ones, which are drawn then."""
    morning = day + timedelta(days=1)
    arrival, by = dates.at(morning, ARRIVAL), cast["dispatcher1"]
    result = import_rows(orders.of_day(day), now=arrival, by=by)
    if (dates.today - day).days <= SHOWN_IMPORTS:
        record_import(day, result, by=by, at=arrival)
    draw_day(day, now=dates.at(morning, DRAW))
    if (dates.today - day).days > STILL_INCOMPLETE and complete_day(
        day, cast, now=dates.at(morning, COMPLETED)
    ):
        draw_day(day, now=dates.at(morning, DRAWN_AGAIN))


def record_import(day: date, result: ImportResult, *, by: User, at: datetime) -> None:
    """Creates the job row of an import, without its file."""
    imported = Imported(
        rows=result.created,
        created=result.created,
        updated=0,
        unchanged=0,
        rejected=0,
        incomplete=result.incomplete,
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
        progress=result.created,
        total=result.created,
        attempts=1,
        ended_at=at,
    )
    Job.objects.filter(pk=job.pk).update(created_at=at, beat_at=at)


def complete_day(day: date, cast: DemoPeople, *, now: datetime) -> list[WorkOrder]:
    """Completes the incomplete orders of the day, except every tenth."""
    phones = {(post.name, post.location): post.phone for post in reporters()}
    incomplete = WorkOrder.objects.closed_on(day).incomplete().with_people().order_by("pk")
    completions = []
    for order in incomplete:
        n = int(order.number[-4:])
        if n % 10 == 0:
            continue
        crew = order.crew or (order.technician and order.technician.crew) or cast.crews[0]
        completions.append(
            Completion(
                order.pk,
                crew=crew,
                technician=cast.of_crew(crew)[n % 5],
                phone=phones[order.reporter_name, order.reporter_location],
                kind=Kind.FAULT,
                channel=Channel.HOTLINE,
            )
        )
    return complete_orders(completions, by=cast["dispatcher1"], now=now, on_entry=set_deadlines)


def evaluate_past(
    dates: DemoDates,
    cast: DemoPeople,
    opinions: OpinionGenerator,
    policy: EvaluationPolicy,
    ratings: SelfEvaluationHistory,
) -> None:
    """Creates calls and self-evaluations of past days."""
    calls = CallHistory(dates, opinions.random, opinions, cast["lead"], policy)
    drawn = Callback.objects.filter(state=CallbackState.ASSIGNED).select_related(
        "order__technician", "caller"
    )
    by_day: dict[date, list[Callback]] = {}
    for callback in drawn.order_by("order__closed_on", "order__closed_at", "pk"):
        assert callback.order.closed_on
        by_day.setdefault(callback.order.closed_on, []).append(callback)
    for callbacks in by_day.values():
        past = [one for one in callbacks if one.calling_on and one.calling_on < dates.today]
        calls.day(past)
        ratings.day(callbacks)
    calls.store()
    ratings.store()


def acknowledge_results(dates: DemoDates, cast: DemoPeople) -> None:
    """Acknowledges results on the morning after the last news of a crew's day, if that is before today."""
    rows = crew_news([crew.pk for crew in cast.crews], now=days.start_of_day(dates.today))
    made = []
    for row in rows:
        at = days.moment_at(days.local_day(row["news_at"]) + timedelta(days=1), ACKNOWLEDGING)
        if at < days.start_of_day(dates.today):
            foreman = cast.foremen[row["crew"]]
            made.append(
                Acknowledgement(
                    crew_id=row["crew"], day=row["closed_on"], by=foreman, at=at, results=row["results"]
                )
            )
    Acknowledgement.objects.bulk_create(made, batch_size=500)


def mark_loaded(dates: DemoDates) -> LoadResult:
    """Marks the database as the demonstration of this day and returns the result."""
    detail = {
        "day": dates.today.isoformat(),
        "settled": dates.settled.isoformat(),
        "accounts": account_list(),
    }
    Heartbeat.objects.create(name=DEMO_HEARTBEAT, at=dates.now, detail=detail)
    return LoadResult(dates.today, WorkOrder.objects.count(), dates.settled)
