"""Guards of settled months, and the policy of an order or a month (domain §8)."""

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
    """Returns whether the order's month is settled; saving is refused, so pages show no form (domain §8)."""
    return order.closed_on is not None and Settlement.objects.is_settled(order.closed_on)


def refuse_settled(order: WorkOrder) -> None:
    """Raises Refused: the order is in a settled month and can no longer change (domain §8)."""
    if order.closed_on is not None:
        sentence = _("%(month)s已结算,%(number)s不能再改动;需要时请科室负责人先重开该月。")
        refuse_settled_month(order.closed_on, sentence, number=order.number)


def refuse_settled_month(day: date, sentence: str, **values: str) -> None:
    """Raises Refused: the month of `day` is settled (domain §8).

    `sentence` is a format with %(month)s and a placeholder for each of `values`.
    """
    if Settlement.objects.is_settled(day):
        raise Refused(sentence % {"month": f"{day:%Y-%m}", **values})
