"""When a month settles, and which of its orders arrive too late (domain §8)."""

from __future__ import annotations

from datetime import date, datetime

from django.db.models import QuerySet

from satisfaction.calendars import days
from satisfaction.calendars.queries import load_calendar
from workorders.models import WorkOrder

from .models import EvaluationPolicy, Settlement


def settles_at(month: date, policy: EvaluationPolicy) -> datetime:
    """Returns close of business of the policy's service day in the next month (aware)."""
    calendar = load_calendar(policy.calendar)
    return policy.closes_at(calendar.nth_service_day_of(days.next_month(month), policy.settle_service_day))


def is_history(month: date) -> bool:
    """Returns whether all orders arrived after the month's end: imported, never settled automatically."""
    orders = WorkOrder.objects.closed_between(month, days.last_of_month(month))
    return not orders.filter(received_at__lt=days.start_of_day(days.next_month(month))).exists()


def late_after(month: date, policy: EvaluationPolicy, *, was_reopened: bool | None = None) -> datetime | None:
    """Returns the time after which an order is too late; None for history and reopened months."""
    if was_reopened is None:
        was_reopened = Settlement.objects.filter(month=month, reopened_at__isnull=False).exists()
    return None if was_reopened or is_history(month) else settles_at(month, policy)


def not_too_late(orders: QuerySet[WorkOrder], *, month: date) -> QuerySet[WorkOrder]:
    """Filters orders closed in the month to those that were complete before it settles (domain §8)."""
    late = late_after(month, EvaluationPolicy.objects.for_month(month))
    return orders.exclude(entered_at__gt=late) if late else orders
