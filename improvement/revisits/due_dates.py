"""Deadline of each month for revisits: its planned meeting, else a default day (domain §9.3)."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone

from evaluations.models import EvaluationPolicy
from improvement.models import AnalysisMeeting
from satisfaction.calendars import days
from satisfaction.calendars.enums import CalendarKind
from satisfaction.calendars.queries import load_calendar
from satisfaction.calendars.service_calendar import ServiceCalendar

from .rules import MonthDeadline, month_deadline


class RevisitDeadlines:
    """Deadlines of any month, from three queries: meetings, policies and the calendar."""

    def __init__(self) -> None:
        self.planned = dict(AnalysisMeeting.objects.values_list("month", "planned_at"))
        self.policies = list(EvaluationPolicy.objects.order_by("-begins_on"))
        self.overrides = load_calendar(CalendarKind.EVERY_DAY).overrides
        self.known: dict[date, MonthDeadline] = {}

    def __call__(self, month: date) -> MonthDeadline:
        if month not in self.known:
            self.known[month] = self._deadline(month)
        return self.known[month]

    def latest_before(self, now: datetime) -> MonthDeadline:
        """Returns the latest deadline before `now`."""
        month = days.next_month(days.local_day(now))
        while self(month).at >= now:
            month = days.previous_month(month)
        return self(month)

    def _deadline(self, month: date) -> MonthDeadline:
        policy = next(policy for policy in self.policies if policy.begins_on <= month)
        return month_deadline(
            month,
            self.planned.get(month),
            calendar=ServiceCalendar(policy.calendar, self.overrides),
            close_of_business=policy.close_of_business,
            zone=timezone.get_default_timezone(),
        )
