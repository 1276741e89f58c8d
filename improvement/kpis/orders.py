"""The orders behind a KPI, selected by the same conditions as its counts (domain §10.1)."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import BooleanField, Case, IntegerField, QuerySet, Value, When

from improvement.enums import Bucket, Kpi
from improvement.revisits.due_dates import RevisitDeadlines
from workorders.models import WorkOrder

from .conditions import kpi_conditions, points_of
from .months import KpiMonth, kpi_months
from .queries import KpiScope, fault_orders, live_orders, repeat_orders, revisits_in


class KpiBucket(NamedTuple):
    kpi: Kpi
    bucket: Bucket


def orders_in_bucket(scope: KpiScope, selected: KpiBucket, crew: int | None) -> QuerySet[WorkOrder]:
    """Returns the orders behind a KPI other than steps, annotated `is_counted`; of one crew or of all.

    At most five queries.
    """
    if selected.kpi == Kpi.REVISITS:
        return revisits_in_bucket(scope, selected, crew)
    months = kpi_months(scope.months, now=scope.now, deadlines=RevisitDeadlines())
    if selected.kpi == Kpi.REPEAT:
        return repeats_in_bucket(scope, months, selected, crew)
    conditions = kpi_conditions(months, scope.viewer, now=scope.now)[selected.kpi]
    found = live_orders(scope, months).annotate(
        is_counted=Case(When(conditions.counted, then=True), default=False, output_field=BooleanField()),
        points=points_of(months) if selected.kpi == Kpi.POINTS else Value(None, IntegerField()),
    )
    found = found.filter(conditions.outside if selected.bucket == Bucket.OUTSIDE else conditions.of)
    if selected.bucket in (Bucket.NUMERATOR, Bucket.MISSED):
        found = found.filter(is_counted=selected.bucket == Bucket.NUMERATOR)
    return found.filter(crew=crew) if crew else found


def repeats_in_bucket(
    scope: KpiScope, months: list[KpiMonth], selected: KpiBucket, crew: int | None
) -> QuerySet[WorkOrder]:
    """Returns repeats for the numerator, fault orders for the denominator: two sets of orders."""
    none = Value(None, IntegerField())
    if selected.bucket == Bucket.NUMERATOR:
        found = repeat_orders(scope, months).annotate(is_counted=Value(True, BooleanField()), points=none)
        return found.filter(repeat_of__crew=crew) if crew else found
    found = fault_orders(scope, months).annotate(is_counted=Value(False, BooleanField()), points=none)
    found = found.none() if selected.bucket == Bucket.OUTSIDE else found
    return found.filter(crew=crew) if crew else found


def revisits_in_bucket(scope: KpiScope, selected: KpiBucket, crew: int | None) -> QuerySet[WorkOrder]:
    due = [one for one in revisits_in(scope, RevisitDeadlines()) if crew in (None, one.crew)]
    in_time = [one.order for one in due if one.is_in_time]
    found = WorkOrder.objects.filter(pk__in=[one.order for one in due]).annotate(
        is_counted=Case(When(pk__in=in_time, then=True), default=False, output_field=BooleanField()),
        points=Value(None, IntegerField()),
    )
    if selected.bucket in (Bucket.NUMERATOR, Bucket.MISSED):
        return found.filter(is_counted=selected.bucket == Bucket.NUMERATOR)
    return found.none() if selected.bucket == Bucket.OUTSIDE else found
