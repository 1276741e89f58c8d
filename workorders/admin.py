"""Crews, their leads and technicians as an administrator keeps them; orders are read (domain §3)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from satisfaction.accounts.admin import PersonAdmin
from satisfaction.accounts.models import User
from satisfaction.audit.base_admin import BaseAdmin, ReadOnlyAdmin
from satisfaction.core.admin_site import RoleInline
from satisfaction.core.requests import person_of
from workorders.people.employee_numbers import give_account_the_number, link_technician
from workorders.people.forms_admin import CrewForm, NumberedPersonForm, TechnicianForm
from workorders.people.forms_leads import LeadForm, LeadFormSet

from .models import Crew, CrewLead, Technician, WorkOrder
from .phones import masked, phone_keys, phones, with_phone


class LeadInline(RoleInline):
    """Who led the crew stays on record: a lead ends with a day, and is never deleted."""

    model = CrewLead
    formset = LeadFormSet
    extra = 0
    autocomplete_fields = ("person",)


@admin.register(Crew)
class CrewAdmin(BaseAdmin):
    form = CrewForm
    list_display = ("name", "is_active")
    list_filter = ("is_active",)
    search_fields = ("name",)
    inlines = (LeadInline,)


@admin.register(Technician)
class TechnicianAdmin(BaseAdmin):
    """Moving to another crew leaves the orders of the past where they were (domain §3)."""

    form = TechnicianForm
    list_display = ("employee_no", "name", "crew", "user", "is_active")
    list_filter = ("is_active", "crew")
    search_fields = ("employee_no", "name", "user__username")
    list_select_related = ("crew", "user")
    autocomplete_fields = ("crew", "user")

    def save_model(self, request: HttpRequest, obj: Technician, form: Any, change: bool) -> None:
        """The account has the technician's number; an account that is taken away loses it."""
        super().save_model(request, obj, form, change)
        give_account_the_number(obj, before=form.initial.get("user"), by=person_of(request))


admin.site.unregister(User)


@admin.register(User)
class NumberedPersonAdmin(PersonAdmin):
    """The technician with the person's employee number is linked as soon as there is one (domain §5.6)."""

    form = NumberedPersonForm

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        link_technician(obj, by=person_of(request))


@admin.register(CrewLead)
class CrewLeadAdmin(BaseAdmin):
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
    search_fields = ("number", "reporter_name")
    list_select_related = ("crew", "technician")
    date_hierarchy = "closed_on"
    exclude = ("imported", "reporter_phone", "reporter_phone_key", "reporter_other_key")
    readonly_fields = ("phone",)

    @admin.display(description=_("报修人电话"))
    def phone(self, order: WorkOrder) -> str:
        """Masked; the order's own page shows it in full, and keeps who looked."""
        return masked(order.reporter_phone)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkOrder]:
        return super().get_queryset(request).select_related("repeat_of", "duplicate_of")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WorkOrder], search_term: str
    ) -> tuple[QuerySet[WorkOrder], bool]:
        """Also by a whole phone number, however it is written: phones are encrypted and found by their keys."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if phones(search_term):
            found |= queryset.filter(with_phone(phone_keys(search_term)))
        return found, may_repeat
