"""When to phone again, when one may give up, what answers contradict, and in which order to phone (domain §6). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum
from zoneinfo import ZoneInfo

LAST_TRY = timedelta(minutes=30)
"""How long before its deadline a callback is tried once more, when the usual waiting would pass it."""
SHORTEST_WAIT = timedelta(minutes=15)
"""Nobody is phoned again sooner than this to meet a deadline."""
NEAR_DEADLINE = timedelta(minutes=60)
"""From when on a callback goes before fresh ones because its deadline is near."""


@dataclass(frozen=True)
class CallingHours:
    """When reporters may be phoned on a day, where its halves meet, and in which zone."""

    begins: time
    ends: time
    half_day_split: time
    zone: ZoneInfo

    def at(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self.zone)

    def from_then_on(self, moment: datetime) -> datetime:
        """The moment itself, or the next one at which reporters are phoned."""
        local = moment.astimezone(self.zone)
        if local.time() < self.begins:
            return self.at(local.date(), self.begins)
        if local.time() >= self.ends:
            return self.at(local.date() + timedelta(days=1), self.begins)
        return moment

    def is_open(self, moment: datetime) -> bool:
        """Whether reporters are phoned at the moment."""
        return self.from_then_on(moment) == moment

    def half_day(self, moment: datetime) -> tuple[date, bool]:
        """The day, and whether it is its afternoon."""
        local = moment.astimezone(self.zone)
        return local.date(), local.time() >= self.half_day_split


def retry_at(now: datetime, *, wait: timedelta, due_at: datetime | None, hours: CallingHours) -> datetime:
    """When to phone again: after `wait`, or sooner for a last try before the deadline."""
    usual = hours.from_then_on(now + wait)
    if due_at is None:
        return usual
    last_try = max(due_at - LAST_TRY, now + SHORTEST_WAIT)
    return last_try if last_try < min(due_at, usual) else usual


def may_end_unreachable(
    attempts: Iterable[datetime], *, max_attempts: int, min_half_days: int, hours: CallingHours
) -> bool:
    """Whether enough was tried: `attempts` are the times at which the right number was phoned in vain."""
    tried = list(attempts)
    return len(tried) >= max_attempts and len({hours.half_day(at) for at in tried}) >= min_half_days


class Later(Enum):
    """What a reporter says who has no time now."""

    HOUR = "hour"
    AFTERNOON = "afternoon"
    MORNING = "morning"


AFTERNOON_AFTER_SPLIT = timedelta(hours=2)
MORNING = time(9, 0)
"""“Tomorrow morning”, unless reporters are phoned only from later on."""


def later_times(now: datetime, hours: CallingHours) -> dict[Later, datetime]:
    """The moments offered for `call later`; this afternoon only while it is not there yet."""
    today = now.astimezone(hours.zone).date()
    afternoon = hours.at(today, hours.half_day_split) + AFTERNOON_AFTER_SPLIT
    morning = hours.at(today + timedelta(days=1), max(hours.begins, MORNING))
    in_an_hour = (now + timedelta(hours=1)).replace(second=0, microsecond=0)
    offered = {Later.HOUR: in_an_hour, Later.AFTERNOON: afternoon, Later.MORNING: morning}
    return {choice: at for choice, at in offered.items() if choice is not Later.AFTERNOON or at > now}


class Contradiction(Enum):
    """What is asked about once before it is accepted and marked."""

    NOT_REPAIRED_BUT_SATISFIED = "not_repaired_but_satisfied"
    IN_TIME_BUT_RECORDED_LATE = "in_time_but_recorded_late"


def contradictions(
    *, rating: str, response: str, repaired: str, first_contact: timedelta | None, response_minutes: int
) -> tuple[Contradiction, ...]:
    """`first_contact`: from the report to the first contact as recorded, None when not recorded."""
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
    """Why a callback stands where it stands in the queue; in the order of service."""

    PROMISED = "promised"
    NEAR_DEADLINE = "near_deadline"
    FRESH = "fresh"
    RETRY = "retry"
    NOT_YET = "not_yet"


SERVICE_ORDER = {service: place for place, service in enumerate(Service)}


@dataclass(frozen=True)
class InQueue:
    """One open callback as the order of service sees it."""

    id: int
    due_at: datetime | None
    call_again_at: datetime | None = None
    is_promised: bool = False
    has_attempts: bool = False


def service_of(item: InQueue, now: datetime) -> Service:
    """Promised times that are due, near the deadline (or past it), fresh, retries whose waiting is over."""
    if item.call_again_at is not None and item.call_again_at > now:
        return Service.NOT_YET
    if item.call_again_at is not None and item.is_promised:
        return Service.PROMISED
    if item.due_at is not None and item.due_at - now <= NEAR_DEADLINE:
        return Service.NEAR_DEADLINE
    return Service.RETRY if item.has_attempts else Service.FRESH


def service_key(item: InQueue, now: datetime) -> tuple[int, bool, float, float, int]:
    """Sorts a queue: by service, within it what was promised or waits longest, then the nearest deadline."""
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
    """When it may be phoned: what was promised at its time, the rest within the calling hours."""
    at = max(item.call_again_at or now, now)
    is_promised = item.is_promised and item.call_again_at is not None
    return at if is_promised or hours is None else hours.from_then_on(at)


def next_at(queue: Collection[InQueue], now: datetime) -> datetime | None:
    """When the first of those that wait is to be phoned; None when none waits."""
    waiting = [item.call_again_at for item in queue if item.call_again_at and item.call_again_at > now]
    return min(waiting, default=None)


MIN_PACE = 3
"""Ends of a day from which on a pace is told; two say nothing yet."""


def finish_at_pace(now: datetime, first_ended_at: datetime | None, ended: int, left: int) -> datetime | None:
    """When the last of `left` calls ends at the pace of the `ended` ones since the first of them ended today.

    None: nothing left, or too few ended to tell a pace.
    """
    if not left or ended < MIN_PACE or first_ended_at is None or first_ended_at >= now:
        return None
    return now + (now - first_ended_at) / (ended - 1) * left
