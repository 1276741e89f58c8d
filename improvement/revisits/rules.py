"""Due dates of revisits (domain §9.3). Pure.

Every month has one deadline: its fault analysis meeting, or a default day when no meeting is planned. A revisit is
due at the first deadline after the order's month that leaves the crew enough time for the visit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from satisfaction.calendars.service_calendar import ServiceCalendar

SERVICE_DAYS_TO_VISIT = 3
"""Minimum number of service days between seeing the result and submitting the form."""
DEFAULT_SERVICE_DAY = 8
"""Deadline of a month without a planned meeting: close of business of this service day."""


@dataclass(frozen=True)
class MonthDeadline:
    """Deadline of a month. `seen_until`: results seen later are due at the next deadline."""

    month: date
    at: datetime
    is_planned: bool
    seen_until: date


@dataclass(frozen=True)
class DueDate:
    """Due date of a revisit. `at`: submit before this time. `is_later`: later than the month after the order's."""

    at: datetime
    month: date
    is_planned: bool
    is_later: bool


def month_deadline(
    month: date,
    planned_at: datetime | None,
    *,
    calendar: ServiceCalendar,
    close_of_business: time,
    zone: ZoneInfo,
) -> MonthDeadline:
    """Returns the deadline of the month (its first day): the planned meeting, else the 8th service day."""
    default = calendar.nth_service_day_of(month, DEFAULT_SERVICE_DAY)
    at = planned_at or datetime.combine(default, close_of_business, zone)
    day = at.astimezone(zone).date()
    return MonthDeadline(month, at, planned_at is not None, _seen_until(day, calendar))


def due_date(closed_on: date, seen_on: date, deadlines: Callable[[date], MonthDeadline]) -> DueDate:
    """Returns the due date of a revisit. `seen_on`: the day from which the crew could see the result."""
    first = month = first_of_next_month(closed_on)
    while seen_on > (deadline := deadlines(month)).seen_until:
        month = first_of_next_month(month)
    return DueDate(deadline.at, month, deadline.is_planned, is_later=month != first)


def first_of_next_month(day: date) -> date:
    """Returns the first day of the month after `day`."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _seen_until(day: date, calendar: ServiceCalendar) -> date:
    """Returns the last day whose third following service day is not after `day`."""
    seen = day - timedelta(days=SERVICE_DAYS_TO_VISIT)
    while calendar.service_days_after(seen, SERVICE_DAYS_TO_VISIT) > day:
        seen -= timedelta(days=1)
    return seen
