"""The numbers of the KPIs per crew and period, in three statements; and the orders behind each (§10)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import (
    Case,
    CharField,
    Count,
    DateField,
    F,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)

from evaluations.scores.bounds import bounded
from evaluations.visibility import EVERYTHING, Viewer, crew_sees_result
from improvement.enums import Kpi
from improvement.models import SettledKpi
from improvement.projects.queries import steps_due_between
from improvement.revisits.due_dates import Slots
from satisfaction.calendars import days
from workorders.enums import Kind
from workorders.models import WorkOrder

from .conditions import any_of, orders_of_months, parts, points_of
from .due_revisits import RevisitDue, revisits_due
from .months import KpiMonth, kpi_months
from .rules import Tally

COLUMNS = ("kpi", "at_crew", "crew_name", "bucket", "n", "d", "o")
ORDER_KPIS = tuple(kpi for kpi in Kpi if kpi not in (Kpi.REPEAT, Kpi.REVISITS, Kpi.STEPS))


class Span(NamedTuple):
    """A period, both days included: a day or a month."""

    first: date
    last: date


class Cell(NamedTuple):
    """Of which crew (None: a step of no crew), in which span (its first day)."""

    crew: int | None
    span: date


@dataclass
class KpiNumbers:
    """Tallies by cell and KPI, the names of the crews in them, and which of the months are settled."""

    tallies: dict[Cell, dict[Kpi, Tally]] = field(default_factory=dict)
    crews: dict[int, str] = field(default_factory=dict)
    settled: set[date] = field(default_factory=set)

    def add(self, cell: Cell, name: str | None, kpi: Kpi, tally: Tally) -> None:
        if cell.crew is not None and name is not None:
            self.crews[cell.crew] = name
        own = self.tallies.setdefault(cell, {})
        own[kpi] = own.get(kpi, Tally()) + tally


@dataclass(frozen=True)
class Scope:
    """What is counted: spans next to one another, for a viewer; `technician`: that one's own orders only."""

    spans: tuple[Span, ...]
    viewer: Viewer
    now: datetime
    technician: int | None = None
    is_by_day: bool = False

    @property
    def months(self) -> set[date]:
        return {days.first_of_month(span.first) for span in self.spans}

    def span_of(self, day: date) -> date:
        """The first day of the span in which the day falls."""
        return day if self.is_by_day else days.first_of_month(day)


def kpi_numbers(scope: Scope) -> KpiNumbers:
    """All KPIs of all crews by span: seven or eight queries, whatever the crews and orders.

    Of a settled month what was frozen, where there is; everything else from the orders as they stand.
    """
    slots, numbers = Slots(), KpiNumbers()
    months = kpi_months(scope.months, now=scope.now, slots=slots)
    numbers.settled = {month.first for month in months if month.settlement}
    uses_frozen = not (scope.is_by_day or scope.technician)
    frozen = [month for month in months if month.is_frozen] if uses_frozen else []
    live = [month for month in months if month not in frozen]
    if live:
        add_orders(numbers, scope, live)
    first, *others = [
        *([settled(frozen)] if frozen else []),
        *(repeats(scope, live) if live else []),
        *([] if scope.technician else [steps(scope)]),
    ]
    if not scope.technician:
        for one in revisits_of(scope, slots):
            cell = Cell(one.crew, scope.span_of(one.due_on))
            numbers.add(cell, one.crew_name, Kpi.REVISITS, Tally(int(one.is_in_time), 1))
    for kpi, crew, name, first_day, n, d, o in first.union(*others, all=True) if others else first:
        numbers.add(Cell(crew, first_day), name, Kpi(kpi), Tally(n, d, o))
    return numbers


# --- Orders ---------------------------------------------------------------------------------------


def live_orders(scope: Scope, live: list[KpiMonth]) -> QuerySet[WorkOrder]:
    """Orders in scope of the spans; a technician's own are those with published results (§12)."""
    orders = orders_of_months(live).filter(within(scope.spans))
    if scope.technician:
        orders = orders.filter(crew_sees_result(scope.now), technician=scope.technician)
    return orders


def add_orders(numbers: KpiNumbers, scope: Scope, live: list[KpiMonth]) -> None:
    """One statement: for every KPI that is counted in orders its three counts, by crew and span.

    Written around a query of the ORM: where an order stands in each KPI is worked out once an order, then
    counted. The ORM alone would repeat the conditions in every count, and took many times as long.
    """
    inner, parameters = standings(scope, live).query.sql_with_params()
    inner = bounded(inner, live[0].first, days.last_of_month(live[-1].first))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH each AS MATERIALIZED ({inner}) SELECT {BY}, {SUMS} FROM each GROUP BY {BY}", parameters
        )
        rows = cursor.fetchall()
    for crew, name, first, *counts in rows:
        cell = Cell(crew, date.fromisoformat(first) if isinstance(first, str) else first)
        for n, kpi in enumerate(ORDER_KPIS):
            numbers.add(cell, name, kpi, Tally(*counts[3 * n : 3 * n + 3]))


COUNTED, MISSED, OUTSIDE = 2, 1, 0
"""Where an order stands in a KPI; nothing: it is not concerned."""
BY = "crew_id, crew_name, bucket"
SUMS = ", ".join(
    f"{'COALESCE(SUM(points), 0)' if kpi == Kpi.POINTS else f'COUNT(*) FILTER (WHERE in_{kpi} = {COUNTED})'}, "
    f"COUNT(*) FILTER (WHERE in_{kpi} >= {MISSED}), COUNT(*) FILTER (WHERE in_{kpi} = {OUTSIDE})"
    for kpi in ORDER_KPIS
)


def standings(scope: Scope, live: list[KpiMonth]) -> QuerySet[WorkOrder, dict]:
    """The orders with where each stands in every KPI, and the points of those that take part."""
    found = parts(live, scope.viewer, now=scope.now)
    stands = {
        f"in_{kpi}": Case(
            When(part.of & part.counted, then=Value(COUNTED)),
            When(part.of, then=Value(MISSED)),
            When(part.outside, then=Value(OUTSIDE)),
            output_field=IntegerField(),
        )
        for kpi, part in found.items()
    }
    points = Case(When(found[Kpi.POINTS].of, then=points_of(live)), output_field=IntegerField())
    orders = live_orders(scope, live).order_by()
    orders = orders.annotate(
        crew_name=F("crew__name"), bucket=bucket(scope.spans, "closed_on"), points=points, **stands
    )
    return orders.values("crew_id", "crew_name", "bucket", "points", *stands)


def within(spans: Iterable[Span], column: str = "closed_on") -> Q:
    spans = list(spans)
    return Q(**{f"{column}__range": (spans[0].first, spans[-1].last)})


def bucket(spans: Iterable[Span], column: str) -> Case:
    """The first day of the span in which the day falls."""
    whens = [
        When(**{f"{column}__range": (span.first, span.last)}, then=Value(span.first, DateField()))
        for span in spans
    ]
    return Case(*whens, output_field=DateField())


# --- Frozen numbers, repeats, revisits and steps: rows of the same shape ---------------------------------


def settled(months: Iterable[KpiMonth]) -> QuerySet[SettledKpi, tuple]:
    """What was frozen."""
    return (
        SettledKpi.objects.filter(settlement__in=[month.settlement for month in months])
        .order_by()
        .annotate(
            kpi=F("key"),
            at_crew=F("crew_id"),
            crew_name=F("crew__name"),
            bucket=F("settlement__month"),
            n=F("counted"),
            d=F("of"),
            o=F("outside"),
        )
        .values_list(*COLUMNS)
    )


def counted(
    rows: QuerySet[Any], kpi: Kpi, crew: str, span: Any, *, n: Any = None, d: Any = None
) -> QuerySet[Any, tuple]:
    """Rows grouped by crew and span; what is not counted is 0."""
    zero = Value(0, IntegerField())
    grouped = rows.order_by().annotate(
        kpi=Value(kpi.value, CharField()), at_crew=F(f"{crew}_id"), crew_name=F(f"{crew}__name"), bucket=span
    )
    sums = {"n": zero if n is None else n, "d": zero if d is None else d, "o": zero}
    return grouped.values(*COLUMNS[:4]).annotate(**sums).values_list(*COLUMNS)


def faults(scope: Scope, live: list[KpiMonth]) -> QuerySet[WorkOrder]:
    """Fault orders closed in the spans, whatever their channel: what repeats are measured by (§3)."""
    orders: QuerySet[WorkOrder] = WorkOrder.objects.filter(
        within(scope.spans), crew__isnull=False, kind=Kind.FAULT, duplicate_of__isnull=True
    )
    orders = not_after_settling(orders, live)
    return orders.filter(technician=scope.technician) if scope.technician else orders


def repeats_behind(scope: Scope, live: list[KpiMonth]) -> QuerySet[WorkOrder]:
    """Repeats closed in the spans, to be charged to crew and technician of the earlier order (§3)."""
    orders: QuerySet[WorkOrder] = WorkOrder.objects.filter(
        within(scope.spans), repeat_of__crew__isnull=False, duplicate_of__isnull=True
    ).exclude(kind=Kind.DUPLICATE)
    orders = not_after_settling(orders, live)
    return orders.filter(repeat_of__technician=scope.technician) if scope.technician else orders


def not_after_settling(orders: QuerySet[WorkOrder], live: list[KpiMonth]) -> QuerySet[WorkOrder]:
    """Of the months that are counted from their orders; of settled ones, what was there when they were settled."""
    orders = orders.filter(any_of(month.closed for month in live))
    after = [month.closed & Q(received_at__gt=month.settled_at) for month in live if month.settled_at]
    return orders.exclude(any_of(after)) if after else orders


def repeats(scope: Scope, live: list[KpiMonth]) -> tuple[QuerySet[Any, tuple], ...]:
    span = bucket(scope.spans, "closed_on")
    return (
        counted(repeats_behind(scope, live), Kpi.REPEAT, "repeat_of__crew", span, n=Count("pk")),
        counted(faults(scope, live), Kpi.REPEAT, "crew", span, d=Count("pk")),
    )


def revisits_of(scope: Scope, slots: Slots) -> Iterator[RevisitDue]:
    return revisits_due(scope.spans[0].first, scope.spans[-1].last, now=scope.now, slots=slots)


def steps_behind(scope: Scope) -> QuerySet[Any]:
    """Steps that were due in the spans; of what is not due yet, what is done already."""
    due = steps_due_between(scope.spans[0].first, scope.spans[-1].last)
    return due.filter(Q(due_on__lt=days.local_day(scope.now)) | Q(done_on__isnull=False))


def steps(scope: Scope) -> QuerySet[Any, tuple]:
    in_time = Count("pk", filter=Q(is_in_time=True))
    span = bucket(scope.spans, "due_on")
    return counted(steps_behind(scope), Kpi.STEPS, "crew", span, n=in_time, d=Count("pk"))


def everything(spans: tuple[Span, ...], *, now: datetime) -> Scope:
    """What commands on the server count (§4)."""
    return Scope(spans, EVERYTHING, now)
