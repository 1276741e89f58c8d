"""KPI targets: an admin sets new ones from a month on; those of a settled month stand (§10, §12)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from improvement.forms.kpis import KpiTargetForm
from improvement.models import KpiTarget
from satisfaction.administration import KeptAdmin
from satisfaction.calendars import days


@admin.register(KpiTarget)
class KpiTargetAdmin(KeptAdmin):
    form: type[forms.ModelForm] = KpiTargetForm
    list_display = ("key", "begins_on", "target", "stretch", "weight")
    list_filter = ("key",)
    date_hierarchy = "begins_on"
    fields = ("key", "begins_on", "target", "stretch", "weight")

    def get_readonly_fields(self, request: HttpRequest, obj: KpiTarget | None = None) -> tuple[str, ...]:
        """A target that holds is followed by another one; its own month does not move."""
        return ("key", "begins_on") if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """From next month on, unless somebody says otherwise."""
        return {"begins_on": days.next_month(timezone.localdate())}
