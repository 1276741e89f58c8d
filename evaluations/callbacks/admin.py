"""Admin pages: calls, attempts and exclusions read-only; script, types and policy editable (domain §12)."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from evaluations.models import (
    Callback,
    CallbackAttempt,
    CallReassignment,
    CallScript,
    DoNotCall,
    EvaluationPolicy,
    ProblemType,
    TakenOut,
)
from evaluations.policies import guard_policy, save_policy
from evaluations.visibility import callbacks_visible_to
from satisfaction.audit.base_admin import BaseAdmin, ReadOnlyAdmin, record_setting
from satisfaction.core.errors import Refused
from satisfaction.core.history import set_change_author
from satisfaction.core.requests import person_of
from workorders.phones import masked

from .scripts import TEXTS, new_version


@admin.register(Callback)
class CallbackAdmin(ReadOnlyAdmin):
    list_display = ("order", "state", "group", "caller", "calling_on", "rating", "ended_at", "published_at")
    list_filter = ("state", "group", "rating", "source", "has_wrong_number", "is_contradictory")
    search_fields = ("order__number",)
    list_select_related = ("order", "caller")
    date_hierarchy = "calling_on"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: Any = super().get_queryset(request)
        return callbacks_visible_to(person_of(request), now=timezone.now(), among=rows)


class OfVisibleCallbacks(ReadOnlyAdmin):
    """Records of a callback are readable by the people who may read the callback (domain §4)."""

    list_select_related: ClassVar[tuple[str, ...]] = ("callback__order", "by")
    search_fields = ("callback__order__number",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        visible = callbacks_visible_to(person_of(request), now=timezone.now())
        return super().get_queryset(request).filter(callback__in=visible.values("pk"))


@admin.register(CallbackAttempt)
class CallbackAttemptAdmin(OfVisibleCallbacks):
    list_display = ("callback", "by", "started_at", "ended_at", "outcome", "is_same_call")
    list_filter = ("outcome", "is_same_call")
    exclude = ("phone",)
    readonly_fields = ("dialled",)

    @admin.display(description=_("所拨号码"))
    def dialled(self, attempt: CallbackAttempt) -> str:
        return masked(attempt.phone)


@admin.register(CallReassignment)
class CallReassignmentAdmin(OfVisibleCallbacks):
    list_display = ("callback", "from_caller", "to_caller", "reason", "by", "at")
    list_select_related = ("callback__order", "from_caller", "to_caller", "by")


@admin.register(TakenOut)
class TakenOutAdmin(ReadOnlyAdmin):
    list_display = ("order", "reason", "by", "at", "is_by_stand_in")
    search_fields = ("order__number",)
    list_select_related = ("order", "by")


@admin.register(DoNotCall)
class DoNotCallAdmin(ReadOnlyAdmin):
    """Read only: heads maintain the list elsewhere. Numbers are masked here."""

    list_display = ("number", "name", "reason", "until_on", "by", "at", "ended_at")
    search_fields = ("phone", "phone_key", "name")
    list_select_related = ("by",)
    exclude = ("phone", "phone_key")
    readonly_fields = ("number",)

    @admin.display(description=_("电话号码"))
    def number(self, entry: DoNotCall) -> str:
        return masked(entry.phone)


@admin.register(CallScript)
class CallScriptAdmin(BaseAdmin):
    """Saving creates a new version; existing callbacks keep the version they were called with."""

    list_display = ("__str__", "created_at", "greeting_zh")
    fields = TEXTS

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        latest = CallScript.objects.first()
        return {name: getattr(latest, name) for name in TEXTS} if latest else {}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        latest = CallScript.objects.first()
        saved = new_version({name: getattr(obj, name) for name in TEXTS})
        obj.pk, obj.version, obj.created_at = saved.pk, saved.version, saved.created_at
        before = {name: getattr(latest, name) if latest else "" for name in TEXTS}
        changes = {n: [before[n], getattr(saved, n)] for n in TEXTS if before[n] != getattr(saved, n)}
        if changes:
            record_setting(request, saved, changes)


@admin.register(ProblemType)
class ProblemTypeAdmin(BaseAdmin):
    """The code appears on printed forms and cannot be changed once created."""

    list_display = ("code", "name_zh", "name_en", "needs_text", "is_active")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("code",) if obj else ()


class PolicyForm(forms.ModelForm):
    """Rejects changes that contradict a settled month or an existing rating."""

    class Meta:
        model = EvaluationPolicy
        fields = [field.name for field in EvaluationPolicy._meta.fields if field.name != "id"]
        help_texts = {"begins_on": _("当月一日;不能落在已结算的月份。")}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors:
            for name, value in data.items():
                setattr(self.instance, name, value)
            try:
                guard_policy(self.instance)
            except Refused as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return data


@admin.register(EvaluationPolicy)
class EvaluationPolicyAdmin(BaseAdmin):
    """Each month has exactly one policy; a new one begins on the first day of an unsettled month."""

    form = PolicyForm
    list_display = ("begins_on", "manager_share", "volume_weight", "crew_formula", "note")

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return ("begins_on",) if obj else ()

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new policy is prefilled with the values of the latest one."""
        latest = EvaluationPolicy.objects.first()
        skipped = {"id", "begins_on", "note"}
        names = [field.name for field in EvaluationPolicy._meta.fields if field.name not in skipped]
        return {name: getattr(latest, name) for name in names} if latest else {}

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        set_change_author(obj, by=request.user)
        save_policy(obj, now=timezone.now())
