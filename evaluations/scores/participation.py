"""The rule of taking part in the scores, in SQL; the only definition (domain §8.2, §8.18).

`takes_part` and `left_out_reason` complement each other: every candidate order either takes part or has exactly one
reason. All numbers of a month come from `month_sums`.

The SQL wraps an ORM query: it computes the reason of each order once, then groups. The ORM alone repeats the rule in
every sum and takes a fifth longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.db.models import Case, CharField, Count, F, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from evaluations.enums import CallbackState, LeftOut, ObjectionState, Rating, Source, WithdrawnReason
from evaluations.models import EvaluationPolicy
from evaluations.months import late_after
from workorders.enums import Channel, Kind
from workorders.models import WorkOrder
from workorders.models.orders import COMPLETE

from .bounds import bounded

S = CallbackState
IN_SCOPE_OR_INCOMPLETE = Q(kind=Kind.FAULT, channel=Channel.HOTLINE, duplicate_of__isnull=True) | ~COMPLETE
WITHDRAWN_REASONS = {
    WithdrawnReason.TAKEN_OUT: LeftOut.TAKEN_OUT,
    WithdrawnReason.DO_NOT_CALL: LeftOut.WITHDRAWN,
    WithdrawnReason.MONTH_SETTLED: LeftOut.MONTH_SETTLED,
}


@dataclass(frozen=True)
class ParticipationRules:
    """Values that differ between months.

    `late_after`: orders completed after this time are too late; None: no order is too late.
    `missing_self_points`: self points of orders without self-evaluation; None: such orders are left out.
    """

    late_after: datetime | None = None
    missing_self_points: int | None = None


def participation_rules(
    month: date,
    policy: EvaluationPolicy | None = None,
    *,
    is_settling: bool = False,
    was_reopened: bool | None = None,
) -> ParticipationRules:
    """Returns the rules of the month as it is, or as it will be settled. Four queries, one less per given value."""
    policy = policy or EvaluationPolicy.objects.for_month(month)
    missing = policy.missing_self_points if is_settling else None
    return ParticipationRules(late_after(month, policy, was_reopened=was_reopened), missing)


def candidate_orders(first: date, last: date) -> QuerySet[WorkOrder]:
    """Returns orders closed from `first` to `last`, in scope or incomplete, annotated `is_complete`."""
    orders = WorkOrder.objects.closed_between(first, last).filter(IN_SCOPE_OR_INCOMPLETE)
    return orders.annotate(is_complete=Case(When(COMPLETE, then=True), default=False))


def rated_by_crew(rules: ParticipationRules) -> Q:
    """Returns the condition for a self-evaluation or, on settling, the lowest points instead (domain §8.3)."""
    rated = Q(self_evaluation__isnull=False)
    if rules.missing_self_points is None:
        return rated
    return rated | Q(callback__source=Source.APP)


def takes_part(rules: ParticipationRules) -> Q:
    """Returns the condition for orders in scope that take part (domain §8.2)."""
    part = Q(callback__published_at__isnull=False) & ~Q(callback__rating="")
    part &= rated_by_crew(rules) & Q(taken_out__isnull=True) & ~Q(objection__state=ObjectionState.UPHELD)
    return part & ~Q(entered_at__gt=rules.late_after) if rules.late_after else part


def left_out_reason(rules: ParticipationRules) -> Case:
    """Returns the reason of a candidate order that does not take part: the first match (docs/contract.md)."""
    late = [When(entered_at__gt=rules.late_after, then=Value(LeftOut.TOO_LATE))] if rules.late_after else []
    return Case(
        When(~COMPLETE, then=Value(LeftOut.INCOMPLETE)),
        When(taken_out__isnull=False, then=Value(LeftOut.TAKEN_OUT)),
        When(objection__state=ObjectionState.UPHELD, then=Value(LeftOut.OBJECTION)),
        When(callback__state=S.SET_ASIDE, then=Value(LeftOut.DO_NOT_CALL)),
        *(When(callback__withdrawn_reason=why, then=Value(said)) for why, said in WITHDRAWN_REASONS.items()),
        *late,
        When(Q(callback__isnull=True) | Q(callback__state=S.WAITING), then=Value(LeftOut.WAITING)),
        When(callback__state=S.ASSIGNED, then=Value(LeftOut.OPEN)),
        When(callback__state=S.UNREACHABLE, then=Value(LeftOut.UNREACHABLE)),
        When(callback__state=S.REFUSED, then=Value(LeftOut.REFUSED)),
        When(callback__published_at__isnull=True, then=Value(LeftOut.UNPUBLISHED)),
        default=Value(LeftOut.NO_SELF_EVALUATION),
        output_field=CharField(),
    )


def self_points(rules: ParticipationRules) -> Any:
    """Returns the expression for the self-evaluation points of an order that takes part."""
    points = F("self_evaluation__points")
    if rules.missing_self_points is None:
        return points
    return Coalesce(points, rules.missing_self_points, output_field=IntegerField())


def with_participation(
    orders: QuerySet[WorkOrder], rules: ParticipationRules, part: Q, why: Any
) -> QuerySet[WorkOrder]:
    """Annotates `left_out` (None for orders in `part`, else `why`), `own` and `called` points, and `rating`."""
    return orders.annotate(
        left_out=Case(When(part, then=None), default=why, output_field=CharField()),
        own=self_points(rules),
        called=F("callback__points"),
        rating=F("callback__rating"),
    )


SUMS = """
    COUNT(*),
    SUM(own) FILTER (WHERE left_out IS NULL),
    SUM(called) FILTER (WHERE left_out IS NULL),
    COUNT(*) FILTER (WHERE left_out IS NULL AND rating = 'satisfied'),
    COUNT(*) FILTER (WHERE left_out IS NULL AND rating = 'basically_satisfied'),
    COUNT(*) FILTER (WHERE left_out IS NULL AND rating = 'dissatisfied')"""
SUM_NAMES = ("orders", "self_points", "callback_points", *Rating.values)


def grouped_sums(
    orders: QuerySet[WorkOrder], needed: tuple[str, ...], by: tuple[str, ...], between: tuple[date, date]
) -> list[tuple[Any, ...]]:
    """Returns one row per group of `by` (columns of `needed` or expressions over them), with SUMS.

    `orders`: from `with_participation`, closed `between` two days. The CTE is materialized; otherwise the database
    computes the reason again for every sum.
    """
    columns = dict.fromkeys((*needed, "left_out", "own", "called", "rating"))
    inner, parameters = orders.order_by().values(*columns).query.sql_with_params()
    inner, groups = bounded(inner, *between), ", ".join(by)
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH facts AS MATERIALIZED ({inner}) SELECT {groups}, {SUMS} FROM facts GROUP BY {groups}",
            parameters,
        )
        return cursor.fetchall()


def daily_sums(first: date, last: date, rules: ParticipationRules) -> list[tuple[Any, ...]]:
    """Returns (day, technician_id, crew_id, *SUM_NAMES) over orders in scope closed from `first` to `last`.

    The sums of points (None when no order takes part) and the counts of ratings are over orders that take part. Two
    statements.
    """
    by = ("closed_on", "technician_id", "crew_id")
    in_scope = WorkOrder.objects.in_scope().closed_between(first, last)
    orders = with_participation(in_scope, rules, takes_part(rules), Value(""))
    return [(to_date(day), *row) for day, *row in grouped_sums(orders, by, by, between=(first, last))]


def to_date(value: Any) -> date:
    """Converts a day; SQLite returns days as text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


LEFT_OUT_COLUMNS = tuple(
    f"CASE WHEN left_out IS NOT NULL THEN {name} END" for name in ("number", "closed_on")
)


def month_sums(first: date, last: date, rules: ParticipationRules) -> list[dict[str, Any]]:
    """Returns SUM_NAMES by technician_id, crew_id and is_complete, with `left_out`: [(number, reason, day), …].

    Two statements; one of them reads every order of the month once. Each order left out is its own group.
    """
    by = ("technician_id", "crew_id", "is_complete")
    orders = with_participation(
        candidate_orders(first, last), rules, COMPLETE & takes_part(rules), left_out_reason(rules)
    )
    groups = (*by, "left_out", *LEFT_OUT_COLUMNS)
    rows = grouped_sums(orders, (*by, "number", "closed_on"), groups, between=(first, last))
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for *key, reason, number, day, orders, own, called, good, fair, bad in rows:
        sums = dict(zip(SUM_NAMES, (0, None, None, 0, 0, 0), strict=True))
        row = found.setdefault(tuple(key), {**dict(zip(by, key, strict=True)), **sums, "left_out": []})
        row["orders"] += orders
        if reason:
            row["left_out"].append((number, reason, day and str(day)))
        else:
            row.update(zip(SUM_NAMES[1:], (own, called, good, fair, bad), strict=True))
    return list(found.values())


def participating_orders(first: date, last: date, rules: ParticipationRules) -> QuerySet[WorkOrder]:
    """Returns orders closed from `first` to `last` that take part, annotated `own_points` (self points)."""
    orders = WorkOrder.objects.closed_between(first, last).in_scope().filter(takes_part(rules))
    return orders.annotate(own_points=self_points(rules))


def charged_repeats(first: date, last: date) -> QuerySet[WorkOrder, Any]:
    """Returns counts of repeats closed from `first` to `last`, by crew and technician of the *earlier* order.

    Counts repeats of any channel, scope or completeness; each link of a chain counts (domain §3.4). A constraint
    prevents orders that are both repeat and duplicate.
    """
    repeats = WorkOrder.objects.closed_between(first, last).filter(repeat_of__isnull=False)
    return (
        repeats.exclude(kind=Kind.DUPLICATE)
        .order_by()
        .values("repeat_of__technician", "repeat_of__crew")
        .annotate(count=Count("pk"))
    )
