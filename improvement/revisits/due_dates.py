"""Until when each month takes revisits: its planned meeting, else its stand-in (domain §9)."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone

from evaluations.models import EvaluationPolicy
from improvement.models import AnalysisMeeting
from satisfaction.calendars import days
from satisfaction.calendars.enums import CalendarKind
from satisfaction.calendars.queries import load_calendar
from satisfaction.calendars.service_calendar import ServiceCalendar

from .rules import Slot, slot_of


class RevisitDeadlines:
    """The slot of any month, from three queries: meetings, policies and the calendar as they stand."""

    def __init__(self) -> None:
        self.planned = dict(AnalysisMeeting.objects.values_list("month", "planned_at"))
        self.policies = list(EvaluationPolicy.objects.order_by("-begins_on"))
        self.overrides = load_calendar(CalendarKind.EVERY_DAY).overrides
        self.known: dict[date, Slot] = {}

    def __call__(self, month: date) -> Slot:
        if month not in self.known:
            self.known[month] = self._slot(month)
        return self.known[month]

    def last_before(self, now: datetime) -> Slot:
        """The latest month's slot that is over."""
        month = days.next_month(days.local_day(now))
        while self(month).at >= now:
            month = days.previous_month(month)
        return self(month)

    def _slot(self, month: date) -> Slot:
        policy = next(policy for policy in self.policies if policy.begins_on <= month)
        return slot_of(
            month,
            self.planned.get(month),
            calendar=ServiceCalendar(policy.calendar, self.overrides),
            close_of_business=policy.close_of_business,
            zone=timezone.get_default_timezone(),
        )
