"""Crews and technicians as an admin writes them down: none twice, however it is spelt."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from ..models import Crew, Technician
from ..spelling import same_word


class CrewForm(forms.ModelForm):
    class Meta:
        model = Crew
        fields = ("name", "is_active")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        refuse_spelt_alike(Crew.objects.exclude(pk=self.instance.pk), "name", name)
        return name


class TechnicianForm(forms.ModelForm):
    """A number is kept without spaces and in half width, as a workbook is searched for it."""

    class Meta:
        model = Technician
        fields = ("employee_no", "name", "crew", "user", "is_active")

    def clean_employee_no(self) -> str:
        given: str = self.cleaned_data["employee_no"]
        if given == self.instance.employee_no:
            return given
        number = "".join(unicodedata.normalize("NFKC", given).split())
        refuse_spelt_alike(Technician.objects.exclude(pk=self.instance.pk), "employee_no", number)
        return number


def refuse_spelt_alike(others: QuerySet[Any, Any], field: str, name: str) -> None:
    known: list[Model] = [row for row in others if same_word(getattr(row, field)) == same_word(name)]
    if known:
        raise forms.ValidationError(
            _("已有“%(known)s”,只是写法不同(空格、全角半角、大小写)。") % {"known": known[0]}
            if getattr(known[0], field) != name
            else _("已有“%(known)s”。") % {"known": known[0]}
        )
