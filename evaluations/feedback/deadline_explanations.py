"""Explanations of deadlines: D+1 and D+2 of an order, and the end of the time to object (domain §2.2, §7.3)."""

from __future__ import annotations

from datetime import date, timedelta

from django.utils import timezone

from evaluations.models import Callback, EvaluationPolicy
from satisfaction.calendars import days
from satisfaction.calendars.explanations import (
    DeadlineClause,
    DeadlineStep,
    explain_deadline,
    explain_nth_service_day,
    format_explanation,
    skipped_days,
)
from satisfaction.calendars.models import CalendarOverride
from satisfaction.calendars.service_calendar import ServiceCalendar
from workorders.models import WorkOrder

from .rules import objection_ends_at

CalendarWithNames = tuple[ServiceCalendar, dict[date, str]]


def explain_deadlines(order: WorkOrder) -> list[str]:
    """Returns one sentence for D+1 and one for D+2; [] for an order without deadlines. Two queries."""
    if not (order.due_at and order.last_due_at and order.closed_on and order.entered_at):
        return []
    policy = EvaluationPolicy.objects.for_month(order.closed_on)
    calendar, names = calendar_with_names(policy.calendar)
    first, last = days.local_day(order.due_at), timezone.localtime(order.last_due_at)
    to_due = explain_deadline(
        closed_on=order.closed_on,
        entered_at=order.entered_at,
        due_at=order.due_at,
        calendar=calendar,
        names=names,
        cutoff=policy.arrival_cutoff,
        zone=timezone.get_default_timezone(),
    )
    to_last = skipped_days(first + timedelta(days=1), last.date(), calendar=calendar, names=names)
    return [
        format_explanation(to_due),
        format_explanation(
            [*to_last, DeadlineClause(DeadlineStep.DUE, last.date(), last.date(), last.time())]
        ),
    ]


def explain_objection(callback: Callback) -> str:
    """Returns until when the crew may object, with the reason; empty before publication. Two queries."""
    if callback.published_at is None or callback.order.closed_on is None:
        return ""
    policy = EvaluationPolicy.objects.for_month(callback.order.closed_on)
    calendar, names = calendar_with_names(policy.calendar)
    published = timezone.localtime(callback.published_at)
    ends_at = objection_ends_at(
        published,
        calendar=calendar,
        service_days=policy.objection_days,
        close_of_business=policy.close_of_business,
        zone=timezone.get_default_timezone(),
    )
    day = published.date()
    counted = explain_nth_service_day(
        day + timedelta(days=1), ends_at, policy.objection_days, calendar=calendar, names=names
    )
    return format_explanation([DeadlineClause(DeadlineStep.PUBLISHED, day, day, published.time()), *counted])


def calendar_with_names(kind: str) -> CalendarWithNames:
    """Returns the calendar and the names of its exceptions. One query."""
    overrides = list(CalendarOverride.objects.values_list("day", "is_service_day", "name"))
    calendar = ServiceCalendar(kind, {day: is_open for day, is_open, _name in overrides})
    return calendar, {day: name for day, _is_open, name in overrides}
