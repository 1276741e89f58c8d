"""Finding orders, completing them, linking repeats."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from workorders.enums import Channel, Kind
from workorders.models import Crew, Technician, WorkOrder

SCOPES = [("in", _("参评")), ("out", _("不参评")), ("incomplete", _("资料不全"))]


class OrderFilter(django_filters.FilterSet):
    """Filters of the order list; they live in the address."""

    q = django_filters.CharFilter(label=_("工单号、报修人、内容"), method="search")
    closed_from = django_filters.DateFilter(
        label=_("关闭自"), field_name="closed_on", lookup_expr="gte", widget=forms.DateInput({"type": "date"})
    )
    closed_to = django_filters.DateFilter(
        label=_("关闭至"), field_name="closed_on", lookup_expr="lte", widget=forms.DateInput({"type": "date"})
    )
    crew = django_filters.ModelChoiceFilter(label=_("工班"), queryset=Crew.objects.all())
    technician = django_filters.CharFilter(
        label=_("工号"), field_name="technician__employee_no", lookup_expr="iexact"
    )
    scope = django_filters.ChoiceFilter(label=_("评价范围"), choices=SCOPES, method="by_scope")

    class Meta:
        model = WorkOrder
        fields: list[str] = []

    def search(self, orders: QuerySet[WorkOrder], name: str, text: str) -> QuerySet[WorkOrder]:
        text = text.strip()
        return orders.filter(
            Q(number__icontains=text)
            | Q(reporter_name__icontains=text)
            | Q(reporter_location__icontains=text)
            | Q(equipment__icontains=text)
            | Q(fault__icontains=text)
        )

    def by_scope(self, orders: Any, name: str, scope: str) -> QuerySet[WorkOrder]:
        if scope == "incomplete":
            return orders.incomplete()
        in_scope = WorkOrder.objects.in_scope()
        return orders.filter(pk__in=in_scope) if scope == "in" else orders.exclude(pk__in=in_scope)


class CompletionForm(forms.Form):
    """What is missing of one order; only missing fields are offered, empty ones stay missing."""

    crew = forms.ModelChoiceField(
        label=_("工班"), queryset=Crew.objects.filter(is_active=True), required=False
    )
    employee_no = forms.CharField(label=_("维修人工号"), max_length=32, required=False)
    phone = forms.CharField(label=_("报修人电话"), max_length=64, required=False)
    kind = forms.ChoiceField(label=_("工单类型"), choices=[("", "—"), *Kind.choices], required=False)
    channel = forms.ChoiceField(label=_("登记渠道"), choices=[("", "—"), *Channel.choices], required=False)

    FIELD_OF = {"technician": "employee_no"}

    def __init__(self, *args: Any, order: WorkOrder, crews: Any = None, **kwargs: Any) -> None:
        super().__init__(*args, prefix=f"o{order.pk}", **kwargs)
        self.order = order
        wanted = {self.FIELD_OF.get(what, what) for what in order.missing}
        for name in list(self.fields):
            if name not in wanted:
                del self.fields[name]
        if crews is not None and "crew" in self.fields:
            self.fields["crew"].queryset = crews  # type: ignore[attr-defined]

    def clean_employee_no(self) -> Technician | None:
        number = self.cleaned_data["employee_no"].strip()
        if not number:
            return None
        technician = Technician.objects.filter(employee_no__iexact=number).first()
        if technician is None:
            raise forms.ValidationError(_("没有工号为“%(number)s”的维修人。") % {"number": number})
        return technician


class LinkForm(forms.Form):
    """Repeat of, duplicate of, or neither."""

    action = forms.ChoiceField(
        choices=[("repeat", _("二次报修")), ("duplicate", _("重复登记")), ("unlink", _("解除关联"))]
    )
    number = forms.CharField(label=_("原工单号"), max_length=64, required=False)
    reason = forms.CharField(label=_("原因"), max_length=200, required=False)
