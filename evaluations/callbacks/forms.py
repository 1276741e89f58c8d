"""Forms of the call desk. They validate format only and preselect nothing (domain §6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from evaluations.enums import CallbackState, Manner, Outcome, Rating, Repaired, Response, Uncivil
from evaluations.models import ProblemType
from satisfaction.accounts.models import User
from satisfaction.core.fields import SafeMultipleChoiceField
from satisfaction.core.form_errors import error_sentence
from satisfaction.core.form_fields import offer_rows
from satisfaction.core.params import int_param

from .answers import Answers
from .attempts import Attempt
from .rules import Contradiction, Later

AT, OTHER = "at", "other"
SKIPS = [
    ("先核实工单情况", _("先核实工单情况")),
    ("现在不便拨打", _("现在不便拨打")),
    (OTHER, _("其它原因")),
]
LATER = [
    (Later.HOUR.value, _("1 小时后")),
    (Later.AFTERNOON.value, _("今天下午")),
    (Later.MORNING.value, _("明天上午")),
    (AT, _("约定时间")),
]


def asked(choices: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Returns the choices that have a key; *not asked* has none."""
    return [choice for choice in choices if choice[0] != Response.NOT_ASKED]


class AnswersForm(forms.Form):
    """The script's questions; an unanswered question is *not asked*."""

    response = forms.ChoiceField(choices=Response.choices, required=False)
    manner = forms.ChoiceField(choices=Manner.choices, required=False)
    uncivil = forms.ChoiceField(choices=Uncivil.choices, required=False)
    repaired = forms.ChoiceField(choices=Repaired.choices, required=False)
    rating = forms.ChoiceField(choices=Rating.choices, required=False)
    words = forms.CharField(label=_("意见和建议"), max_length=2000, required=False)
    gave_no_reason = forms.BooleanField(label=_("未说明原因"), required=False)
    problem_types = SafeMultipleChoiceField(ProblemType.objects.none(), required=False)
    other_problem = forms.CharField(label=_("其它问题"), max_length=200, required=False)
    confirmed = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, kept: Iterable[int] = (), **kwargs: Any) -> None:
        """`kept`: ids of retired problem types that this callback already has."""
        super().__init__(*args, **kwargs)
        in_use = ProblemType.objects.filter(is_active=True) | ProblemType.objects.filter(pk__in=list(kept))
        offer_rows(self, "problem_types", in_use)

    @property
    def answers(self) -> Answers:
        data = self.cleaned_data
        return Answers(
            rating=data["rating"],
            response=data["response"] or Response.NOT_ASKED,
            manner=data["manner"] or Manner.NOT_ASKED,
            uncivil=data["uncivil"] or Uncivil.NOT_ASKED,
            repaired=data["repaired"] or Repaired.NOT_ASKED,
            words=data["words"],
            gave_no_reason=data["gave_no_reason"],
            problem_types=frozenset(one.pk for one in data["problem_types"]),
            other_problem=data["other_problem"],
        )

    @property
    def contradictions(self) -> frozenset[Contradiction]:
        """The contradictions that the caller has confirmed."""
        known = {one.value: one for one in Contradiction}
        return frozenset(known[word] for word in self.cleaned_data["confirmed"].split() if word in known)

    @property
    def sentence(self) -> str:
        """The validation errors in one line."""
        return error_sentence(self)

    @property
    def chosen(self) -> dict[str, Any]:
        """Field → current value, for the answer keys."""
        names = ("response", "manner", "uncivil", "repaired", "rating")
        return {name: self[name].value() or "" for name in names}

    @property
    def chosen_types(self) -> set[str]:
        return {str(value) for value in self["problem_types"].value() or ()}


def answers_initial(answers: Answers) -> dict[str, Any]:
    """Returns the initial form data for these answers; problem types by id."""
    names = (
        "rating",
        "response",
        "manner",
        "uncivil",
        "repaired",
        "words",
        "gave_no_reason",
        "other_problem",
    )
    return {name: getattr(answers, name) for name in names} | {"problem_types": sorted(answers.problem_types)}


class CallForm(AnswersForm):
    """The form of the call screen: the pressed button sets the outcome, `later` the time to call again."""

    outcome = forms.ChoiceField(choices=Outcome.choices, required=False)
    later = forms.ChoiceField(choices=LATER, required=False)
    later_at = forms.DateTimeField(label=_("约定时间"), required=False)
    note = forms.CharField(label=_("备注"), max_length=200, required=False)
    gives_up = forms.BooleanField(required=False)
    is_anybodys = forms.BooleanField(label=_("组内任何人可接"), required=False)
    skip = forms.ChoiceField(choices=SKIPS, required=False)
    skip_reason = forms.CharField(label=_("跳过原因"), max_length=200, required=False)
    token = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def attempt(self, later_times: dict[Later, datetime]) -> Attempt:
        """`later_times`: the times on offer when the form was submitted."""
        data = self.cleaned_data
        later = data["later"]
        return Attempt(
            outcome=data["outcome"] or self.outcome_of_button,
            answers=self.answers,
            call_again_at=data["later_at"] if later in ("", AT) else later_times.get(Later(later)),
            note=data["note"],
            token=data["token"],
            confirmed=self.contradictions,
            gives_up=data["gives_up"],
            is_anybodys=data["is_anybodys"],
        )

    @property
    def reason_to_skip(self) -> str:
        """The reason for skipping; empty when the call is not skipped."""
        chosen = self.cleaned_data["skip"]
        if chosen == OTHER:
            return self.cleaned_data["skip_reason"] or str(dict(SKIPS)[OTHER])
        return chosen

    @property
    def outcome_of_button(self) -> Outcome:
        """The outcome implied by the button: giving up, a time to call again, or reached."""
        if self.cleaned_data["gives_up"]:
            return Outcome.NO_ANSWER
        return Outcome.CALL_LATER if self.cleaned_data["later"] else Outcome.REACHED

    @staticmethod
    def fresh() -> CallForm:
        """Returns an empty form with a new token."""
        return CallForm(initial={"token": uuid4()})

    @staticmethod
    def restored(values: Mapping[str, list[str]]) -> CallForm:
        """Returns the form filled from a draft, with a new token."""
        data = QueryDict(mutable=True)
        for name, texts in values.items():
            data.setlist(name, texts)
        data["token"] = str(uuid4())
        return CallForm(data)


def further_form(data: Any, pk: int) -> AnswersForm:
    """Returns the form for another order of the reporter; its fields have a prefix."""
    return AnswersForm(data, prefix=f"o{pk}")


def further_ids(data: QueryDict) -> list[int]:
    """Returns the ids of the further callbacks on the submitted page (at most 50)."""
    found = map(int_param, data.getlist("with")[:50])
    return [pk for pk in found if pk is not None]


ENDS = [
    (CallbackState.RATED.value, CallbackState.RATED.label),
    (CallbackState.REFUSED.value, CallbackState.REFUSED.label),
    (CallbackState.UNREACHABLE.value, CallbackState.UNREACHABLE.label),
]


class CallCorrectionForm(AnswersForm):
    """The corrected result and the reason for the correction (domain §6)."""

    state = forms.ChoiceField(label=_("结果"), choices=ENDS)
    reason = forms.CharField(
        label=_("更正原因"), max_length=2000, error_messages={"required": _("更正回访结果须写明原因。")}
    )


class ReasonForm(forms.Form):
    reason = forms.CharField(label=_("原因"), max_length=200, widget=forms.Textarea(attrs={"rows": 2}))


class PublishForm(forms.Form):
    """A reason is required only when publishing postpones callbacks; the action checks it."""

    day = forms.DateField()
    reason = forms.CharField(label=_("顺延原因"), max_length=200, required=False)


class NumberForm(forms.Form):
    refusal_field = "phone"
    phone = forms.CharField(
        label=_("正确的电话号码"),
        max_length=64,
        widget=forms.TextInput(attrs={"type": "tel", "autofocus": True}),
    )
    reason = forms.CharField(
        label=_("更正原因"), max_length=200, error_messages={"required": _("更正电话号码须写明原因。")}
    )


class ReassignForm(forms.Form):
    """Reassigns one callback to a permitted person (`takers`: user ids)."""

    to = forms.ModelChoiceField(User.objects.none(), label=_("改派给"))
    reason = forms.CharField(label=_("原因"), max_length=200)

    def __init__(self, *args: Any, takers: Iterable[int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.filter(pk__in=list(takers)).order_by("name")
        offer_rows(self, "to", people)


class ReassignAllForm(forms.Form):
    """Reassigns all open callbacks of one caller."""

    caller = forms.ModelChoiceField(User.objects.exclude(caller_group=""))
    reason = forms.CharField(label=_("原因"), max_length=200)


class DoNotCallForm(forms.Form):
    phone = forms.CharField(label=_("报修人电话"), max_length=64)
    name = forms.CharField(label=_("报修人"), max_length=100, required=False)
    reason = forms.CharField(label=_("原因"), max_length=500)
    until_on = forms.DateField(label=_("至"), widget=forms.DateInput(attrs={"type": "date"}))
