"""Sentences about revisits: why they are due when they are."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ..rules.revisits import SERVICE_DAYS_TO_VISIT, STAND_IN_SERVICE_DAY, Due


def why_due(due: Due) -> str:
    """Which meeting the form must be there for, and why not an earlier one."""
    month = date_format(due.month, _("Y年n月"))
    if due.is_planned:
        until = _("%(month)s故障分析会前完成并上交") % {"month": month}
    else:
        until = _("%(month)s故障分析会尚未安排,按第 %(n)d 个服务日下班前上交") % {
            "month": month,
            "n": STAND_IN_SERVICE_DAY,
        }
    if not due.is_later:
        return until
    why = _("结果公布后距上一次会议不足 %(n)d 个服务日,顺延") % {"n": SERVICE_DAYS_TO_VISIT}
    return f"{why}{_(':')}{until}"
