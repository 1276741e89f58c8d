"""Forms of projects, steps and filters. They check shape only; the actions decide."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from evaluations.models import ProblemType
from improvement.enums import ProjectSource, ProjectState
from improvement.models import ImprovementProject, ProjectStep
from satisfaction.accounts.models import User
from satisfaction.accounts.people import people_with
from satisfaction.core.fields import SafeMultipleChoiceField
from satisfaction.core.form_fields import (
    MAX_TEXT_LENGTH,
    DayInput,
    include_selected,
    offer_rows,
    text_field,
    token_field,
    version_field,
)
from satisfaction.core.sort_filter import SortFilter
from workorders.models import Crew

from .actions import MAY_BE_RESPONSIBLE, PLAN_COLUMNS, RELATIONS, ProjectPlan
from .queries import crews_in_use
from .steps import STEP_FIELDS, StepPlan


class ProjectForm(forms.Form):
    """The fields of the tracking table before a meeting decides."""

    version = version_field()
    token = token_field()
    problem = text_field(_("改善问题描述"))
    source = forms.ChoiceField(label=_("问题来源"), choices=[("", "—"), *ProjectSource.choices])
    source_text = forms.CharField(label=_("来源说明"), max_length=200, required=False)
    initial_measure = text_field(_("初步整改措施"), required=False)
    responsible = forms.ModelChoiceField(people_with(MAY_BE_RESPONSIBLE), label=_("负责人"))
    crews = SafeMultipleChoiceField(
        crews_in_use(),
        label=_("相关工班"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("不选表示全中心。"),
    )
    problem_types = SafeMultipleChoiceField(
        ProblemType.objects.filter(is_active=True),
        label=_("相关问题类型"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("不选表示所有的不满意评价。"),
    )
    effective_on = forms.DateField(
        label=_("生效日"),
        required=False,
        widget=DayInput(),
        help_text=_("不填:最后一个步骤完成的那一天。不早于立项日。"),
    )

    @classmethod
    def of(cls, project: ImprovementProject, data: Any = None) -> ProjectForm:
        initial: dict[str, Any] = {name: getattr(project, name) for name in ("version", *PLAN_COLUMNS)}
        for name in RELATIONS:
            initial[name] = [row.pk for row in getattr(project, name).all()]
        form = cls(data, initial=initial)
        # What is no longer in use stays on the list of a project that has it.
        types = ProblemType.objects.filter(is_active=True)
        offer_rows(form, "crews", include_selected(crews_in_use(), project.crews))
        offer_rows(form, "problem_types", include_selected(types, project.problem_types))
        return form

    def plan(self) -> ProjectPlan:
        given = self.cleaned_data
        columns: dict[str, Any] = {name: given[name] for name in PLAN_COLUMNS}
        many: dict[str, Any] = {name: frozenset(row.pk for row in given[name]) for name in RELATIONS}
        return ProjectPlan(**columns, **many)


class StepForm(forms.Form):
    """Content, person, crew and due day of a step."""

    version = version_field()
    token = token_field()
    what = text_field(_("工作内容"), rows=2)
    due_on = forms.DateField(label=_("期限"), widget=DayInput())
    who = forms.ModelChoiceField(
        User.objects.active().order_by("name", "username"), label=_("责任人"), required=False
    )
    crew = forms.ModelChoiceField(
        crews_in_use(), label=_("工班"), required=False, help_text=_("该工班的工长可以报告进展。")
    )

    @classmethod
    def of(cls, step: ProjectStep, data: Any = None) -> StepForm:
        initial = {name: getattr(step, name) for name in ("version", *STEP_FIELDS)}
        return cls(data, initial=initial)

    def plan(self) -> StepPlan:
        return StepPlan(**{name: self.cleaned_data[name] for name in STEP_FIELDS})


class ReportForm(forms.Form):
    """Progress of a step."""

    version = version_field()
    progress = text_field(_("进展"), rows=2, required=False)
    done_on = forms.DateField(
        label=_("完成日"),
        required=False,
        widget=DayInput(),
        help_text=_("不早于立项日,不晚于今天。是否按时,看完成日和首次报告完成的日期中较晚的一个。"),
    )

    def bound_days(self, *, first: date | None, last: date) -> None:
        """Limits the days the browser offers; the action decides."""
        offered = {"min": first and first.isoformat(), "max": last.isoformat()}
        self.fields["done_on"].widget.attrs |= {name: day for name, day in offered.items() if day}


class StatementForm(forms.Form):
    """The evaluation of an effect, or the reason of a cancellation."""

    version = version_field()
    words = forms.CharField(max_length=MAX_TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, label: Any, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["words"].label = label


class ProjectFilter(django_filters.FilterSet):
    """Filters of board, table and export, in the query string."""

    q = django_filters.CharFilter(label=_("内容"), method="search")
    state = django_filters.ChoiceFilter(label=_("状态"), choices=ProjectState.choices, empty_label=_("全部"))
    crew = django_filters.ModelChoiceFilter(
        label=_("工班"), queryset=Crew.objects.all(), method="of_crew", empty_label=_("全部")
    )
    source = django_filters.ChoiceFilter(
        label=_("问题来源"), choices=ProjectSource.choices, empty_label=_("全部")
    )
    overdue = django_filters.ChoiceFilter(
        label=_("步骤"), choices=[("1", _("有逾期步骤"))], method="with_overdue", empty_label=_("全部")
    )
    sort = SortFilter(
        label=_("排序"),
        fields=[
            ("created_at", "created"),
            ("state", "state"),
            ("next_due_on", "due"),
            ("responsible__name", "responsible"),
        ],
        field_labels={
            "created_at": _("提出时间"),
            "state": _("状态"),
            "next_due_on": _("下一期限"),
            "responsible__name": _("负责人"),
        },
        empty_label=_("提出时间(新的在前)"),
    )
    view = django_filters.ChoiceFilter(
        choices=[("table", "table"), ("board", "board")], method="untouched", widget=forms.HiddenInput
    )

    class Meta:
        model = ImprovementProject
        fields: list[str] = []

    def search(self, projects: QuerySet[Any], name: str, words: str) -> QuerySet[Any]:
        return projects.filter(
            Q(problem__icontains=words)
            | Q(initial_measure__icontains=words)
            | Q(decided_measure__icontains=words)
        )

    def of_crew(self, projects: QuerySet[Any], name: str, crew: Crew) -> QuerySet[Any]:
        """Filters by a subquery: a join would count the steps twice."""
        through = ImprovementProject.crews.through.objects.filter(improvementproject=OuterRef("pk"))
        return projects.filter(Exists(through.filter(crew=crew)) | ~Exists(through))

    def with_overdue(self, projects: QuerySet[Any], name: str, chosen: str) -> QuerySet[Any]:
        return projects.filter(overdue_count__gt=0)

    def untouched(self, projects: QuerySet[Any], name: str, chosen: str) -> QuerySet[Any]:
        return projects
