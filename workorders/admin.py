"""Crews, their leads and technicians as an administrator keeps them; orders are read (§3)."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from satisfaction.administration import KeptAdmin, KeptInline, ReadOnlyAdmin

from .forms.leads import LeadForm, LeadFormSet
from .forms.named import CrewForm, TechnicianForm
from .models import Crew, CrewLead, Technician, WorkOrder


class LeadInline(KeptInline):
    """Who led the crew stays on record: a lead ends with a day, and is never deleted."""

    model = CrewLead
    formset = LeadFormSet
    extra = 0
    autocomplete_fields = ("person",)


@admin.register(Crew)
class CrewAdmin(KeptAdmin):
    form = CrewForm
    list_display = ("name", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)
    inlines = (LeadInline,)


@admin.register(Technician)
class TechnicianAdmin(KeptAdmin):
    """Moving to another crew leaves the orders of the past where they were (§3)."""

    form = TechnicianForm
    list_display = ("employee_no", "name", "crew", "user", "is_active")
    list_filter = ("is_active", "crew")
    search_fields = ("employee_no", "name", "user__username")
    list_select_related = ("crew", "user")
    autocomplete_fields = ("crew", "user")


@admin.register(CrewLead)
class CrewLeadAdmin(KeptAdmin):
    form = LeadForm
    list_display = ("crew", "kind", "person", "from_on", "to_on")
    list_filter = ("kind", "crew")
    search_fields = ("crew__name", "person__name", "person__username")
    list_select_related = ("crew", "person")
    autocomplete_fields = ("crew", "person")


@admin.register(WorkOrder)
class WorkOrderAdmin(ReadOnlyAdmin):
    """Orders come in from the workbook and are completed on their own page, not here."""

    list_display = ("number", "closed_at", "crew", "technician", "kind", "channel", "entered_at")
    list_filter = ("kind", "channel", "crew")
    search_fields = ("number", "reporter_name", "reporter_phone")
    list_select_related = ("crew", "technician")
    date_hierarchy = "closed_on"
    exclude = ("imported",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkOrder]:
        return super().get_queryset(request).select_related("repeat_of", "duplicate_of")
