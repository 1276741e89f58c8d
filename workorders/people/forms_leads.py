"""Forms of crew leads: one foreman at a time (domain §1)."""

from __future__ import annotations

from datetime import date
from itertools import combinations
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.forms.models import BaseInlineFormSet
from django.utils.translation import gettext as _

from workorders.enums import LeadKind
from workorders.models import CrewLead


class LeadFormSet(BaseInlineFormSet):
    """Checks all rows of a crew together, so a former foreman's term may end in the same save.

    The database constraint checks row by row.
    """

    def clean(self) -> None:
        super().clean()
        given = [form.cleaned_data for form in self.forms if getattr(form, "cleaned_data", None)]
        terms = [
            (row["from_on"], row.get("to_on") or date.max)
            for row in given
            if row.get("kind") == LeadKind.FOREMAN and row.get("from_on")
        ]
        if any(one[0] <= other[1] and other[0] <= one[1] for one, other in combinations(terms, 2)):
            raise ValidationError(_("一个工班同时只有一位工长:请给前任填写最后一天。"))


class LeadForm(forms.ModelForm):
    """A single row; the database constraint rejects two open-ended foremen."""

    class Meta:
        model = CrewLead
        fields = ("crew", "person", "kind", "from_on", "to_on")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and data["kind"] == LeadKind.FOREMAN and self.meets_another(data):
            raise ValidationError(_("一个工班同时只有一位工长:请给前任填写最后一天。"))
        return data

    def meets_another(self, data: dict[str, Any]) -> bool:
        """Whether the term overlaps another. Two open-ended terms are left to the database constraint."""
        until = data["to_on"]
        others = CrewLead.objects.not_over(data["from_on"]).filter(crew=data["crew"], kind=LeadKind.FOREMAN)
        others = others.filter(Q(from_on__lte=until) if until else ~Q(to_on=None))
        return others.exclude(pk=self.instance.pk).exists()
