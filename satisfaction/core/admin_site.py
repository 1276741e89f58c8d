"""The admin site: for the role admin only; history is read there and never deleted (domain §12)."""

from __future__ import annotations

from functools import wraps
from typing import Any

from django.contrib import admin
from django.contrib.admin import AdminSite, TabularInline
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.options import BaseModelAdmin
from django.contrib.admin.widgets import AutocompleteSelect
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from satisfaction.core.params import int_param
from satisfaction.core.roles import Role


def is_admin(request: HttpRequest) -> bool:
    user = request.user
    return user.is_authenticated and user.is_active and user.has_role(Role.ADMIN)


class AdministrationConfig(AdminConfig):
    default_site = "satisfaction.core.admin_site.AdministrationSite"

    def ready(self) -> None:
        """Removes Django's Group from the site: roles are assigned to people, their groups are not edited."""
        from django.contrib.auth.models import Group  # noqa: PLC0415 - models are loaded only now

        super().ready()
        admin.site.unregister(Group)


class AdministrationSite(AdminSite):
    """Sign-in uses the product's own page, with its lock-out and one-time links."""

    site_header = site_title = _("服务满意度 · 系统管理")
    index_title = _("系统管理")
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        return is_admin(request)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Replaces the app and model names of django-axes by ours."""
        apps = super().get_app_list(request, app_label)
        for app in apps:
            if app["app_label"] == "axes":
                app["name"] = _("登录安全")
                app["models"][0]["name"] = _("登录失败与锁定")
        return apps

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Answers 400 instead of 500 if a number in the address is too large for Django's views."""

        @wraps(view)
        def refuse_overflow(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            try:
                return view(request, *args, **kwargs)
            except OverflowError as error:
                raise BadRequest(str(error)) from error

        return super().admin_view(refuse_overflow, cacheable)

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.user.is_authenticated:
            raise PermissionDenied
        then = urlencode({"next": request.GET.get("next") or reverse("admin:index")})
        return redirect(f"{reverse('accounts:login')}?{then}")


def is_valid_key(value: Any) -> bool:
    return int_param(str(value)) is not None


class SafeAutocompleteSelect(AutocompleteSelect):
    """Drops values that cannot be keys; Django would query them when it shows the form again."""

    def optgroups(self, name: str, value: Any, attr: dict[str, Any] | None = None) -> Any:
        return super().optgroups(name, list(filter(is_valid_key, value)), attr)


class RoleBasedPermissions(BaseModelAdmin):
    """Admins may view, add and change; nobody deletes: people and crews are deactivated.

    The role decides. Django's own permissions are not used; only superusers hold them.
    """

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_admin(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_admin(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_admin(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs["widget"] = SafeAutocompleteSelect(db_field, self.admin_site)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class RoleInline(RoleBasedPermissions, TabularInline):
    """Related rows on the page of their parent, with the same permissions."""
