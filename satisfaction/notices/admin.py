"""Notices and daily mails in the admin site, without texts: only their readers may see them (domain §4)."""

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
        """Everybody's notices, without the parameters of their texts."""
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
    """Lets an admin turn the mail off for somebody who cannot sign in."""

    list_display = ("person", "wants_digest", "language")
    list_select_related = ("person",)
    search_fields = ("person__username", "person__name")
    autocomplete_fields = ("person",)
