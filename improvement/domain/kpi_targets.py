"""From which month on a KPI target may hold: settled months keep theirs (§8, §10)."""

from __future__ import annotations

from datetime import date

from django.utils.translation import gettext as _

from evaluations.models import Settlement
from satisfaction.errors import Refused

from ..models import KpiTarget


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
