"""Admin forms of crews and technicians; names and numbers are unique in any spelling."""

from __future__ import annotations

import unicodedata
from typing import Any

from django import forms
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from satisfaction.accounts.admin import PersonForm
from workorders.models import Crew, Technician
from workorders.spelling import same_word

from .employee_numbers import account_numbered, obstacle_to_number, own_technician, told_taken


class CrewForm(forms.ModelForm):
    class Meta:
        model = Crew
        fields = ("name", "is_active")

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        refuse_spelt_alike(Crew.objects.exclude(pk=self.instance.pk), "name", name)
        return name


class TechnicianForm(forms.ModelForm):
    """Stores the number without spaces and in half width, the form used to search workbooks."""

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

    def clean(self) -> dict[str, Any]:
        """If no account is chosen, uses the account with this number if the names agree (domain §5.6)."""
        data = super().clean() or {}
        number, chosen = data.get("employee_no"), data.get("user")
        if not number or (self.instance.user_id and chosen is None):
            return data
        account = account_numbered(number)
        if account and chosen is None and same_word(account.name) == same_word(data.get("name", "")):
            data["user"] = chosen = account
        if account and account != chosen:
            self.add_error("employee_no", told_taken(account.employee_no, account.name))
        elif chosen and chosen.employee_no and same_word(chosen.employee_no) not in self._own_numbers(number):
            self.add_error("user", told_taken(chosen.employee_no, chosen.name))
        return data

    def _own_numbers(self, number: str) -> set[str]:
        return {same_word(number), same_word(self.initial.get("employee_no") or "")}


class NumberedPersonForm(PersonForm):
    """A person with an employee number that nobody else has (domain §5.6)."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        number, own = data.get("employee_no", ""), own_technician(self.instance)
        if not number and own:
            data["employee_no"] = own.employee_no
            return data
        self.instance.name = data.get("name", self.instance.name)
        if number and (why := obstacle_to_number(self.instance, number)):
            self.add_error("employee_no", why)
        return data


def refuse_spelt_alike(others: QuerySet[Any, Any], field: str, name: str) -> None:
    known: list[Model] = [row for row in others if same_word(getattr(row, field)) == same_word(name)]
    if known:
        raise forms.ValidationError(
            _("已有“%(known)s”,只是写法不同(空格、全角半角、大小写)。") % {"known": known[0]}
            if getattr(known[0], field) != name
            else _("已有“%(known)s”。") % {"known": known[0]}
        )
