"""Computes the deadlines D+1 and D+2 of an order (domain §2 Days)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from satisfaction.calendars.service_calendar import ServiceCalendar


@dataclass(frozen=True)
class Deadlines:
    """Close of business of D+1 and of D+2 (aware)."""

    due_at: datetime
    last_due_at: datetime


def first_day_due(
    *, closed_on: date, entered_at: datetime, calendar: ServiceCalendar, cutoff: time, zone: ZoneInfo
) -> date:
    """Returns D+1: the first service day after `closed_on` whose `cutoff` is later than `entered_at`.

    `entered_at` (aware) is when the order became complete. An order that arrives exactly at the cutoff is
    due on the next service day.
    """
    entered = entered_at.astimezone(zone)
    earliest = entered.date() if entered.time() < cutoff else entered.date() + timedelta(days=1)
    return calendar.next_service_day(max(closed_on, earliest - timedelta(days=1)))


def deadlines(
    *,
    closed_on: date,
    entered_at: datetime,
    calendar: ServiceCalendar,
    cutoff: time,
    close_of_business: time,
    zone: ZoneInfo,
) -> Deadlines:
    """Returns both deadlines of an order, from the calendar and the times of its month's policy."""
    first = first_day_due(
        closed_on=closed_on, entered_at=entered_at, calendar=calendar, cutoff=cutoff, zone=zone
    )
    second = calendar.next_service_day(first)
    return Deadlines(
        datetime.combine(first, close_of_business, zone), datetime.combine(second, close_of_business, zone)
    )
