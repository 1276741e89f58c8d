"""Forms of meetings, minutes and decisions. They check shape only; the actions decide."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from improvement.enums import TRACKED, Decision
from improvement.models import AgendaItem, AnalysisMeeting
from improvement.projects.actions import MAY_BE_RESPONSIBLE
from improvement.projects.queries import may_take_revisits
from satisfaction.accounts.people import people_with
from satisfaction.core.access import EVALUATORS
from satisfaction.core.fields import SafeMultipleChoiceField
from satisfaction.core.form_fields import (
    MAX_TEXT_LENGTH,
    LocalDateTimeInput,
    include_selected,
    offer_choices,
    offer_rows,
    text_field,
    version_field,
)

from .decisions import Resolution, suggest_project_texts
from .rules import ALLOWED_DECISIONS


class MeetingForm(forms.Form):
    """Time and place; the month derives from the time."""

    version = version_field()
    planned_at = forms.DateTimeField(label=_("时间"), widget=LocalDateTimeInput())
    place = forms.CharField(label=_("地点"), max_length=100, required=False)

    @classmethod
    def of(cls, meeting: AnalysisMeeting, data: Any = None) -> MeetingForm:
        initial = {
            "version": meeting.version,
            "planned_at": meeting.planned_at,
            "place": meeting.place,
        }
        return cls(data, initial=initial)


class MinutesForm(forms.Form):
    """Attendees and minutes."""

    version = version_field()
    attendees = SafeMultipleChoiceField(
        people_with(EVALUATORS), label=_("参加人"), required=False, widget=forms.CheckboxSelectMultiple
    )
    other_attendees = forms.CharField(label=_("其他参加人"), max_length=300, required=False)
    minutes = text_field(_("纪要"), rows=8, required=False)

    @classmethod
    def of(cls, meeting: AnalysisMeeting, data: Any = None) -> MinutesForm:
        initial = {
            "version": meeting.version,
            "attendees": [person.pk for person in meeting.attendees.all()],
            "other_attendees": meeting.other_attendees,
            "minutes": meeting.minutes,
        }
        form = cls(data, initial=initial)
        # Attendees stay on the list, active or not.
        offer_rows(form, "attendees", include_selected(people_with(EVALUATORS), meeting.attendees))
        return form


class AgendaDecisionForm(forms.Form):
    """The decision on an item. No decision is preselected; the page asks for its details when it is chosen."""

    version = version_field()
    decision = forms.ChoiceField(label=_("决定"), widget=forms.RadioSelect(attrs={"class": "btn-check"}))
    project = forms.ModelChoiceField(may_take_revisits(), label=_("并入哪个改善项目"), required=False)
    problem = text_field(_("改善问题描述"), rows=2, required=False)
    measure = text_field(_("会议讨论确定整改措施"), rows=3, required=False)
    responsible = forms.ModelChoiceField(people_with(MAY_BE_RESPONSIBLE), label=_("负责人"), required=False)
    reason = text_field(_("理由或说明"), rows=3, required=False)

    def __init__(self, item: AgendaItem, data: Any = None) -> None:
        super().__init__(data, initial=self.initial_for(item))
        self.item = item
        labels = dict(Decision.choices)
        offer_choices(self, "decision", ((one.value, labels[one]) for one in ALLOWED_DECISIONS[item.kind]))
        wanted = set(ALLOWED_DECISIONS[item.kind])
        if not wanted & TRACKED:
            for name in ("project", "problem", "responsible"):
                del self.fields[name]
        if not wanted & {*TRACKED, Decision.ACCEPTED}:
            del self.fields["measure"]

    @staticmethod
    def initial_for(item: AgendaItem) -> dict[str, Any]:
        """Returns the recorded decision, else initial texts for a new project."""
        initial: dict[str, Any] = {"version": item.version, "decision": item.decision, "reason": item.reason}
        if item.decision in TRACKED and item.project is not None:
            return initial | {
                "project": item.project_id,
                "problem": item.project.problem,
                "measure": item.project.decided_measure,
                "responsible": item.project.responsible_id,
            }
        return initial | suggest_project_texts(item)

    def resolution(self) -> Resolution:
        """Returns the decision with its own fields only; prefilled texts of other decisions are ignored."""
        given = self.cleaned_data
        decision = given["decision"]
        found = {"decision": decision, "reason": given["reason"]}
        if decision == Decision.NEW_PROJECT:
            found |= {name: given[name] for name in ("problem", "measure", "responsible")}
        if decision == Decision.ADDED:
            found["project"] = given["project"]
        if decision == Decision.ACCEPTED:
            found["measure"] = given["measure"]
        return Resolution(**found)


class QuestionForm(forms.Form):
    """A question that returns a revisit to its crew."""

    question = forms.CharField(
        label=_("要工长补充或说明什么"), max_length=MAX_TEXT_LENGTH, widget=forms.Textarea(attrs={"rows": 2})
    )
