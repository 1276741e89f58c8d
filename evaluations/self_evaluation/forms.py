"""Forms of the self-evaluation. They check shape only; no rating is preselected (domain §4.1)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from evaluations.enums import Factor, Rating
from satisfaction.core.form_errors import error_sentence

from .actions import ANSWER_FIELDS, SelfEvaluationAnswers

FACTORS = {
    "record_factor": _("记录完整"),
    "handling_factor": _("处理适当"),
    "efficiency_factor": _("作业效率"),
}


class SelfEvaluationForm(forms.Form):
    """Rating, three factors, comment; the rating dissatisfied requires an opinion."""

    rating = forms.ChoiceField(
        choices=Rating.choices, error_messages={"required": _("请选择满意、基本满意或不满意。")}
    )
    record_factor = forms.ChoiceField(choices=Factor.choices, required=False)
    handling_factor = forms.ChoiceField(choices=Factor.choices, required=False)
    efficiency_factor = forms.ChoiceField(choices=Factor.choices, required=False)
    comment = forms.CharField(label=_("工长评语"), max_length=2000, required=False)
    opinion = forms.CharField(label=_("整改意见"), max_length=2000, required=False)

    def clean(self) -> dict[str, Any]:
        known = super().clean() or {}
        if known.get("rating") == Rating.DISSATISFIED and not known.get("opinion"):
            self.add_error("opinion", _("评为不满意时请填写整改意见:班组内部怎样改。"))
        return known

    @property
    def answer(self) -> SelfEvaluationAnswers:
        known = {name: self.cleaned_data[name] for name in ANSWER_FIELDS}
        if known["rating"] != Rating.DISSATISFIED:
            known["opinion"] = ""
        return SelfEvaluationAnswers(**known)

    @property
    def factors(self) -> list[tuple[str, str, str]]:
        """Name, label and value of each factor, for the template."""
        return [(name, str(words), self[name].value() or "") for name, words in FACTORS.items()]

    @property
    def has_factors(self) -> bool:
        return any(value for _name, _words, value in self.factors)

    @property
    def opens_opinion(self) -> bool:
        return bool(self["opinion"].value()) or "opinion" in self.errors

    @property
    def sentence(self) -> str:
        """The errors of the form in one line."""
        return error_sentence(self)


class SelfEvaluationCorrectionForm(SelfEvaluationForm):
    """A correction, with its reason (domain §4)."""

    reason = forms.CharField(
        label=_("更正原因"), max_length=2000, error_messages={"required": _("更正自评请写明原因。")}
    )
