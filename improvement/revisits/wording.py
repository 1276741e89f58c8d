"""Sentences that explain the due date of a revisit."""

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
from .rules import DEFAULT_SERVICE_DAY, SERVICE_DAYS_TO_VISIT, DueDate, MonthDeadline, first_of_next_month


def why_due(due: DueDate) -> str:
    """Returns the meeting before which the form is due, and why not an earlier one."""
    month = format_month(due.month)
    if due.is_planned:
        until = _("%(month)s故障分析会前完成并上交") % {"month": month}
    else:
        until = _("%(month)s故障分析会尚未安排,按第 %(n)d 个服务日下班前上交") % {
            "month": month,
            "n": DEFAULT_SERVICE_DAY,
        }
    if not due.is_later:
        return until
    why = _("结果公布后距上一次会议不足 %(n)d 个服务日,顺延") % {"n": SERVICE_DAYS_TO_VISIT}
    return f"{why}{_(':')}{until}"


def explain_revisit(row: DueRevisit) -> str:
    """Returns the steps from the day the crew could see the result to the due date (domain §9.3).

    Empty when the revisit is not due. At most five queries.
    """
    if row.due is None or row.order.closed_on is None:
        return ""
    seen = _("%(day)s起工班可见结果") % {"day": format_day_and_weekday(days.local_day(row.seen_at))}
    deadlines, month, missed = RevisitDeadlines(), first_of_next_month(row.order.closed_on), []
    while month < row.due.month:
        missed.append(_missed(deadlines(month)))
        month = first_of_next_month(month)
    return join_clauses([seen, *missed, *_until(deadlines(row.due.month))])


def _missed(deadline: MonthDeadline) -> str:
    return _("到%(month)s故障分析会(%(day)s)不足 %(n)d 个服务日,顺延") % {
        "month": format_month(deadline.month),
        "day": format_day_and_weekday(days.local_day(deadline.at)),
        "n": SERVICE_DAYS_TO_VISIT,
    }


def _until(deadline: MonthDeadline) -> Iterator[str]:
    at, month = timezone.localtime(deadline.at), format_month(deadline.month)
    if deadline.is_planned:
        when = {"month": month, "day": format_day_and_weekday(at.date()), "clock": f"{at:%H:%M}"}
        yield _("%(month)s故障分析会定于%(day)s %(clock)s,会前上交") % when
        return
    yield _("%(month)s故障分析会尚未安排") % {"month": month}
    calendar, names = calendar_with_names(EvaluationPolicy.objects.for_month(deadline.month).calendar)
    parts = explain_nth_service_day(deadline.month, at, DEFAULT_SERVICE_DAY, calendar=calendar, names=names)
    yield from map(format_clause, parts)
