"""Read-only admin of daily rows, settlements and awards (domain §12)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from evaluations.models import Award, DailyScore, Settlement
from satisfaction.audit.base_admin import ReadOnlyAdmin


@admin.register(DailyScore)
class DailyScoreAdmin(ReadOnlyAdmin):
    list_display = (
        "day",
        "technician",
        "crew",
        "orders",
        "taking_part",
        "self_points",
        "callback_points",
        "dissatisfied",
    )
    list_filter = ("crew",)
    search_fields = ("technician__employee_no", "technician__name")
    date_hierarchy = "day"
    list_select_related = ("technician", "crew")


@admin.register(Settlement)
class SettlementAdmin(ReadOnlyAdmin):
    list_display = ("month", "settled_at", "settled_by", "reopened_at", "reopened_by", "reopen_reason")
    exclude = ("snapshot",)
    list_select_related = ("settled_by", "reopened_by")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("snapshot")


@admin.register(Award)
class AwardAdmin(ReadOnlyAdmin):
    list_display = (
        "settlement",
        "kind",
        "technician",
        "crew",
        "bonus",
        "bonus_state",
        "decided_on",
        "reference",
    )
    list_filter = ("kind", "bonus_state")
    list_select_related = ("settlement", "technician", "crew")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("settlement__snapshot")
