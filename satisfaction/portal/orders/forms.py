"""Filtering orders and linking repeats."""

from __future__ import annotations

from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from satisfaction.core.sort_filter import SortFilter
from workorders.models import Crew, WorkOrder

from .queries import with_complete_evaluation, with_unfinished_evaluation

PROGRESS = [("complete", _("评价完成")), ("unfinished", _("评价未完成"))]
SCOPES = [("in", _("参评")), ("out", _("不参评")), ("incomplete", _("资料不全"))]


class OrderFilter(django_filters.FilterSet):
    """Filters and sorting of the order list; their values are in the address.

    There is no filter or order by rating, since it would reveal what domain §4 hides. "Evaluation complete"
    reveals nothing: by then the crew may see both ratings.
    """

    q = django_filters.CharFilter(label=_("工单号、报修人、内容"), method="search")
    closed_from = django_filters.DateFilter(
        label=_("关闭自"), field_name="closed_on", lookup_expr="gte", widget=forms.DateInput({"type": "date"})
    )
    closed_to = django_filters.DateFilter(
        label=_("关闭至"), field_name="closed_on", lookup_expr="lte", widget=forms.DateInput({"type": "date"})
    )
    crew = django_filters.ModelChoiceFilter(
        label=_("工班"), queryset=Crew.objects.all(), empty_label=_("全部")
    )
    technician = django_filters.CharFilter(
        label=_("工号"), field_name="technician__employee_no", lookup_expr="iexact"
    )
    scope = django_filters.ChoiceFilter(
        label=_("评价范围"), choices=SCOPES, method="by_scope", empty_label=_("全部")
    )
    evaluation = django_filters.ChoiceFilter(
        label=_("评价进度"), choices=PROGRESS, method="by_progress", empty_label=_("全部")
    )
    sort = SortFilter(
        label=_("排序"),
        fields=[
            ("closed_at", "closed"),
            ("number", "number"),
            ("crew__name", "crew"),
            ("technician__employee_no", "technician"),
        ],
        field_labels={
            "closed_at": _("关闭时间"),
            "number": _("工单号"),
            "crew__name": _("工班"),
            "technician__employee_no": _("工号"),
        },
        empty_label=_("关闭时间(新的在前)"),
    )

    class Meta:
        model = WorkOrder
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[WorkOrder]) -> QuerySet[WorkOrder]:
        """Adds the number to the sort order, so that no order is on two pages."""
        orders = super().filter_queryset(queryset)
        return orders.order_by(*(orders.query.order_by or ["-closed_at"]), "-number")

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

    def by_progress(self, orders: Any, name: str, progress: str) -> QuerySet[WorkOrder]:
        return (
            with_complete_evaluation(orders) if progress == "complete" else with_unfinished_evaluation(orders)
        )


class OrderLinkForm(forms.Form):
    """Marks an order as repeat or duplicate of another, or unlinks it."""

    action = forms.ChoiceField(
        choices=[("repeat", _("二次报修")), ("duplicate", _("重复登记")), ("unlink", _("解除关联"))]
    )
    number = forms.CharField(label=_("原工单号"), max_length=64, required=False)
    reason = forms.CharField(label=_("原因"), max_length=200, required=False)
