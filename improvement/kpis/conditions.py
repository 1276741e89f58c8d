"""What counts in each KPI that is counted in orders: denominator, numerator and what stands outside (§10).

Totals and the lists of the orders behind them use the same conditions. What §4 keeps from a crew (the callback's
rating, caller and group, before it may see them) is not in the numbers of who sees with the crew's eyes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Case, F, Func, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from evaluations.enums import (
    ENDED_BY_CALL,
    CallbackState,
    Group,
    Rating,
    Response,
    Source,
    WithdrawnReason,
)
from evaluations.scores.participation import TakingPartRules, takes_part
from evaluations.visibility import Viewer, blind_as_the_crew, crew_sees_result
from improvement.enums import Kpi
from workorders.models import WorkOrder

from .months import KpiMonth

ALL, NONE = Q(pk__isnull=False), Q(pk__isnull=True)
KEPT = Q(taken_out__isnull=True)
IMPORTED = Q(callback__source=Source.IMPORTED)
TO_CALL = (
    KEPT
    & ~Q(callback__state=CallbackState.SET_ASIDE)
    & ~Q(callback__withdrawn_reason__in=[WithdrawnReason.TAKEN_OUT, WithdrawnReason.DO_NOT_CALL])
    & ~IMPORTED
)
"""Orders whose reporter was, or shall be, phoned here."""
NOT_CALLED_HERE = KEPT & (~TO_CALL | Q(callback__isnull=True, due_at__isnull=True))
"""Imported, not to be called, or older than anything that runs by itself."""
CALLED = Q(callback__state__in=ENDED_BY_CALL)
RATED_BY_CREW = Q(self_evaluation__isnull=False)


class Seconds(Func):
    """A moment as whole seconds, in SQL that needs no function of Python."""

    template = "CAST(EXTRACT(EPOCH FROM %(expressions)s) AS BIGINT)"
    output_field = IntegerField()
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)", **extra
        )


@dataclass(frozen=True)
class Part:
    """`counted` is asked of what is in `of`."""

    of: Q
    counted: Q
    outside: Q = NONE


def orders_of_months(months: Iterable[KpiMonth]) -> QuerySet[WorkOrder]:
    """Orders in scope of these months that did not come too late, with what the conditions need."""
    months = list(months)
    late = [condition for month in months for condition in month.too_late]
    orders = WorkOrder.objects.in_scope().filter(any_of(month.closed for month in months))
    return (orders.exclude(any_of(late)) if late else orders).annotate(
        call_due_at=Coalesce("callback__due_at", "due_at"),
        response_seconds=Seconds("first_contact_at") - Seconds("reported_at"),
    )


def any_of(conditions: Iterable[Q]) -> Q:
    found = list(conditions)
    return reduce(or_, found) if found else NONE


def knows_callback(viewer: Viewer, *, now: datetime) -> Q:
    """Orders whose callback the viewer may know of (§4)."""
    if viewer.sees_all and not viewer.has_crews_eyes:
        return ALL
    return ~blind_as_the_crew(viewer) | crew_sees_result(now)


def parts(months: Iterable[KpiMonth], viewer: Viewer, *, now: datetime) -> dict[Kpi, Part]:
    """The conditions of the orders of these months, as `viewer` may know of them at `now`."""
    months = list(months)
    knows = knows_callback(viewer, now=now)
    takes = taking_part(months)
    return {
        **response_parts(months, knows),
        **self_evaluation_parts(now),
        **callback_parts(knows, now),
        Kpi.SATISFIED: Part(takes, Q(callback__rating__in=[Rating.SATISFIED, Rating.BASICALLY_SATISFIED])),
        Kpi.DISSATISFIED: Part(takes, Q(callback__rating=Rating.DISSATISFIED)),
        Kpi.POINTS: Part(takes, ALL),
    }


def taking_part(months: list[KpiMonth]) -> Q:
    """Orders that take part; of a settled month as they did when it was settled (§8)."""
    settled = [
        closed & takes_part(TakingPartRules(missing_self_points=points))
        for points, closed in by_missing_points(months)
    ]
    return any_of([takes_part(TakingPartRules()), *settled])


def by_missing_points(months: Iterable[KpiMonth]) -> list[tuple[int, Q]]:
    """Of settled months: the points given for a missing self-evaluation, and the orders closed in the months."""
    found: dict[int, list[Q]] = {}
    for month in months:
        if month.missing_self_points is not None:
            found.setdefault(month.missing_self_points, []).append(month.closed)
    return [(points, any_of(closed)) for points, closed in found.items()]


def points_of(months: Iterable[KpiMonth]) -> Any:
    """Self-evaluation and callback points of an order that takes part."""
    own = F("self_evaluation__points")
    missing = [When(closed, then=Value(points)) for points, closed in by_missing_points(months)]
    if not missing:
        return own + F("callback__points")
    return Coalesce(own, Case(*missing), output_field=IntegerField()) + F("callback__points")


def response_parts(months: list[KpiMonth], knows: Q) -> dict[Kpi, Part]:
    """By the recorded times, and by what the reporter answered. The limit is the month's policy's."""
    timed = Q(first_contact_at__isnull=False, reported_at__isnull=False)
    limits: dict[int, list[Q]] = {}
    for month in months:
        limits.setdefault(month.response_minutes, []).append(month.closed)
    within = any_of(
        (Q(response_seconds__lte=limit * 60) & (any_of(of) if len(limits) > 1 else ALL))
        for limit, of in limits.items()
    )
    asked = KEPT & knows & Q(callback__rating__in=Rating.values)
    said = Q(callback__response__in=[Response.YES, Response.NO])
    return {
        Kpi.RESPONSE: Part(KEPT & timed, within, KEPT & ~timed),
        Kpi.RESPONSE_SAID: Part(asked & said, Q(callback__response=Response.YES), asked & ~said),
    }


def self_evaluation_parts(now: datetime) -> dict[Kpi, Part]:
    """Done, of what is due or has no deadline; in time by each order's own deadline (§4)."""
    is_due = Q(due_at__lte=now)
    timed = Q(due_at__isnull=False, self_evaluation__rated_at__isnull=False) | (~RATED_BY_CREW & is_due)
    untimed = (RATED_BY_CREW & Q(self_evaluation__rated_at__isnull=True)) | Q(due_at__isnull=True)
    return {
        Kpi.SELF_DONE: Part(KEPT & (RATED_BY_CREW | is_due | Q(due_at__isnull=True)), RATED_BY_CREW),
        Kpi.SELF_IN_TIME: Part(KEPT & timed, Q(self_evaluation__rated_at__lte=F("due_at")), KEPT & untimed),
    }


def callback_parts(knows: Q, now: datetime) -> dict[Kpi, Part]:
    """Coverage, the managers' share as drawn, contact, feedback. Imported callbacks were not drawn here (§11)."""
    called, published = CALLED & knows, Q(callback__published_at__isnull=False) & knows
    overdue = Q(call_due_at__lte=now) & (knows | Q(last_due_at__lte=now))
    drawn = Q(callback__drawn_group__in=Group.values) & knows
    by_system = Q(callback__published_by__isnull=True, callback__published_at__gte=F("last_due_at"))
    in_time = Q(callback__published_at__lte=F("call_due_at")) & ~by_system
    return {
        Kpi.COVERAGE: Part(TO_CALL & (called | overdue), called, NOT_CALLED_HERE),
        Kpi.MANAGER_SHARE: Part(drawn, Q(callback__drawn_group=Group.MANAGER)),
        Kpi.CONTACT: Part(KEPT & called, Q(callback__state=CallbackState.RATED)),
        Kpi.FEEDBACK: Part(TO_CALL & (published | overdue), published & in_time, NOT_CALLED_HERE),
    }
