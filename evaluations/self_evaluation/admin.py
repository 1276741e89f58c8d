"""Read-only admin of self-evaluations, corrections, acknowledgements and objections (domain §4, §12)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from evaluations.models import Acknowledgement, Objection, RatingCorrection, SelfEvaluation
from evaluations.visibility import orders_visible_to, viewer_of, with_visibility
from satisfaction.audit.base_admin import ReadOnlyAdmin
from satisfaction.core.requests import person_of


def orders_with_visible_side(request: HttpRequest, **flags: bool) -> QuerySet[Any, Any]:
    """Returns ids of orders with a side the user may see. `flags`: `shows_self` or `shows_callback`."""
    now = timezone.now()
    viewer = viewer_of(person_of(request), now=now)
    orders = with_visibility(orders_visible_to(viewer, now=now), viewer, now=now)
    return orders.filter(**flags).values("pk")


@admin.register(SelfEvaluation)
class SelfEvaluationAdmin(ReadOnlyAdmin):
    list_display = (
        "order",
        "rating",
        "points",
        "rated_by",
        "rated_at",
        "is_late",
        "is_not_blind",
        "is_in_place",
    )
    list_filter = ("rating", "is_late", "is_not_blind", "is_in_place", "source")
    search_fields = ("order__number",)
    list_select_related = ("order", "rated_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super().get_queryset(request).filter(order__in=orders_with_visible_side(request, shows_self=True))
        )


@admin.register(RatingCorrection)
class RatingCorrectionAdmin(ReadOnlyAdmin):
    list_display = ("__str__", "by", "at", "reason", "is_by_stand_in")
    list_select_related = ("self_evaluation__order", "callback__order", "by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        own = Q(self_evaluation__order__in=orders_with_visible_side(request, shows_self=True))
        reported = Q(callback__order__in=orders_with_visible_side(request, shows_callback=True))
        return super().get_queryset(request).filter(own | reported)


@admin.register(Acknowledgement)
class AcknowledgementAdmin(ReadOnlyAdmin):
    list_display = ("crew", "day", "by", "at", "results")
    list_filter = ("crew",)
    date_hierarchy = "day"
    list_select_related = ("crew", "by")


@admin.register(Objection)
class ObjectionAdmin(ReadOnlyAdmin):
    list_display = ("order", "state", "by", "at", "decided_by", "decided_at", "is_by_stand_in")
    list_filter = ("state",)
    search_fields = ("order__number",)
    list_select_related = ("order", "by", "decided_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return (
            super()
            .get_queryset(request)
            .filter(order__in=orders_with_visible_side(request, shows_callback=True))
        )
