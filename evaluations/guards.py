"""What a settled month refuses, and the policy of an order (§8)."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from satisfaction.core.errors import Refused
from workorders.models import WorkOrder

from .models import EvaluationPolicy, Settlement


def policy_of(order: WorkOrder) -> EvaluationPolicy:
    assert order.closed_on is not None
    return EvaluationPolicy.objects.for_month(order.closed_on)


def policy_of_month(month: date) -> EvaluationPolicy:
    try:
        return EvaluationPolicy.objects.for_month(month)
    except EvaluationPolicy.DoesNotExist:
        raise Refused(
            _("%(month)s早于第一个评价方案,没有计分办法;请先建立该月的评价方案。")
            % {"month": f"{month:%Y-%m}"}
        ) from None


def is_settled(order: WorkOrder) -> bool:
    """Whether the order belongs to a settled month: saving is refused, so no form is offered (domain §8)."""
    return order.closed_on is not None and Settlement.objects.is_settled(order.closed_on)


def refuse_settled(order: WorkOrder) -> None:
    """A settled month changes nothing any more (§8)."""
    if is_settled(order):
        assert order.closed_on
        raise Refused(
            _("%(month)s已结算,%(number)s不能再改动;需要时请科室负责人先重开该月。")
            % {"month": f"{order.closed_on:%Y-%m}", "number": order.number}
        )
