"""Exceptions of the service calendar in the admin site (domain §2.1)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from satisfaction.audit.base_admin import BaseAdmin
from satisfaction.core.requests import person_of

from .models import CalendarOverride
from .overrides import recompute_deadlines_soon


@admin.register(CalendarOverride)
class CalendarOverrideAdmin(BaseAdmin):
    """Overrides can be changed and deleted; without one the rule applies again."""

    list_display = ("day", "is_service_day", "name", "entered_by", "entered_at")
    list_filter = ("is_service_day",)
    search_fields = ("name",)
    list_select_related = ("entered_by",)
    date_hierarchy = "day"
    fields = ("day", "is_service_day", "name")

    def has_delete_permission(self, request: HttpRequest, obj: CalendarOverride | None = None) -> bool:
        return self.has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: CalendarOverride, form: Any, change: bool) -> None:
        obj.entered_by = person_of(request)
        super().save_model(request, obj, form, change)
        recompute_deadlines_soon()

    def delete_model(self, request: HttpRequest, obj: CalendarOverride) -> None:
        super().delete_model(request, obj)
        recompute_deadlines_soon()

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[CalendarOverride]) -> None:
        super().delete_queryset(request, queryset)
        recompute_deadlines_soon()
