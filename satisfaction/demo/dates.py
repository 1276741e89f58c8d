"""Which days the demonstration covers: one settled month, and what came after it until yesterday."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from satisfaction.calendars import days

SETTLE_DAY = 5
CLOSE_OF_BUSINESS = time(23, 59)
EFFECT_DAYS = 14
"""Short enough for a project of the settled month to be evaluated before its next meeting."""
MORNING = time(10, 40)
"""Up to here today's work has gone, whenever the demonstration is loaded."""


@dataclass(frozen=True)
class DemoDates:
    """`settled`: first of the settled month. `today`: the day of loading, `now` the moment."""

    today: date
    now: datetime

    @property
    def settled(self) -> date:
        """Last month, once its settle day is over; on the first days of a month the one before."""
        last = days.previous_month(self.today)
        return last if self.today.day > SETTLE_DAY else days.previous_month(last)

    @property
    def learns_on(self) -> date:
        """The measure of the first improvement project takes effect."""
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
        """A moment of the demonstration's past. Loaded before the morning is over, today's work is earlier, too:
        nothing has happened in the future."""
        moment, begins = days.moment_at(day, clock), days.start_of_day(self.today)
        ends = days.moment_at(self.today, MORNING)
        if day < self.today or self.now >= ends:
            return moment
        return begins + (moment - begins) * ((self.now - begins) / (ends - begins))
