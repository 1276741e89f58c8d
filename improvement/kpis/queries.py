"""KPI numbers per crew and period, counted in three statements, and the orders behind them (domain §10)."""

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
from improvement.revisits.due_dates import RevisitDeadlines
from satisfaction.calendars import days
from workorders.enums import Kind
from workorders.models import WorkOrder

from .conditions import any_of, kpi_conditions, orders_of_months, points_of
from .due_revisits import KpiRevisit, revisits_due
from .months import KpiMonth, kpi_months
from .rules import KpiTally

COLUMNS = ("kpi", "at_crew", "crew_name", "span_first", "n", "d", "o")
ORDER_KPIS = tuple(kpi for kpi in Kpi if kpi not in (Kpi.REPEAT, Kpi.REVISITS, Kpi.STEPS))


class DaySpan(NamedTuple):
    """A day or a month; both days included."""

    first: date
    last: date


class TallyKey(NamedTuple):
    """Crew (None: a step without crew) and first day of the span."""

    crew: int | None
    span: date


@dataclass
class KpiNumbers:
    """Tallies by crew, span and KPI, the names of these crews, and the settled months."""

    tallies: dict[TallyKey, dict[Kpi, KpiTally]] = field(default_factory=dict)
    crews: dict[int, str] = field(default_factory=dict)
    settled: set[date] = field(default_factory=set)

    def add(self, key: TallyKey, name: str | None, kpi: Kpi, tally: KpiTally) -> None:
        if key.crew is not None and name is not None:
            self.crews[key.crew] = name
        own = self.tallies.setdefault(key, {})
        own[kpi] = own.get(kpi, KpiTally()) + tally


@dataclass(frozen=True)
class KpiScope:
    """Contiguous spans to count for a viewer. `technician`: count this technician's orders only."""

    spans: tuple[DaySpan, ...]
    viewer: Viewer
    now: datetime
    technician: int | None = None
    is_by_day: bool = False

    @property
    def months(self) -> set[date]:
        return {days.first_of_month(span.first) for span in self.spans}

    def span_of(self, day: date) -> date:
        """Returns the first day of the span that contains `day`."""
        return day if self.is_by_day else days.first_of_month(day)


def kpi_numbers(scope: KpiScope) -> KpiNumbers:
    """Returns all KPIs of all crews by span, in seven or eight queries for any number of crews and orders.

    A settled month uses its stored numbers, where they exist; everything else is counted from the orders.
    """
    deadlines, numbers = RevisitDeadlines(), KpiNumbers()
    months = kpi_months(scope.months, now=scope.now, deadlines=deadlines)
    numbers.settled = {month.first for month in months if month.settlement}
    uses_frozen = not (scope.is_by_day or scope.technician)
    frozen = [month for month in months if month.is_frozen] if uses_frozen else []
    live = [month for month in months if month not in frozen]
    if live:
        add_orders(numbers, scope, live)
    sources = [
        *([frozen_rows(frozen)] if frozen else []),
        *(repeat_rows(scope, live) if live else []),
        *([] if scope.technician else [step_rows(scope)]),
    ]
    if not scope.technician:
        for one in revisits_in(scope, deadlines):
            key = TallyKey(one.crew, scope.span_of(one.due_on))
            numbers.add(key, one.crew_name, Kpi.REVISITS, KpiTally(int(one.is_in_time), 1))
    rows = sources[0].union(*sources[1:], all=True) if sources[1:] else sources[0]
    for kpi, crew, name, first_day, n, d, o in rows:
        numbers.add(TallyKey(crew, first_day), name, Kpi(kpi), KpiTally(n, d, o))
    return numbers


# --- Orders ---------------------------------------------------------------------------------------


def live_orders(scope: KpiScope, live: list[KpiMonth]) -> QuerySet[WorkOrder]:
    """Returns the orders in scope of the spans; for a technician those with published results (domain §12)."""
    orders = orders_of_months(live).filter(in_spans(scope.spans))
    if scope.technician:
        orders = orders.filter(crew_sees_result(scope.now), technician=scope.technician)
    return orders


def add_orders(numbers: KpiNumbers, scope: KpiScope, live: list[KpiMonth]) -> None:
    """Adds the three counts of every KPI that counts orders, by crew and span, in one statement.

    The SQL wraps an ORM query: it computes the bucket of each order in each KPI once, then counts. The ORM alone
    repeats the conditions in every count and takes many times as long.
    """
    inner, parameters = orders_with_buckets(scope, live).query.sql_with_params()
    inner = bounded(inner, live[0].first, days.last_of_month(live[-1].first))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH each AS MATERIALIZED ({inner}) SELECT {BY}, {SUMS} FROM each GROUP BY {BY}", parameters
        )
        rows = cursor.fetchall()
    for crew, name, first, *counts in rows:
        key = TallyKey(crew, date.fromisoformat(first) if isinstance(first, str) else first)
        for n, kpi in enumerate(ORDER_KPIS):
            numbers.add(key, name, kpi, KpiTally(*counts[3 * n : 3 * n + 3]))


COUNTED, MISSED, OUTSIDE = 2, 1, 0
"""Bucket of an order in a KPI; null: the KPI does not concern the order."""
BY = "crew_id, crew_name, span_first"
SUMS = ", ".join(
    f"{'COALESCE(SUM(points), 0)' if kpi == Kpi.POINTS else f'COUNT(*) FILTER (WHERE in_{kpi} = {COUNTED})'}, "
    f"COUNT(*) FILTER (WHERE in_{kpi} >= {MISSED}), COUNT(*) FILTER (WHERE in_{kpi} = {OUTSIDE})"
    for kpi in ORDER_KPIS
)


def orders_with_buckets(scope: KpiScope, live: list[KpiMonth]) -> QuerySet[WorkOrder, dict]:
    """Returns the orders with their bucket in every KPI, and the points of those that take part."""
    found = kpi_conditions(live, scope.viewer, now=scope.now)
    buckets = {
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
        crew_name=F("crew__name"),
        span_first=first_of_span(scope.spans, "closed_on"),
        points=points,
        **buckets,
    )
    return orders.values("crew_id", "crew_name", "span_first", "points", *buckets)


def in_spans(spans: Iterable[DaySpan], column: str = "closed_on") -> Q:
    spans = list(spans)
    return Q(**{f"{column}__range": (spans[0].first, spans[-1].last)})


def first_of_span(spans: Iterable[DaySpan], column: str) -> Case:
    """Returns the expression for the first day of the span that contains the column's day."""
    whens = [
        When(**{f"{column}__range": (span.first, span.last)}, then=Value(span.first, DateField()))
        for span in spans
    ]
    return Case(*whens, output_field=DateField())


# --- Stored numbers, repeats, revisits and steps: rows with COLUMNS -----------------------------------------


def frozen_rows(months: Iterable[KpiMonth]) -> QuerySet[SettledKpi, tuple]:
    """Returns the stored numbers of settled months."""
    return (
        SettledKpi.objects.filter(settlement__in=[month.settlement for month in months])
        .order_by()
        .annotate(
            kpi=F("key"),
            at_crew=F("crew_id"),
            crew_name=F("crew__name"),
            span_first=F("settlement__month"),
            n=F("counted"),
            d=F("of"),
            o=F("outside"),
        )
        .values_list(*COLUMNS)
    )


def counted_rows(
    rows: QuerySet[Any], kpi: Kpi, crew: str, span: Any, *, n: Any = None, d: Any = None
) -> QuerySet[Any, tuple]:
    """Returns rows grouped by crew and span; counts not given are 0."""
    zero = Value(0, IntegerField())
    grouped = rows.order_by().annotate(
        kpi=Value(kpi.value, CharField()),
        at_crew=F(f"{crew}_id"),
        crew_name=F(f"{crew}__name"),
        span_first=span,
    )
    sums = {"n": zero if n is None else n, "d": zero if d is None else d, "o": zero}
    return grouped.values(*COLUMNS[:4]).annotate(**sums).values_list(*COLUMNS)


def fault_orders(scope: KpiScope, live: list[KpiMonth]) -> QuerySet[WorkOrder]:
    """Returns fault orders of any channel closed in the spans: the denominator of repeats (domain §3)."""
    orders: QuerySet[WorkOrder] = WorkOrder.objects.filter(
        in_spans(scope.spans), crew__isnull=False, kind=Kind.FAULT, duplicate_of__isnull=True
    )
    orders = not_after_settling(orders, live)
    return orders.filter(technician=scope.technician) if scope.technician else orders


def repeat_orders(scope: KpiScope, live: list[KpiMonth]) -> QuerySet[WorkOrder]:
    """Returns repeats closed in the spans; they count for crew and technician of the earlier order (domain §3)."""
    orders: QuerySet[WorkOrder] = WorkOrder.objects.filter(
        in_spans(scope.spans), repeat_of__crew__isnull=False, duplicate_of__isnull=True
    ).exclude(kind=Kind.DUPLICATE)
    orders = not_after_settling(orders, live)
    return orders.filter(repeat_of__technician=scope.technician) if scope.technician else orders


def not_after_settling(orders: QuerySet[WorkOrder], live: list[KpiMonth]) -> QuerySet[WorkOrder]:
    """Returns the orders of the live months, without those received after their month was settled."""
    orders = orders.filter(any_of(month.closed for month in live))
    after = [month.closed & Q(received_at__gt=month.settled_at) for month in live if month.settled_at]
    return orders.exclude(any_of(after)) if after else orders


def repeat_rows(scope: KpiScope, live: list[KpiMonth]) -> tuple[QuerySet[Any, tuple], ...]:
    span = first_of_span(scope.spans, "closed_on")
    return (
        counted_rows(repeat_orders(scope, live), Kpi.REPEAT, "repeat_of__crew", span, n=Count("pk")),
        counted_rows(fault_orders(scope, live), Kpi.REPEAT, "crew", span, d=Count("pk")),
    )


def revisits_in(scope: KpiScope, deadlines: RevisitDeadlines) -> Iterator[KpiRevisit]:
    return revisits_due(scope.spans[0].first, scope.spans[-1].last, now=scope.now, deadlines=deadlines)


def due_steps(scope: KpiScope) -> QuerySet[Any]:
    """Returns the steps due in the spans; of those not due yet only the ones already done."""
    due = steps_due_between(scope.spans[0].first, scope.spans[-1].last)
    return due.filter(Q(due_on__lt=days.local_day(scope.now)) | Q(done_on__isnull=False))


def step_rows(scope: KpiScope) -> QuerySet[Any, tuple]:
    in_time = Count("pk", filter=Q(is_in_time=True))
    span = first_of_span(scope.spans, "due_on")
    return counted_rows(due_steps(scope), Kpi.STEPS, "crew", span, n=in_time, d=Count("pk"))


def unrestricted_scope(spans: tuple[DaySpan, ...], *, now: datetime) -> KpiScope:
    """Returns the scope of commands on the server, which see everything (domain §4)."""
    return KpiScope(spans, EVERYTHING, now)
