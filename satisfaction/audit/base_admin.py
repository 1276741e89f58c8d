"""Base classes of the admin pages: access by role, history with author, audit of settings (domain §12)."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import ModelAdmin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from satisfaction.core.admin_site import RoleBasedPermissions, is_admin, is_valid_key
from satisfaction.core.history import set_change_author
from satisfaction.core.requests import person_of

from .actions import record_event
from .enums import AuditKind


class BaseAdmin(RoleBasedPermissions, ModelAdmin):
    list_per_page = 50
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_admin(request)

    def response_action(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not all(map(is_valid_key, request.POST.getlist(ACTION_CHECKBOX_NAME))):
            raise BadRequest("an action for values that cannot be keys")
        return super().response_action(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Saves with the author in the history; records an event for a model without history."""
        set_change_author(obj, by=person_of(request))
        super().save_model(request, obj, form, change)
        if not hasattr(type(obj), "history") and form.changed_data:
            changes = {
                name: [str(form.initial.get(name, "")), str(form.cleaned_data[name])]
                for name in form.changed_data
            }
            record_setting(request, obj, changes)


def record_setting(request: HttpRequest, obj: Model, changes: dict[str, list[str]]) -> None:
    """Records the change of a setting without history: old → new by field name (domain §12)."""
    names = {field.name: str(getattr(field, "verbose_name", field.name)) for field in obj._meta.get_fields()}
    record_event(
        AuditKind.SETTINGS_CHANGED,
        by=person_of(request),
        at=timezone.now(),
        subject=obj,
        about=f"{obj._meta.verbose_name} {obj}",
        details={names[name]: change for name, change in changes.items()},
    )


class ReadOnlyAdmin(BaseAdmin):
    """Read-only. An admin with other roles sees what those roles may see (domain §4)."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
