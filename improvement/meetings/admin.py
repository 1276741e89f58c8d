"""Read-only admin of meetings (domain §12)."""

from __future__ import annotations

from django.contrib import admin

from improvement.models import AgendaItem, AnalysisMeeting
from satisfaction.audit.base_admin import ReadOnlyAdmin


@admin.register(AnalysisMeeting)
class AnalysisMeetingAdmin(ReadOnlyAdmin):
    list_display = ("month", "planned_at", "place", "state", "opened_at", "closed_at", "closed_by")
    list_filter = ("state",)
    list_select_related = ("closed_by",)
    exclude = ("information", "version")


@admin.register(AgendaItem)
class AgendaItemAdmin(ReadOnlyAdmin):
    list_display = ("meeting", "position", "kind", "decision", "project", "decided_by", "decided_at")
    list_filter = ("kind", "decision")
    list_select_related = ("meeting", "project", "decided_by")
    search_fields = ("revisit__order__number", "reason")
    exclude = ("proposal", "proposal_key", "version")
