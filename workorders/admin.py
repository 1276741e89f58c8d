"""Admin pages for crews, crew leads and technicians; orders are read-only (domain §3)."""

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
    """Past crew leads stay on record: a term gets a last day and is never deleted."""

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
    """A technician who moves to another crew does not take past orders along (domain §3)."""

    form = TechnicianForm
    list_display = ("employee_no", "name", "crew", "user", "is_active")
    list_filter = ("is_active", "crew")
    search_fields = ("employee_no", "name", "user__username")
    list_select_related = ("crew", "user")
    autocomplete_fields = ("crew", "user")

    def save_model(self, request: HttpRequest, obj: Technician, form: Any, change: bool) -> None:
        """Copies the technician's number to the linked account and clears it on an unlinked account."""
        super().save_model(request, obj, form, change)
        give_account_the_number(obj, before=form.initial.get("user"), by=person_of(request))


admin.site.unregister(User)


@admin.register(User)
class NumberedPersonAdmin(PersonAdmin):
    """Links the technician with the person's employee number as soon as one exists (domain §5.6)."""

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
    """Read-only: orders are imported from the workbook and completed on their own page."""

    list_display = ("number", "closed_at", "crew", "technician", "kind", "channel", "entered_at")
    list_filter = ("kind", "channel", "crew")
    search_fields = ("number", "reporter_name")
    list_select_related = ("crew", "technician")
    date_hierarchy = "closed_on"
    exclude = ("imported", "reporter_phone", "reporter_phone_key", "reporter_other_key")
    readonly_fields = ("phone",)

    @admin.display(description=_("报修人电话"))
    def phone(self, order: WorkOrder) -> str:
        """Returns the masked number. The order's own page shows it in full and records who looked."""
        return masked(order.reporter_phone)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WorkOrder]:
        return super().get_queryset(request).select_related("repeat_of", "duplicate_of")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[WorkOrder], search_term: str
    ) -> tuple[QuerySet[WorkOrder], bool]:
        """Also finds a whole phone number in any notation: phones are encrypted and found by their keys."""
        found, may_repeat = super().get_search_results(request, queryset, search_term)
        if phones(search_term):
            found |= queryset.filter(with_phone(phone_keys(search_term)))
        return found, may_repeat
