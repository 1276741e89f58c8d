"""Ratings before and after a measure took effect, as far as the crews may know; the same for every viewer."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from evaluations.enums import CallbackState, ObjectionState, Rating
from evaluations.models import Callback
from evaluations.visibility import crew_sees_result
from improvement.enums import TRACKED, Decision
from improvement.models import AgendaItem, ImprovementProject
from satisfaction.calendars import days
from workorders.models import WorkOrder

from .rules_effect import EffectWindows, RatingTally

Through = Callback.problem_types.through


def rated_between(crews: Collection[int], first: date, last: date, *, now: datetime) -> QuerySet[WorkOrder]:
    """Returns orders closed from `first` to `last` with a published rating. No crews: the whole centre.

    Leaves out orders taken out and objections upheld, as the scores do.
    """
    orders = WorkOrder.objects.filter(
        crew_sees_result(now),
        ~Q(objection__state=ObjectionState.UPHELD),
        callback__state=CallbackState.RATED,
        closed_on__range=(first, last),
        taken_out__isnull=True,
    )
    return orders.filter(crew__in=crews) if crews else orders


def dissatisfied_with(types: Collection[int]) -> Q:
    """Returns the condition for dissatisfied ratings with one of the problem types; no types: any."""
    dissatisfied = Q(callback__rating=Rating.DISSATISFIED)
    if not types:
        return dissatisfied
    named = Through.objects.filter(callback__order=OuterRef("pk"), problemtype__in=types)
    return dissatisfied & Q(Exists(named))


def count_ratings(
    crews: Collection[int], types: Collection[int], span: EffectWindows, *, now: datetime
) -> tuple[RatingTally, RatingTally]:
    """Returns the counts of the two periods. One query."""
    any_type = Through.objects.filter(callback__order=OuterRef("pk"))
    untyped = Q(callback__rating=Rating.DISSATISFIED) & ~Q(Exists(any_type))
    orders = rated_between(crews, span.before_first, span.after_last, now=now)
    counts = {}
    for name, first, last in (
        ("before", span.before_first, span.before_last),
        ("after", span.after_first, span.after_last),
    ):
        inside = Q(closed_on__range=(first, last))
        counts[f"{name}_rated"] = Count("pk", filter=inside)
        counts[f"{name}_hits"] = Count("pk", filter=inside & dissatisfied_with(types))
        counts[f"{name}_untyped"] = Count("pk", filter=inside & untyped)
    found = orders.aggregate(**counts)
    before, after = (
        RatingTally(found[f"{name}_rated"], found[f"{name}_hits"], found[f"{name}_untyped"] if types else 0)
        for name in ("before", "after")
    )
    return before, after


def last_cause_day(project: ImprovementProject, *, until: date) -> date | None:
    """Returns the last closing day of the orders that caused the project; None without any. One query.

    An order added after `until`, the day the measure took effect, is not a cause and stays in the counts.
    """
    items = AgendaItem.objects.filter(project=project, decision__in=TRACKED)
    found: list[date] = []
    for decision, decided_at, closed_on, proposal in items.values_list(
        "decision", "decided_at", "revisit__order__closed_on", "proposal"
    ):
        if decision == Decision.ADDED and decided_at and days.local_day(decided_at) > until:
            continue
        found += [closed_on] if closed_on else []
        found += [date.fromisoformat(order["day"]) for order in proposal.get("orders", [])]
    return max(found, default=None)


def dissatisfied_orders(
    crews: Collection[int], types: Collection[int], span: EffectWindows, *, now: datetime
) -> QuerySet[WorkOrder]:
    """Returns the dissatisfied orders behind the counts, latest first."""
    orders = rated_between(crews, span.before_first, span.after_last, now=now)
    return orders.filter(dissatisfied_with(types)).select_related("crew").order_by("-closed_on", "number")
