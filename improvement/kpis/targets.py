"""The targets of a month, and from which month on one may hold: settled months keep theirs (§8, §10)."""

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

from .rules import Target


class TargetsByMonth:
    """The targets of any month, from one query."""

    def __init__(self, targets: Iterable[KpiTarget]) -> None:
        self.targets = sorted(targets, key=lambda one: one.begins_on)

    def __call__(self, day: date) -> dict[Kpi, Target]:
        """What holds in the month of `day`."""
        month = days.first_of_month(day)
        return {Kpi(one.key): numbers_of(one) for one in self.targets if one.begins_on <= month}


def numbers_of(target: KpiTarget) -> Target:
    """In the unit of the KPI's value: rates as shares of 1."""
    unit = 1 if target.key == Kpi.POINTS else 100
    return Target(in_unit(target.target, unit), in_unit(target.stretch, unit), in_unit(target.weight, 1))


def in_unit(number: Decimal, unit: int) -> Fraction:
    return Fraction(number) / unit


def settled_month_under(key: str, begins_on: date) -> date | None:
    """The latest settled month in which a target of this KPI that begins on `begins_on` would hold."""
    settled = Settlement.objects.in_force().filter(month__gte=begins_on)
    following = KpiTarget.objects.filter(key=key, begins_on__gt=begins_on).order_by("begins_on").first()
    if following:
        settled = settled.filter(month__lt=following.begins_on)
    return settled.order_by("-month").values_list("month", flat=True).first()


def refuse_settled(key: str, begins_on: date) -> None:
    """Refused: the target would change what a settled month was measured by."""
    month = settled_month_under(key, begins_on)
    if month:
        raise Refused(
            _("%(month)s已结算,它的目标不再改变;请从之后的月份起另设目标。") % {"month": f"{month:%Y-%m}"}
        )
