"""The days of the demonstration: one settled month, and the days after it until yesterday."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from satisfaction.calendars import days

SETTLE_DAY = 5
CLOSE_OF_BUSINESS = time(23, 59)
EFFECT_DAYS = 14
"""Short enough to evaluate a project of the settled month before the next meeting."""
MORNING = time(10, 40)
"""Today's work is simulated up to this time, whenever the demonstration is loaded."""


@dataclass(frozen=True)
class DemoDates:
    """`today`: the day of loading; `now`: its time."""

    today: date
    now: datetime

    @property
    def settled(self) -> date:
        """First day of the settled month: last month after its settling day, else the month before."""
        last = days.previous_month(self.today)
        return last if self.today.day > SETTLE_DAY else days.previous_month(last)

    @property
    def learns_on(self) -> date:
        """The day on which the measure of the first improvement project takes effect."""
        return self.settled.replace(day=15)

    @property
    def yesterday(self) -> date:
        return self.today - timedelta(days=1)

    @property
    def closing_days(self) -> list[date]:
        return days.days_between(self.settled, self.yesterday)

    @property
    def settles_at(self) -> datetime:
        return days.moment_at(days.next_month(self.settled).replace(day=SETTLE_DAY), CLOSE_OF_BUSINESS)

    def at(self, day: date, clock: time) -> datetime:
        """Returns the time of an event.

        If loaded before MORNING, today's events are scaled to lie before `now`.
        """
        moment, begins = days.moment_at(day, clock), days.start_of_day(self.today)
        ends = days.moment_at(self.today, MORNING)
        if day < self.today or self.now >= ends:
            return moment
        return begins + (moment - begins) * ((self.now - begins) / (ends - begins))
