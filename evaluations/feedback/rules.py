"""The end of the time to object to a published rating (domain §7.3). Pure."""

from __future__ import annotations

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from satisfaction.calendars.service_calendar import ServiceCalendar


def objection_day(published_on: date, *, calendar: ServiceCalendar, service_days: int) -> date:
    """Returns the last day to object: the n-th service day after publication."""
    return calendar.service_days_after(published_on, service_days)


def objection_ends_at(
    published_at: datetime,
    *,
    calendar: ServiceCalendar,
    service_days: int,
    close_of_business: time,
    zone: ZoneInfo,
) -> datetime:
    """Returns close of business of the last day to object, as an aware datetime."""
    published_on = published_at.astimezone(zone).date()
    last = objection_day(published_on, calendar=calendar, service_days=service_days)
    return datetime.combine(last, close_of_business, zone)
