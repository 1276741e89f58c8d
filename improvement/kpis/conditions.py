"""SQL conditions of the KPIs that count orders: denominator, numerator and excluded orders (domain §10).

Totals and the lists of the orders behind them use the same conditions. Numbers for a crew leave out callbacks whose
rating, caller and group the crew may not see yet (domain §4).
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
from evaluations.scores.participation import ParticipationRules, takes_part
from evaluations.visibility import Viewer, blind_as_the_crew, crew_sees_result
from improvement.enums import Kpi
from workorders.models import WorkOrder

from .months import KpiMonth

ALL, NONE = Q(pk__isnull=False), Q(pk__isnull=True)
NOT_TAKEN_OUT = Q(taken_out__isnull=True)
IMPORTED = Q(callback__source=Source.IMPORTED)
TO_CALL = (
    NOT_TAKEN_OUT
    & ~Q(callback__state=CallbackState.SET_ASIDE)
    & ~Q(callback__withdrawn_reason__in=[WithdrawnReason.TAKEN_OUT, WithdrawnReason.DO_NOT_CALL])
    & ~IMPORTED
)
"""Orders whose reporter is called from this system."""
NOT_CALLED_HERE = NOT_TAKEN_OUT & (~TO_CALL | Q(callback__isnull=True, due_at__isnull=True))
"""Orders without a call here: imported, not to be called, or older than the look-back (domain §8.17)."""
CALLED = Q(callback__state__in=ENDED_BY_CALL)
RATED_BY_CREW = Q(self_evaluation__isnull=False)


class Seconds(Func):
    """A time in whole seconds since the epoch, in plain SQL."""

    template = "CAST(EXTRACT(EPOCH FROM %(expressions)s) AS BIGINT)"
    output_field = IntegerField()
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(
            compiler, connection, template="CAST(strftime('%%%%s', %(expressions)s) AS INTEGER)", **extra
        )


@dataclass(frozen=True)
class KpiConditions:
    """Denominator `of`, numerator `counted` (within `of`) and excluded orders `outside`."""

    of: Q
    counted: Q
    outside: Q = NONE


def orders_of_months(months: Iterable[KpiMonth]) -> QuerySet[WorkOrder]:
    """Returns the orders in scope of these months, without those too late, annotated for the conditions."""
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
    """Returns the condition for orders whose callback the viewer may know (domain §4)."""
    if viewer.sees_all and not viewer.has_crews_eyes:
        return ALL
    return ~blind_as_the_crew(viewer) | crew_sees_result(now)


def kpi_conditions(months: Iterable[KpiMonth], viewer: Viewer, *, now: datetime) -> dict[Kpi, KpiConditions]:
    """Returns the conditions for orders of these months, limited to what `viewer` may know at `now`."""
    months = list(months)
    knows = knows_callback(viewer, now=now)
    takes = takes_part_in(months)
    return {
        **response_conditions(months, knows),
        **self_evaluation_conditions(now),
        **callback_conditions(knows, now),
        Kpi.SATISFIED: KpiConditions(
            takes, Q(callback__rating__in=[Rating.SATISFIED, Rating.BASICALLY_SATISFIED])
        ),
        Kpi.DISSATISFIED: KpiConditions(takes, Q(callback__rating=Rating.DISSATISFIED)),
        Kpi.POINTS: KpiConditions(takes, ALL),
    }


def takes_part_in(months: list[KpiMonth]) -> Q:
    """Returns the condition for orders that take part; in a settled month as of its settling (domain §8.2)."""
    settled = [
        closed & takes_part(ParticipationRules(missing_self_points=points))
        for points, closed in by_missing_points(months)
    ]
    return any_of([takes_part(ParticipationRules()), *settled])


def by_missing_points(months: Iterable[KpiMonth]) -> list[tuple[int, Q]]:
    """Returns, for settled months, the points for a missing self-evaluation and the condition of their orders."""
    found: dict[int, list[Q]] = {}
    for month in months:
        if month.missing_self_points is not None:
            found.setdefault(month.missing_self_points, []).append(month.closed)
    return [(points, any_of(closed)) for points, closed in found.items()]


def points_of(months: Iterable[KpiMonth]) -> Any:
    """Returns the expression for self-evaluation plus callback points of an order that takes part."""
    own = F("self_evaluation__points")
    missing = [When(closed, then=Value(points)) for points, closed in by_missing_points(months)]
    if not missing:
        return own + F("callback__points")
    return Coalesce(own, Case(*missing), output_field=IntegerField()) + F("callback__points")


def response_conditions(months: list[KpiMonth], knows: Q) -> dict[Kpi, KpiConditions]:
    """Response by the recorded times and by the reporter's answer. The limit is in the month's policy."""
    timed = Q(first_contact_at__isnull=False, reported_at__isnull=False)
    limits: dict[int, list[Q]] = {}
    for month in months:
        limits.setdefault(month.response_minutes, []).append(month.closed)
    within = any_of(
        (Q(response_seconds__lte=limit * 60) & (any_of(of) if len(limits) > 1 else ALL))
        for limit, of in limits.items()
    )
    asked = NOT_TAKEN_OUT & knows & Q(callback__rating__in=Rating.values)
    said = Q(callback__response__in=[Response.YES, Response.NO])
    return {
        Kpi.RESPONSE: KpiConditions(NOT_TAKEN_OUT & timed, within, NOT_TAKEN_OUT & ~timed),
        Kpi.RESPONSE_SAID: KpiConditions(asked & said, Q(callback__response=Response.YES), asked & ~said),
    }


def self_evaluation_conditions(now: datetime) -> dict[Kpi, KpiConditions]:
    """Self-evaluations done, among due orders and orders without deadline; in time by each order's deadline."""
    is_due = Q(due_at__lte=now)
    timed = Q(due_at__isnull=False, self_evaluation__rated_at__isnull=False) | (~RATED_BY_CREW & is_due)
    untimed = (RATED_BY_CREW & Q(self_evaluation__rated_at__isnull=True)) | Q(due_at__isnull=True)
    return {
        Kpi.SELF_DONE: KpiConditions(
            NOT_TAKEN_OUT & (RATED_BY_CREW | is_due | Q(due_at__isnull=True)), RATED_BY_CREW
        ),
        Kpi.SELF_IN_TIME: KpiConditions(
            NOT_TAKEN_OUT & timed, Q(self_evaluation__rated_at__lte=F("due_at")), NOT_TAKEN_OUT & untimed
        ),
    }


def callback_conditions(knows: Q, now: datetime) -> dict[Kpi, KpiConditions]:
    """Coverage, managers' share as drawn, contact and feedback. Imported callbacks were not drawn (domain §11.8)."""
    called, published = CALLED & knows, Q(callback__published_at__isnull=False) & knows
    overdue = Q(call_due_at__lte=now) & (knows | Q(last_due_at__lte=now))
    drawn = Q(callback__drawn_group__in=Group.values) & knows
    by_system = Q(callback__published_by__isnull=True, callback__published_at__gte=F("last_due_at"))
    in_time = Q(callback__published_at__lte=F("call_due_at")) & ~by_system
    return {
        Kpi.COVERAGE: KpiConditions(TO_CALL & (called | overdue), called, NOT_CALLED_HERE),
        Kpi.MANAGER_SHARE: KpiConditions(drawn, Q(callback__drawn_group=Group.MANAGER)),
        Kpi.CONTACT: KpiConditions(NOT_TAKEN_OUT & called, Q(callback__state=CallbackState.RATED)),
        Kpi.FEEDBACK: KpiConditions(TO_CALL & (published | overdue), published & in_time, NOT_CALLED_HERE),
    }
