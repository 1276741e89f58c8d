"""Admin pages of KPI targets. Targets of settled months do not change (domain §10.4, §12)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy

from improvement.enums import DIRECTIONS, Direction, Kpi
from improvement.models import KpiTarget
from satisfaction.audit.base_admin import BaseAdmin
from satisfaction.calendars import days

from .forms import KpiTargetForm


@admin.register(KpiTarget)
class KpiTargetAdmin(BaseAdmin):
    form: type[forms.ModelForm] = KpiTargetForm
    list_display = ("key", "begins_on", "target_in_words", "stretch_in_words", "weight_in_words")
    list_filter = ("key",)
    date_hierarchy = "begins_on"
    fields = ("key", "begins_on", "target", "stretch", "weight")

    @admin.display(description=gettext_lazy("目标值"), ordering="target")
    def target_in_words(self, target: KpiTarget) -> str:
        return with_unit(target, target.target)

    @admin.display(description=gettext_lazy("挑战值"), ordering="stretch")
    def stretch_in_words(self, target: KpiTarget) -> str:
        is_distance = DIRECTIONS[Kpi(target.key)] == Direction.NEAR
        return f"{'± ' if is_distance else ''}{with_unit(target, target.stretch)}"

    @admin.display(description=gettext_lazy("权重"), ordering="weight")
    def weight_in_words(self, target: KpiTarget) -> str:
        return without_zeros(target.weight)

    def get_readonly_fields(self, request: HttpRequest, obj: KpiTarget | None = None) -> tuple[str, ...]:
        """The KPI and month of a stored target are fixed; a new target follows it."""
        return ("key", "begins_on") if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """New targets begin next month by default."""
        return {"begins_on": days.next_month(timezone.localdate())}


def with_unit(target: KpiTarget, value: Decimal) -> str:
    return without_zeros(value) if target.key == Kpi.POINTS else f"{without_zeros(value)} %"


def without_zeros(value: Decimal) -> str:
    """Returns the number without trailing zeros."""
    return f"{value.normalize():f}"
