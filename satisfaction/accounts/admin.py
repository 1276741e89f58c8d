"""People and the duty roster in the admin site."""

from __future__ import annotations

from typing import Any

from axes.models import AccessAttempt
from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from satisfaction.audit.base_admin import BaseAdmin
from satisfaction.core.client_address import address_of
from satisfaction.core.errors import Refused
from satisfaction.core.requests import person_of
from satisfaction.core.roles import Role

from .links import issue_links
from .models import Absence, User
from .people import (
    caller_group_of,
    deactivate,
    reactivate,
    refuse_losing_the_last_admin,
    role_names,
    set_roles,
    with_implied,
)
from .sign_in_limits import unlock
from .sign_out import sign_out_everywhere


class PersonForm(forms.ModelForm):
    """A person without a password field: people set their own password by a one-time link."""

    roles = forms.MultipleChoiceField(
        label=gettext_lazy("角色"),
        choices=Role.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("调度长也是调度,科室负责人也是管理人员;调度与管理人员不能兼任。"),
    )

    class Meta:
        model = User
        fields = ("username", "name", "employee_no", "phone", "email")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["roles"] = sorted(self.instance.group_roles())

    def clean_username(self) -> str:
        username = User.normalize_username(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=username).exclude(pk=self.instance.pk).exists():
            raise forms.ValidationError(_("已有这个用户名(不分大小写)。"))
        return username

    def clean_roles(self) -> list[str]:
        roles = self.cleaned_data["roles"]
        try:
            caller_group_of(with_implied(roles))
            if Role.ADMIN not in roles and self.instance.pk:
                refuse_losing_the_last_admin(self.instance)
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from None
        return roles


class RoleFilter(admin.SimpleListFilter):
    title = gettext_lazy("角色")
    parameter_name = "role"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return Role.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> QuerySet[User]:
        return queryset.with_role(self.value()) if self.value() in Role.values else queryset


@admin.register(User)
class PersonAdmin(BaseAdmin):
    form = PersonForm
    list_display = (
        "username",
        "name",
        "employee_no",
        "role_names",
        "caller_group",
        "phone",
        "is_active",
        "last_login",
    )
    list_filter = (RoleFilter, "caller_group", "is_active")
    search_fields = ("username", "name", "employee_no", "phone", "email")
    readonly_fields = ("caller_group", "is_active", "last_login", "date_joined")
    fields = ("username", "name", "employee_no", "phone", "email", "roles", *readonly_fields)
    actions = ("make_links", "unlock_people", "sign_out_people", "deactivate_people", "reactivate_people")

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        people: Any = super().get_queryset(request)
        return people.with_roles()

    @admin.display(description=gettext_lazy("角色"))
    def role_names(self, person: User) -> str:
        return role_names(person.group_roles())

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        try:
            address = address_of(request)
            set_roles(
                obj, form.cleaned_data["roles"], by=person_of(request), now=timezone.now(), address=address
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
        for grant in obj.role_grants.pending():
            messages.warning(
                request,
                _("%(name)s 的角色“%(role)s”等另一名系统管理员或科室负责人确认。")
                % {"name": obj, "role": grant.get_role_display()},
            )

    @admin.action(description=gettext_lazy("生成一次性链接(设置密码,72 小时内有效)"))
    def make_links(self, request: HttpRequest, queryset: QuerySet[User]) -> HttpResponse:
        site = request.build_absolute_uri("/").rstrip("/")
        links = issue_links(
            queryset, by=person_of(request), now=timezone.now(), address=address_of(request), site=site
        )
        context = {**self.admin_site.each_context(request), "links": links, "title": _("一次性链接")}
        response = TemplateResponse(request, "accounts/links.html", context)
        response["Cache-Control"] = "no-store"
        return response

    @admin.action(description=gettext_lazy("解除登录限制"))
    def unlock_people(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            unlock(person.username, by=person_of(request), now=timezone.now(), address=address_of(request))
        messages.success(request, _("已解除登录限制,可以马上再试。"))

    @admin.action(description=gettext_lazy("退出全部登录"))
    def sign_out_people(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            sign_out_everywhere(
                person, by=person_of(request), now=timezone.now(), address=address_of(request)
            )
        messages.success(request, _("已退出所选人员在所有设备上的登录。"))

    @admin.action(description=gettext_lazy("停用"))
    def deactivate_people(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            try:
                deactivate(person, by=person_of(request))
            except Refused as refusal:
                messages.error(request, str(refusal))

    @admin.action(description=gettext_lazy("恢复"))
    def reactivate_people(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        for person in queryset:
            reactivate(person, by=person_of(request))


@admin.register(Absence)
class AbsenceAdmin(BaseAdmin):
    """Read-only; absences are entered and ended on the duty roster's own page."""

    list_display = ("person", "first_on", "last_on", "reason", "entered_by", "entered_at")
    list_filter = ("person__caller_group", "first_on")
    search_fields = ("person__name", "person__username", "reason")
    list_select_related = ("person", "entered_by")
    date_hierarchy = "first_on"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Absence | None = None) -> bool:
        return False


@admin.register(AccessAttempt)
class LockOutAdmin(BaseAdmin):
    """Wrong passwords that delay the next attempt; deleting a row removes the delay."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time")
    search_fields = ("username", "ip_address")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AccessAttempt | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: AccessAttempt | None = None) -> bool:
        return self.has_view_permission(request, obj)

    def delete_model(self, request: HttpRequest, obj: AccessAttempt) -> None:
        self.delete_queryset(request, AccessAttempt.objects.filter(pk=obj.pk))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[AccessAttempt]) -> None:
        for name in set(queryset.values_list("username", flat=True)):
            unlock(name or "", by=person_of(request), now=timezone.now(), address=address_of(request))
