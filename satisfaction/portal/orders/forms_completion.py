"""The form for the missing fields of one order, a row of the page of incomplete orders (domain §3.5)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from satisfaction.core.errors import Refused
from satisfaction.core.form_fields import offer_rows
from workorders.enums import Channel, Kind
from workorders.intake.complete import Completion, checked_phone
from workorders.models import Crew, Technician, WorkOrder
from workorders.phones import masked
from workorders.spelling import spelt

KINDS = [(kind.value, kind.label) for kind in Kind if kind != Kind.DUPLICATE]
"""Without duplicates: only leads and heads mark them, with a reason."""


class CompletionForm(forms.Form):
    """Has the missing fields only, and none unless `is_open`; an empty one stays missing.

    `undialable`: the text of the workbook that is no phone number, in full for dispatch only (domain §12.5).
    """

    crew = forms.ModelChoiceField(
        label=gettext_lazy("工班"), queryset=Crew.objects.filter(is_active=True), required=False
    )
    employee_no = forms.CharField(label=gettext_lazy("维修人工号"), max_length=32, required=False)
    phone = forms.CharField(label=gettext_lazy("报修人电话"), max_length=40, required=False)
    kind = forms.ChoiceField(label=gettext_lazy("工单类型"), choices=[("", "—"), *KINDS], required=False)
    channel = forms.ChoiceField(
        label=gettext_lazy("登记渠道"), choices=[("", "—"), *Channel.choices], required=False
    )

    FIELD_OF = {"technician": "employee_no"}

    def __init__(
        self, data: Any = None, *, order: WorkOrder, crews: QuerySet[Crew] | None, is_open: bool
    ) -> None:
        super().__init__(data, prefix=f"o{order.pk}")
        self.order = order
        self.undialable = order.undialable_phone if crews is None else masked(order.undialable_phone)
        wanted = {self.FIELD_OF.get(what, what) for what in order.missing} if is_open else set()
        for name in list(self.fields):
            if name not in wanted:
                del self.fields[name]
        if crews is not None and "crew" in self.fields:
            offer_rows(self, "crew", crews)

    def clean_employee_no(self) -> Technician | None:
        number = self.cleaned_data["employee_no"].strip()
        if not number:
            return None
        technician = spelt(Technician.objects.all(), "employee_no", number)
        if technician is None:
            raise forms.ValidationError(_("没有工号为“%(number)s”的维修人。") % {"number": number})
        return technician

    def clean_phone(self) -> str:
        phone: str = self.cleaned_data["phone"]
        try:
            return checked_phone(phone) if phone else ""
        except Refused as refusal:
            raise forms.ValidationError(str(refusal)) from None

    def completion(self) -> Completion:
        known = self.cleaned_data
        return Completion(
            order=self.order.pk,
            crew=known.get("crew"),
            technician=known.get("employee_no"),
            phone=known.get("phone", ""),
            kind=known.get("kind", ""),
            channel=known.get("channel", ""),
        )
