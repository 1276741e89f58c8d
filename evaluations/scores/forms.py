"""Forms to reopen a month, name a winner and record the committee's decision. The actions decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluations.enums import BonusState
from satisfaction.core.form_fields import offer_choices


class ReopenForm(forms.Form):
    """Contains the id of the settlement shown: another head may have settled again meanwhile."""

    settlement = forms.IntegerField(required=False, widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("重开原因"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("留在记录中,不能更改。"),
    )


class NamingForm(forms.Form):
    """Choice among the shared first places; nobody is preselected."""

    winner = forms.TypedChoiceField(label=_("从并列第一名中指定"), coerce=int, widget=forms.RadioSelect)
    reason = forms.CharField(label=_("理由"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, rows: list[dict[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_choices(self, "winner", ((row["id"], self.words(row)) for row in rows))

    @staticmethod
    def words(row: dict[str, Any]) -> str:
        return " · ".join(filter(None, (row["name"], row.get("employee_no"), row.get("crew"))))


class BonusDecisionForm(forms.Form):
    state = forms.ChoiceField(
        label=_("绩效委员会的决定"),
        choices=[(state.value, state.label) for state in (BonusState.CREDITED, BonusState.DECLINED)],
        widget=forms.RadioSelect,
    )
    decided_on = forms.DateField(
        label=_("日期"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    reference = forms.CharField(label=_("文号"), max_length=100)
