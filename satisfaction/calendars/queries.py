"""The service calendar with its stored overrides."""

from __future__ import annotations

from datetime import date

from .enums import CalendarKind
from .models import CalendarOverride
from .service_calendar import ServiceCalendar, years_without_make_up_days


def load_calendar(kind: str) -> ServiceCalendar:
    """Returns the calendar with the stored overrides; one query."""
    return ServiceCalendar(kind, dict(CalendarOverride.objects.values_list("day", "is_service_day")))


def load_years_without_make_up_days(today: date) -> list[int]:
    """Returns `years_without_make_up_days` with the stored overrides; one query."""
    return years_without_make_up_days(today, load_calendar(CalendarKind.WORKING_DAYS).overrides)
