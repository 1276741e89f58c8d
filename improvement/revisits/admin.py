"""Admin list of revisits: state and times only. The content is for those who decide (domain §12)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from evaluations.visibility import orders_visible_to, viewer_of, with_visibility
from improvement.models import Revisit
from satisfaction.audit.base_admin import ReadOnlyAdmin
from satisfaction.core.requests import person_of


@admin.register(Revisit)
class RevisitAdmin(ReadOnlyAdmin):
    list_display = ("order", "state", "begun_by", "begun_at", "submitted_by", "submitted_at")
    list_filter = ("state",)
    search_fields = ("order__number",)
    list_select_related = ("order", "begun_by", "submitted_by")
    date_hierarchy = "begun_at"
    fields = ("order", "state", "begun_by", "begun_at", "submitted_by", "submitted_at", "is_in_place")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """An admin in a crew sees no more of the crew's orders than the crew does (domain §4)."""
        now = timezone.now()
        viewer = viewer_of(person_of(request), now=now)
        seen = with_visibility(orders_visible_to(viewer, now=now), viewer, now=now).filter(
            shows_callback=True
        )
        return super().get_queryset(request).filter(order__in=seen.values("pk"))
