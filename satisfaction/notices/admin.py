"""Whether a person was reminded, and what became of the mails. What a notice says is for its reader alone (§4)."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from satisfaction.audit.base_admin import BaseAdmin, ReadOnlyAdmin

from .models import Digest, Notice, NoticePreference


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("person", "kind", "period", "created_at", "read_at", "ended_at")
    list_filter = ("kind",)
    search_fields = ("person__username", "person__name")
    list_select_related = ("person",)
    fields = ("person", "kind", "period", "created_at", "read_at", "ended_at")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Everybody's, without their words."""
        return Notice.objects.defer("params")


@admin.register(Digest)
class DigestAdmin(ReadOnlyAdmin):
    list_display = ("day", "person", "state", "attempts", "claimed_at", "sent_at", "error")
    list_filter = ("state",)
    search_fields = ("person__username", "person__name")
    list_select_related = ("person",)
    date_hierarchy = "day"


@admin.register(NoticePreference)
class NoticePreferenceAdmin(BaseAdmin):
    """For who cannot sign in to turn the mail off."""

    list_display = ("person", "wants_digest", "language")
    list_select_related = ("person",)
    search_fields = ("person__username", "person__name")
    autocomplete_fields = ("person",)
