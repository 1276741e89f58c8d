"""Complete and unfinished evaluations (domain §8.15), computed in SQL and not stored.

Unfinished ones are in few places: orders of unsettled months, and revisits after dissatisfied callbacks. All
others in scope are complete, so that settled orders cost nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from evaluations.enums import CallbackState, ObjectionState, Rating, Source
from evaluations.models import Callback
from evaluations.self_evaluation.queries import settled_ranges
from improvement.enums import FINISHED, TRACKED, Decision, RevisitState
from improvement.models import AgendaItem
from workorders.models import WorkOrder
from workorders.models.orders import WorkOrderQuerySet

EXCLUDED = Q(taken_out__isnull=False) | Q(objection__state=ObjectionState.UPHELD)
"""Excluded permanently by a head's decision."""
ENDED_WITHOUT_CALL = (CallbackState.SET_ASIDE, CallbackState.WITHDRAWN)


def with_unfinished_evaluation(orders: WorkOrderQuerySet) -> WorkOrderQuerySet:
    """Filters to orders in scope whose evaluation is unfinished."""
    return orders.in_scope().filter(pk__in=_unfinished_ids())


def with_complete_evaluation(orders: WorkOrderQuerySet) -> WorkOrderQuerySet:
    """Filters to orders in scope whose evaluation is complete."""
    return orders.in_scope().exclude(pk__in=_unfinished_ids())


def mark_completeness(orders: Iterable[Any]) -> None:
    """Sets `is_complete` of the orders: True, False, or None out of scope. Two queries."""
    orders = list(orders)
    among = {order.pk for order in orders if order.out_of_scope is None}
    left = set(_unfinished_ids(among).values_list("pk", flat=True)) if among else set()
    for order in orders:
        order.is_complete = order.pk not in left if order.pk in among else None


def _unfinished_ids(among: Iterable[int] | None = None) -> QuerySet[WorkOrder, Any]:
    """Returns the ids of unfinished orders; `among`: of these orders only."""
    sources = [_in_open_months(), _to_be_visited(), _handed_in()]
    if among is not None:
        wanted = list(among)
        sources = [source.filter(pk__in=wanted) for source in sources]
    first, *others = (source.order_by().values("pk") for source in sources)
    return first.union(*others)


def _in_open_months() -> QuerySet[WorkOrder]:
    """Orders of unsettled months that are not rated, called or published, or that have an open objection."""
    is_to_rate = Q(self_evaluation__isnull=True, due_at__isnull=False)
    is_to_call = Q(callback__isnull=True)
    is_to_publish = Q(callback__published_at__isnull=True) & ~Q(callback__state__in=ENDED_WITHOUT_CALL)
    is_objected_to = Q(objection__state=ObjectionState.UNDECIDED)
    found = WorkOrder.objects.in_scope().filter(is_to_rate | is_to_call | is_to_publish | is_objected_to)
    for first, last in settled_ranges():
        found = found.exclude(closed_on__range=(first, last))
    return found.exclude(EXCLUDED)


def _to_be_visited() -> QuerySet[WorkOrder]:
    """Published dissatisfied orders without a finished decision of a meeting (domain §9.6)."""
    dissatisfied = Callback.objects.filter(
        state=CallbackState.RATED,
        rating=Rating.DISSATISFIED,
        source=Source.APP,
        published_at__isnull=False,
    )
    found = WorkOrder.objects.filter(pk__in=dissatisfied.values("order")).exclude(EXCLUDED)
    return found.filter(~Exists(_done()))


def _handed_in() -> QuerySet[WorkOrder]:
    """Orders with a submitted, undecided revisit, also after a corrected rating (domain §6.10)."""
    return WorkOrder.objects.filter(~Exists(_done()), revisit__state=RevisitState.SUBMITTED)


def _done() -> QuerySet[AgendaItem]:
    """Decisions that end the outer order's revisit: no action, or a confirmed or cancelled project."""
    ended = Q(decision=Decision.NO_ACTION) | Q(decision__in=TRACKED, project__state__in=FINISHED)
    return AgendaItem.objects.filter(ended, revisit__order=OuterRef("pk"))
