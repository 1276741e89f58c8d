"""Objections as a page shows them: whose orders the viewer may know the result of (§4, §7)."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Case, IntegerField, QuerySet, Value, When

from ..enums import ObjectionState
from ..models import Objection
from .visibility import Viewer, orders_visible_to, with_visibility


def objections_for(viewer: Viewer, *, now: datetime) -> QuerySet[Objection]:
    """Of orders whose published result the viewer may see; undecided ones first, oldest first, then the latest."""
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
