"""By when a revisit must be handed in (三.8, §9). Pure.

A fault analysis meeting, or its stand-in when none is planned, takes what was due before it: a slot a month.
A revisit is due at the first slot after the order's month that leaves the crew time to go there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from satisfaction.calendars.service_calendar import ServiceCalendar

SERVICE_DAYS_TO_VISIT = 3
"""So many service days lie at least between seeing the result and handing in the form."""
STAND_IN_SERVICE_DAY = 8
"""A month without a planned meeting takes revisits until this service day, close of business."""


@dataclass(frozen=True)
class Slot:
    """When a month's meeting is (or would be); `seen_until`: whoever saw the result later waits for the next."""

    month: date
    at: datetime
    is_planned: bool
    seen_until: date


@dataclass(frozen=True)
class Due:
    """`at` the moment before which the form is handed in; `is_later`: not the month after the order's."""

    at: datetime
    month: date
    is_planned: bool
    is_later: bool


def slot_of(
    month: date,
    planned_at: datetime | None,
    *,
    calendar: ServiceCalendar,
    close_of_business: time,
    zone: ZoneInfo,
) -> Slot:
    """The slot of a month (its first day): the planned meeting, else the 8th service day."""
    stand_in = calendar.nth_service_day_of(month, STAND_IN_SERVICE_DAY)
    at = planned_at or datetime.combine(stand_in, close_of_business, zone)
    day = at.astimezone(zone).date()
    return Slot(month, at, planned_at is not None, _seen_until(day, calendar))


def due(closed_on: date, seen_on: date, slots: Callable[[date], Slot]) -> Due:
    """By when the revisit of an order is due; `seen_on` is the day from which the crew could see the result."""
    first = month = following(closed_on)
    while seen_on > (slot := slots(month)).seen_until:
        month = following(month)
    return Due(slot.at, month, slot.is_planned, is_later=month != first)


def following(day: date) -> date:
    """The first of the month after the day's."""
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1)


def _seen_until(day: date, calendar: ServiceCalendar) -> date:
    """The last day whose 3rd service day after it is not later than `day`."""
    seen = day - timedelta(days=SERVICE_DAYS_TO_VISIT)
    while calendar.service_days_after(seen, SERVICE_DAYS_TO_VISIT) > day:
        seen -= timedelta(days=1)
    return seen
