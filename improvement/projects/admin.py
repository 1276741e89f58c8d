"""Read-only admin of projects and their steps (domain §12)."""

from __future__ import annotations

from django.contrib import admin

from improvement.models import ImprovementProject, ProjectStep
from satisfaction.audit.base_admin import ReadOnlyAdmin


@admin.register(ImprovementProject)
class ImprovementProjectAdmin(ReadOnlyAdmin):
    list_display = ("problem", "state", "source", "responsible", "created_at", "confirmed_at")
    list_filter = ("state", "source", "crews")
    list_select_related = ("responsible",)
    search_fields = ("problem", "initial_measure", "decided_measure")
    exclude = ("effect_numbers", "version", "token")


@admin.register(ProjectStep)
class ProjectStepAdmin(ReadOnlyAdmin):
    list_display = ("what", "project", "crew", "who", "due_on", "done_on", "done_by")
    list_filter = ("crew",)
    list_select_related = ("project", "crew", "who", "done_by")
    search_fields = ("what", "project__problem")
    exclude = ("version", "token")
