"""Forms of objections and decisions on them; they check shape only (domain §7.3)."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _


class ObjectionForm(forms.Form):
    reason = forms.CharField(
        label=_("申诉理由"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("每张工单只能申诉一次。"),
    )


class ObjectionDecisionForm(forms.Form):
    """No decision is preselected."""

    is_upheld = forms.TypedChoiceField(
        label=_("裁定"),
        choices=[("1", _("成立:这张工单不参与评价")), ("0", _("不成立:评价不变"))],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
    )
    words = forms.CharField(label=_("裁定意见"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))
