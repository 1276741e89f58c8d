"""Sentences about revisits: why they are due when they are."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils import timezone
from django.utils.translation import gettext as _

from evaluations.feedback.deadline_explanations import calendar_with_names
from evaluations.models import EvaluationPolicy
from satisfaction.calendars import days
from satisfaction.calendars.explanations import (
    explain_nth_service_day,
    format_clause,
    format_day_and_weekday,
    join_clauses,
)
from satisfaction.core.formats import format_month

from .due import DueRevisit
from .due_dates import RevisitDeadlines
from .rules import SERVICE_DAYS_TO_VISIT, STAND_IN_SERVICE_DAY, Due, Slot, following


def why_due(due: Due) -> str:
    """Which meeting the form must be there for, and why not an earlier one."""
    month = format_month(due.month)
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


def explain_revisit(row: DueRevisit) -> str:
    """From the day on which the crew could see the result to the meeting that waits for the form (domain §9).

    Empty for what is not due. Five queries at most.
    """
    if row.due is None or row.order.closed_on is None:
        return ""
    seen = _("%(day)s起工班可见结果") % {"day": format_day_and_weekday(days.local_day(row.seen_at))}
    slots, month, missed = RevisitDeadlines(), following(row.order.closed_on), []
    while month < row.due.month:
        missed.append(_missed(slots(month)))
        month = following(month)
    return join_clauses([seen, *missed, *_until(slots(row.due.month))])


def _missed(slot: Slot) -> str:
    return _("到%(month)s故障分析会(%(day)s)不足 %(n)d 个服务日,顺延") % {
        "month": format_month(slot.month),
        "day": format_day_and_weekday(days.local_day(slot.at)),
        "n": SERVICE_DAYS_TO_VISIT,
    }


def _until(slot: Slot) -> Iterator[str]:
    at, month = timezone.localtime(slot.at), format_month(slot.month)
    if slot.is_planned:
        when = {"month": month, "day": format_day_and_weekday(at.date()), "clock": f"{at:%H:%M}"}
        yield _("%(month)s故障分析会定于%(day)s %(clock)s,会前上交") % when
        return
    yield _("%(month)s故障分析会尚未安排") % {"month": month}
    calendar, names = calendar_with_names(EvaluationPolicy.objects.for_month(slot.month).calendar)
    parts = explain_nth_service_day(slot.month, at, STAND_IN_SERVICE_DAY, calendar=calendar, names=names)
    yield from map(format_clause, parts)
