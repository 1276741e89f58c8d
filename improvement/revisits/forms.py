"""Forms of revisits. They check shape only; no rating is preselected."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from evaluations.enums import Rating
from evaluations.models import ProblemType
from satisfaction.core.errors import Refused
from satisfaction.core.fields import SafeMultipleChoiceField
from satisfaction.core.form_fields import offer_rows
from workorders.models import Crew

from .actions import TEXT_FIELDS, RevisitAnswers
from .photos import max_photos, read_picture

# Text too long for the printed page is cut there, see `paper_layout.fit_texts`.
MAX_LENGTH = 2000
ACCEPTED_PICTURES = "image/jpeg,image/png,image/webp"


def text_area(label: Any, rows: int, **more: Any) -> forms.CharField:
    widget = forms.Textarea(attrs={"rows": rows, "class": "form-control"})
    return forms.CharField(label=label, max_length=MAX_LENGTH, required=False, widget=widget, **more)


class VisitTimeInput(forms.DateTimeInput):
    """The browser's date and time picker."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M", attrs={"class": "form-control"})


class PicturesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class PicturesField(forms.FileField):
    """Several files, each checked by its content."""

    widget = PicturesInput(attrs={"accept": ACCEPTED_PICTURES, "class": "form-control"})

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = [file for file in (data or []) if file]
        if len(files) > max_photos():
            raise forms.ValidationError(_("一次最多上传 %(n)d 张照片。") % {"n": max_photos()})
        try:
            return [read_picture(file) for file in files]
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from None


class RevisitForm(forms.Form):
    """`version`: version of the stored form when the page was made; 0 without a stored form."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    visited_at = forms.DateTimeField(label=_("回访时间"), required=False, widget=VisitTimeInput())
    words = text_area(_("报修人不满意问题和建议统计"), 4)
    problem_types = SafeMultipleChoiceField(
        label=_("不满意问题类型"),
        queryset=ProblemType.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    other_problem = forms.CharField(
        label=_("其它问题"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"class": "form-control"}),
    )
    findings = text_area(_("工长回访情况统计"), 6, help_text=_("当面了解到的情况:薄弱环节在哪里"))
    measure = text_area(_("工长整改措施和建议"), 6, help_text=_("班组准备怎样改,对流程有什么建议"))
    second_rating = forms.ChoiceField(
        label=_("回访后评价"), choices=[("", _("未问")), *Rating.choices], required=False
    )
    reply = text_area(_("答复"), 4)
    photos = PicturesField(label=_("签字表照片"), required=False)

    def __init__(self, *args: Any, selected: frozenset[int] = frozenset(), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        types = ProblemType.objects.filter(Q(is_active=True) | Q(pk__in=selected)).order_by("code")
        offer_rows(self, "problem_types", types)

    @property
    def answer(self) -> RevisitAnswers:
        known = self.cleaned_data
        return RevisitAnswers(
            visited_at=known["visited_at"],
            problem_types=frozenset(one.pk for one in known["problem_types"]),
            **{name: known[name].replace("\r\n", "\n") for name in TEXT_FIELDS},
        )

    @staticmethod
    def initial_of(answer: RevisitAnswers, version: int) -> dict[str, Any]:
        texts = {name: getattr(answer, name) for name in TEXT_FIELDS}
        return {
            "version": version,
            "visited_at": answer.visited_at,
            "problem_types": list(answer.problem_types),
            **texts,
        }


class ReturnForm(forms.Form):
    """A head's question that returns the form to the crew."""

    question = forms.CharField(
        label=_("要工长补充或说明什么"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
    )


class RevisitFilter(forms.Form):
    """Filter of the list, in the query string."""

    month = forms.DateField(
        label=_("工单月份"),
        required=False,
        input_formats=["%Y-%m"],
        widget=forms.DateInput(format="%Y-%m", attrs={"type": "month"}),
    )
    crew = forms.ModelChoiceField(
        label=_("工班"), queryset=Crew.objects.none(), required=False, empty_label=_("全部")
    )

    def __init__(self, *args: Any, crews: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer_rows(self, "crew", crews)
