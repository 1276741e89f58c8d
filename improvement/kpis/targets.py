"""The targets of a month. Targets of settled months do not change (domain §10.4)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from evaluations.models import Settlement
from improvement.enums import Kpi
from improvement.models import KpiTarget
from satisfaction.calendars import days
from satisfaction.core.errors import Refused

from .rules import TargetValues


class TargetsByMonth:
    """Targets of any month, from one query."""

    def __init__(self, targets: Iterable[KpiTarget]) -> None:
        self.targets = sorted(targets, key=lambda one: one.begins_on)

    def __call__(self, day: date) -> dict[Kpi, TargetValues]:
        """Returns the targets in the month of `day`."""
        month = days.first_of_month(day)
        return {Kpi(one.key): target_values(one) for one in self.targets if one.begins_on <= month}


def target_values(target: KpiTarget) -> TargetValues:
    """Returns the numbers in the unit of the KPI's value: rates as fractions of 1."""
    unit = 1 if target.key == Kpi.POINTS else 100
    return TargetValues(
        in_unit(target.target, unit), in_unit(target.stretch, unit), in_unit(target.weight, 1)
    )


def in_unit(number: Decimal, unit: int) -> Fraction:
    return Fraction(number) / unit


def settled_month_under(key: str, begins_on: date) -> date | None:
    """Returns the latest settled month that a target of this KPI beginning on `begins_on` would apply to."""
    settled = Settlement.objects.in_force().filter(month__gte=begins_on)
    following = KpiTarget.objects.filter(key=key, begins_on__gt=begins_on).order_by("begins_on").first()
    if following:
        settled = settled.filter(month__lt=following.begins_on)
    return settled.order_by("-month").values_list("month", flat=True).first()


def refuse_settled_months(key: str, begins_on: date) -> None:
    """Raises Refused if the target would apply to a settled month."""
    month = settled_month_under(key, begins_on)
    if month:
        raise Refused(
            _("%(month)s已结算,它的目标不再改变;请从之后的月份起另设目标。") % {"month": f"{month:%Y-%m}"}
        )
