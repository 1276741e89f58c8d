"""The orders behind a number of the KPIs: the same conditions, order by order (§10)."""

from __future__ import annotations

from typing import NamedTuple

from django.db.models import BooleanField, Case, IntegerField, QuerySet, Value, When

from improvement.enums import Behind, Kpi
from improvement.revisits.due_dates import Slots
from workorders.models import WorkOrder

from .conditions import parts, points_of
from .months import KpiMonth, kpi_months
from .queries import Scope, faults, live_orders, repeats_behind, revisits_of


class Which(NamedTuple):
    kpi: Kpi
    what: Behind


def orders_behind(scope: Scope, which: Which, crew: int | None) -> QuerySet[WorkOrder]:
    """Orders behind a KPI other than steps, annotated `is_counted`; of one crew, or of all. Five queries at most."""
    if which.kpi == Kpi.REVISITS:
        return revisit_rows(scope, which, crew)
    months = kpi_months(scope.months, now=scope.now, slots=Slots())
    if which.kpi == Kpi.REPEAT:
        return repeat_rows(scope, months, which, crew)
    part = parts(months, scope.viewer, now=scope.now)[which.kpi]
    found = live_orders(scope, months).annotate(
        is_counted=Case(When(part.counted, then=True), default=False, output_field=BooleanField()),
        points=points_of(months) if which.kpi == Kpi.POINTS else Value(None, IntegerField()),
    )
    found = found.filter(part.outside if which.what == Behind.OUTSIDE else part.of)
    if which.what in (Behind.COUNTED, Behind.MISSED):
        found = found.filter(is_counted=which.what == Behind.COUNTED)
    return found.filter(crew=crew) if crew else found


def repeat_rows(scope: Scope, months: list[KpiMonth], which: Which, crew: int | None) -> QuerySet[WorkOrder]:
    """Repeats are the numerator, faults the denominator: two sets of orders."""
    none = Value(None, IntegerField())
    if which.what == Behind.COUNTED:
        found = repeats_behind(scope, months).annotate(is_counted=Value(True, BooleanField()), points=none)
        return found.filter(repeat_of__crew=crew) if crew else found
    found = faults(scope, months).annotate(is_counted=Value(False, BooleanField()), points=none)
    found = found.none() if which.what == Behind.OUTSIDE else found
    return found.filter(crew=crew) if crew else found


def revisit_rows(scope: Scope, which: Which, crew: int | None) -> QuerySet[WorkOrder]:
    due = [one for one in revisits_of(scope, Slots()) if crew in (None, one.crew)]
    in_time = [one.order for one in due if one.is_in_time]
    found = WorkOrder.objects.filter(pk__in=[one.order for one in due]).annotate(
        is_counted=Case(When(pk__in=in_time, then=True), default=False, output_field=BooleanField()),
        points=Value(None, IntegerField()),
    )
    if which.what in (Behind.COUNTED, Behind.MISSED):
        return found.filter(is_counted=which.what == Behind.COUNTED)
    return found.none() if which.what == Behind.OUTSIDE else found
