"""Each deadline explains itself: the sentences under an order's D+1 and D+2 (§2 Days)."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from satisfaction.calendars import days
from satisfaction.calendars.explaining import Part, Step, explain, sentence, until
from satisfaction.calendars.models import CalendarOverride
from satisfaction.calendars.service_calendar import ServiceCalendar
from workorders.models import WorkOrder

from ..models import EvaluationPolicy


def explain_deadlines(order: WorkOrder) -> list[str]:
    """One sentence for D+1 and one for D+2; none for an order without deadlines. Two queries."""
    if not (order.due_at and order.last_due_at and order.closed_on and order.entered_at):
        return []
    policy = EvaluationPolicy.objects.for_month(order.closed_on)
    overrides = list(CalendarOverride.objects.values_list("day", "is_service_day", "name"))
    calendar = ServiceCalendar(policy.calendar, {day: is_open for day, is_open, _ in overrides})
    names = {day: name for day, _, name in overrides}
    first, last = days.local_day(order.due_at), timezone.localtime(order.last_due_at)
    to_due = explain(
        closed_on=order.closed_on,
        entered_at=order.entered_at,
        due_at=order.due_at,
        calendar=calendar,
        names=names,
        cutoff=policy.arrival_cutoff,
        zone=timezone.get_default_timezone(),  # type: ignore[arg-type]
    )
    to_last = until(first + timedelta(days=1), last.date(), calendar=calendar, names=names)
    return [sentence(to_due), sentence([*to_last, Part(Step.DUE, last.date(), last.date(), last.time())])]
