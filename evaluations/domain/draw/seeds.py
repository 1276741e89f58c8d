"""The secrets of the coming days (§5.5)."""

from __future__ import annotations

import secrets
from datetime import date, datetime, timedelta

from satisfaction.calendars import days

from ...models import DaySeed
from ...rules.draw import seed_sha256

DAYS_AHEAD = 7


def make_seeds(*, now: datetime) -> list[date]:
    """Seeds for the next days, so that an outage of some days leaves none uncommitted. Returns the new days."""
    coming = days.days_between(
        days.local_day(now) + timedelta(days=1), days.local_day(now) + timedelta(DAYS_AHEAD)
    )
    known = set(DaySeed.objects.filter(day__in=coming).values_list("day", flat=True))
    missing = [day for day in coming if day not in known]
    for day in missing:
        seed_of_day(day, now=now)
    return missing


def seed_of_day(day: date, *, now: datetime) -> DaySeed:
    """The day's seed; made now when there is none, and then not *in time* unless the day is still to come."""
    seed = secrets.token_hex(32)
    found, _ = DaySeed.objects.get_or_create(
        day=day,
        defaults={
            "seed": seed,
            "sha256": seed_sha256(seed),
            "made_at": now,
            "is_in_time": now < days.begins(day),
        },
    )
    return found
