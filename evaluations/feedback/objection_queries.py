"""Objections for pages, limited to orders whose result the viewer may see (domain §4, §7.3)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from evaluations.enums import ObjectionState
from evaluations.models import Objection
from evaluations.visibility import Viewer, orders_visible_to, with_visibility
from satisfaction.calendars import days


def objections_for(viewer: Viewer, *, now: datetime) -> QuerySet[Objection]:
    """Returns objections to results the viewer may see: undecided ones first, then the latest."""
    orders = with_visibility(orders_visible_to(viewer, now=now), viewer, now=now).filter(shows_callback=True)
    undecided = Case(
        When(state=ObjectionState.UNDECIDED, then=Value(0)), default=Value(1), output_field=IntegerField()
    )
    return (
        Objection.objects.filter(order__in=orders.values("pk"))
        .select_related("order__crew", "order__technician", "order__callback__caller", "by", "decided_by")
        .select_related("order__self_evaluation")
        .annotate(rank=undecided)
        .order_by("rank", "-at")
    )


def objections_by_crew(objections: QuerySet[Objection], month: date) -> QuerySet[Objection, Any]:
    """Returns, for orders closed in the month, `raised` and the number in each state by crew (domain §7.3)."""
    rows = objections.filter(order__closed_on__range=(month, days.last_of_month(month)))
    states = {state.value: Count("pk", filter=Q(state=state)) for state in ObjectionState}
    counted = rows.order_by().values("order__crew__name").annotate(raised=Count("pk"), **states)
    return counted.order_by("-raised", "order__crew__name")
