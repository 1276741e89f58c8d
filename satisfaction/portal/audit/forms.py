"""The filter form of the audit trail; its values are in the address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from satisfaction.audit.enums import AuditKind

from .pages import SOURCES


def kind_choices() -> list[tuple[str, Any]]:
    """Returns all sources of the trail and all kinds of events."""
    sources = [(source.key, source.label) for source in SOURCES if source.key != "event"]
    events = [(f"event:{kind.value}", kind.label) for kind in AuditKind]
    return [("", _("全部")), *sources, *events]


class TrailForm(forms.Form):
    kind = forms.ChoiceField(label=_("操作"), choices=kind_choices, required=False)
    person = forms.CharField(label=_("人员(姓名或用户名)"), max_length=64, required=False)
    about = forms.CharField(label=_("对象(工单号、姓名等)"), max_length=64, required=False)
    first = forms.DateField(label=_("自"), required=False, widget=forms.DateInput({"type": "date"}))
    last = forms.DateField(label=_("至"), required=False, widget=forms.DateInput({"type": "date"}))
