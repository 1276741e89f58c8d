"""Fills an empty database for load tests, with one day in memory at a time (docs/contract.md: generate)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from random import Random

from django.db import transaction
from django.utils.translation import gettext as _

from evaluations.models import DrawRun, EvaluationPolicy
from evaluations.months import settles_at
from evaluations.scores.daily import refresh_daily_rows
from evaluations.scores.settle import settle
from improvement.kpis.freeze import freeze_settled_kpis
from satisfaction.calendars import days
from satisfaction.demo.storage import refuse_other_data
from workorders.models import WorkOrder

from .draws import GeneratedDraws
from .evaluations import GeneratedEvaluations
from .orders import GeneratedOrders, RowValues, in_scope, with_entry
from .shape import CentreSize
from .staff import GeneratedStaff, make_staff
from .table import BulkTable, reset_sequences

DRAWN_AT = time(8, 31)
JUST_AFTER = timedelta(minutes=5)
ProgressFunction = Callable[[date, int], object]


@dataclass(frozen=True)
class Generated:
    orders: int
    technicians: int
    crews: int
    settled: tuple[date, ...]


def generate(
    shape: CentreSize, *, now: datetime, progress: ProgressFunction = lambda day, done: None
) -> Generated:
    """Generates the orders of `shape`, draws and evaluates them, and settles months past their settling day.

    Commits month by month. `progress` is called with day and orders so far. Raises Refused if the database
    holds data.
    """
    with transaction.atomic():
        refuse_other_data(what=_("压力测试数据"))
        staff = make_staff(shape, since=shape.closing_days[0] - timedelta(days=30))
    work = _Generator(shape, staff, now)
    settled = []
    for month, counts in group_by_month(shape.by_day()).items():
        with transaction.atomic():
            for day, count in counts.items():
                work.day(day, count)
                progress(day, work.orders.made)
            reset_sequences(work.tables)
            if settles_at(month, EvaluationPolicy.objects.for_month(month)) + JUST_AFTER < now:
                settled.append(month)
    settle_months(settled, since=shape.closing_days[0], now=now)
    return Generated(work.orders.made, shape.technicians, shape.crews, tuple(settled))


def group_by_month(counts: dict[date, int]) -> dict[date, dict[date, int]]:
    months: dict[date, dict[date, int]] = {}
    for day, count in counts.items():
        months.setdefault(days.first_of_month(day), {})[day] = count
    return months


def settle_months(settled: list[date], *, since: date, now: datetime) -> None:
    """Settles the months at their settling times and computes daily rows of unsettled months."""
    for month in settled:
        policy = EvaluationPolicy.objects.for_month(month)
        settle(month, by=None, now=settles_at(month, policy) + JUST_AFTER)
    freeze_settled_kpis(now=now)
    refresh_daily_rows(since, now=now)


class _Generator:
    """The state that a day takes over from earlier days."""

    def __init__(self, shape: CentreSize, staff: GeneratedStaff, now: datetime) -> None:
        chance = Random(f"generate {shape.seed}")
        share = Fraction(EvaluationPolicy.objects.for_month(shape.closing_days[0]).manager_share)
        self.shape, self.now = shape, now.astimezone(UTC)
        self.orders = GeneratedOrders(shape, staff, chance, BulkTable(WorkOrder), self.now)
        self.draws = GeneratedDraws(staff, share, f"generate {shape.seed}", BulkTable(DrawRun))
        self.evaluations = GeneratedEvaluations(staff, chance, self.now)
        self.tables = (self.orders.table, self.draws.runs, *self.evaluations.tables)

    def day(self, day: date, count: int) -> None:
        first = self.orders.made + 1
        rows = self.orders.of_day(day, count)
        self.orders.table.insert(with_entry(row) for row in rows)
        is_open = {row["number"] for n, row in enumerate(rows, first) if n >= self.shape.first_open}
        drawn = [row for row in rows if in_scope(row)]
        if drawn:
            self.evaluate(day, drawn, is_open)

    def evaluate(self, day: date, drawn: list[RowValues], is_open: set[str]) -> None:
        at = min(days.moment_at(day + timedelta(days=1), DRAWN_AT).astimezone(UTC), self.now)
        run, assignments = self.draws.of_day(day, drawn, at=at)
        self.evaluations.of_day(drawn, run, assignments, is_open=is_open)
        self.evaluations.store()
