"""Pure rules: retry times, giving up, contradictory answers and the order of service (domain §6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

LAST_TRY = timedelta(minutes=30)
"""How long before the deadline the last try is made, when the usual wait would exceed the deadline."""
SHORTEST_WAIT = timedelta(minutes=15)
"""Minimum wait before a retry, even to meet a deadline."""
NEAR_DEADLINE = timedelta(minutes=60)
"""How long before its deadline a callback takes precedence over fresh ones."""


@dataclass(frozen=True)
class CallingHours:
    """The daily calling hours, the split between the half-days, and the time zone."""

    begins: time
    ends: time
    half_day_split: time
    zone: ZoneInfo

    def at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone)

    def from_then_on(self, moment: datetime) -> datetime:
        """Returns the moment itself if it is within calling hours, else the next start of calling hours."""
        local = moment.astimezone(self.zone)
        if local.time() < self.begins:
            return self.at(local.date(), self.begins)
        if local.time() >= self.ends:
            return self.at(local.date() + timedelta(days=1), self.begins)
        return moment

    def is_open(self, moment: datetime) -> bool:
        """Whether the moment is within calling hours."""
        return self.from_then_on(moment) == moment

    def half_day(self, moment: datetime) -> tuple[date, bool]:
        """Returns the local day, and True for its afternoon."""
        local = moment.astimezone(self.zone)
        return local.date(), local.time() >= self.half_day_split


def retry_at(now: datetime, *, wait: timedelta, due_at: datetime | None, hours: CallingHours) -> datetime:
    """Returns when to call again: after `wait`, or sooner for a last try before the deadline."""
    usual = hours.from_then_on(now + wait)
    if due_at is None:
        return usual
    last_try = max(due_at - LAST_TRY, now + SHORTEST_WAIT)
    return last_try if last_try < min(due_at, usual) else usual


def may_end_unreachable(
    attempts: Iterable[datetime], *, max_attempts: int, min_half_days: int, hours: CallingHours
) -> bool:
    """Whether there are enough attempts. `attempts`: times of unsuccessful calls to the right number."""
    tried = list(attempts)
    return len(tried) >= max_attempts and len({hours.half_day(at) for at in tried}) >= min_half_days


class Later(Enum):
    """When a reporter who is busy now wants to be called."""

    HOUR = "hour"
    AFTERNOON = "afternoon"
    MORNING = "morning"


AFTERNOON_AFTER_SPLIT = timedelta(hours=2)
MORNING = time(9, 0)
"""“Tomorrow morning”, unless calling hours begin later."""


def later_times(now: datetime, hours: CallingHours) -> dict[Later, datetime]:
    """Returns the times offered for “call later”; this afternoon only while it is in the future."""
    today = now.astimezone(hours.zone).date()
    afternoon = hours.at(today, hours.half_day_split) + AFTERNOON_AFTER_SPLIT
    morning = hours.at(today + timedelta(days=1), max(hours.begins, MORNING))
    in_an_hour = (now + timedelta(hours=1)).replace(second=0, microsecond=0)
    offered = {Later.HOUR: in_an_hour, Later.AFTERNOON: afternoon, Later.MORNING: morning}
    return {choice: at for choice, at in offered.items() if choice is not Later.AFTERNOON or at > now}


class Contradiction(Enum):
    """A contradiction the caller confirms once; it is then accepted and marked."""

    NOT_REPAIRED_BUT_SATISFIED = "not_repaired_but_satisfied"
    IN_TIME_BUT_RECORDED_LATE = "in_time_but_recorded_late"


def contradictions(
    *, rating: str, response: str, repaired: str, first_contact: timedelta | None, response_minutes: int
) -> tuple[Contradiction, ...]:
    """`first_contact`: recorded time from the report to the first contact; None when not recorded."""
    found = []
    if repaired == "no" and rating == "satisfied":
        found.append(Contradiction.NOT_REPAIRED_BUT_SATISFIED)
    if (
        response == "yes"
        and first_contact is not None
        and first_contact > timedelta(minutes=response_minutes)
    ):
        found.append(Contradiction.IN_TIME_BUT_RECORDED_LATE)
    return tuple(found)


class Service(Enum):
    """The reason for a callback's place in the queue, in the order of service."""

    PROMISED = "promised"
    NEAR_DEADLINE = "near_deadline"
    FRESH = "fresh"
    RETRY = "retry"
    NOT_YET = "not_yet"


SERVICE_ORDER = {service: place for place, service in enumerate(Service)}


@dataclass(frozen=True)
class InQueue:
    """The fields of an open callback that determine the order of service."""

    id: int
    due_at: datetime | None
    call_again_at: datetime | None = None
    is_promised: bool = False
    has_attempts: bool = False


def service_of(item: InQueue, now: datetime) -> Service:
    """Returns the class: not yet due, due promise, near or past the deadline, retry after its wait, fresh."""
    if item.call_again_at is not None and item.call_again_at > now:
        return Service.NOT_YET
    if item.call_again_at is not None and item.is_promised:
        return Service.PROMISED
    if item.due_at is not None and item.due_at - now <= NEAR_DEADLINE:
        return Service.NEAR_DEADLINE
    return Service.RETRY if item.has_attempts else Service.FRESH


def service_key(item: InQueue, now: datetime) -> tuple[int, bool, float, float, int]:
    """Sort key: by service, then the earliest promised or retry time, then the nearest deadline."""
    service = service_of(item, now)
    by_time = service in (Service.PROMISED, Service.RETRY, Service.NOT_YET) and item.call_again_at
    return (
        SERVICE_ORDER[service],
        item.due_at is None,
        by_time.timestamp() if by_time else 0.0,
        item.due_at.timestamp() if item.due_at else 0.0,
        item.id,
    )


def callable_at(item: InQueue, now: datetime, hours: CallingHours | None) -> datetime:
    """Returns the earliest time to call: promised calls at their time, others within calling hours."""
    at = max(item.call_again_at or now, now)
    is_promised = item.is_promised and item.call_again_at is not None
    return at if is_promised or hours is None else hours.from_then_on(at)


def next_at(queue: Collection[InQueue], now: datetime) -> datetime | None:
    """Returns the earliest future time to call again; None when nothing waits."""
    waiting = [item.call_again_at for item in queue if item.call_again_at and item.call_again_at > now]
    return min(waiting, default=None)


MIN_PACE = 3
"""Minimum number of callbacks ended today before a pace is calculated."""


def finish_at_pace(now: datetime, first_ended_at: datetime | None, ended: int, left: int) -> datetime | None:
    """Returns when the last of `left` calls ends, at the pace of the `ended` ones since the first end today.

    None: nothing left, or too few ended to calculate a pace.
    """
    if not left or ended < MIN_PACE or first_ended_at is None or first_ended_at >= now:
        return None
    return now + (now - first_ended_at) / (ended - 1) * left
