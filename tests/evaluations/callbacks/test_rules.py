from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluations.callbacks.rules import (
    SHORTEST_WAIT,
    CallingHours,
    Contradiction,
    InQueue,
    Later,
    Service,
    contradictions,
    later_times,
    may_end_unreachable,
    next_at,
    retry_at,
    service_key,
    service_of,
)

ZONE = ZoneInfo("Asia/Shanghai")
HOURS = CallingHours(time(8), time(20), time(12), ZONE)
TWO_HOURS, QUARTER = timedelta(hours=2), timedelta(minutes=15)


def at(clock: str, day: int = 12) -> datetime:
    return datetime.combine(datetime(2026, 5, day).date(), time.fromisoformat(clock), ZONE)


DUE = at("18:00")


@pytest.mark.parametrize(
    ("now", "wait", "due", "expected"),
    [
        ("09:00", TWO_HOURS, DUE, at("11:00")),
        ("09:00", QUARTER, DUE, at("09:15")),
        ("15:30", TWO_HOURS, DUE, at("17:30")),
        ("16:30", TWO_HOURS, DUE, at("17:30")),  # a last try before the deadline
        ("17:29", TWO_HOURS, DUE, at("17:44")),
        ("17:30", QUARTER, DUE, at("17:45")),
        ("17:45", TWO_HOURS, DUE, at("19:45")),
        ("19:00", TWO_HOURS, DUE, at("08:00", 13)),
        ("19:00", TWO_HOURS, None, at("08:00", 13)),
        ("05:00", QUARTER, None, at("08:00")),
    ],
)
def test_retry_waits_as_the_policy_says_and_tries_once_more_before_the_deadline(now, wait, due, expected):
    assert retry_at(at(now), wait=wait, due_at=due, hours=HOURS) == expected


@given(
    st.datetimes(datetime(2026, 5, 1), datetime(2026, 6, 1), timezones=st.just(UTC)),
    st.integers(1, 600),
    st.integers(-3000, 3000),
)
def test_retry_is_later_and_passes_the_deadline_only_when_it_is_too_near(now, wait, until_due):
    due = now + timedelta(minutes=until_due)

    again = retry_at(now, wait=timedelta(minutes=wait), due_at=due, hours=HOURS)

    assert again > now
    assert again < due or now >= due - SHORTEST_WAIT


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        ([], False),
        ([at("09:00"), at("11:00"), at("11:59")], False),  # one half-day
        ([at("09:00"), at("12:00")], False),  # two attempts
        ([at("09:00"), at("11:00"), at("12:00")], True),
        ([at("14:00"), at("14:20"), at("14:00", 13)], True),  # two afternoons
        ([at("14:00"), at("14:20"), at("14:40")], False),
    ],
)
def test_unreachable_needs_three_attempts_on_two_half_days(attempts, expected):
    assert may_end_unreachable(attempts, max_attempts=3, min_half_days=2, hours=HOURS) is expected


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (
            "09:30",
            {Later.HOUR: at("10:30"), Later.AFTERNOON: at("14:00"), Later.MORNING: at("09:00", 13)},
        ),
        ("14:00", {Later.HOUR: at("15:00"), Later.MORNING: at("09:00", 13)}),
    ],
)
def test_later_times_offer_this_afternoon_only_before_it(now, expected):
    assert later_times(at(now), HOURS) == expected


@pytest.mark.parametrize(
    ("rating", "response", "repaired", "minutes", "expected"),
    [
        ("satisfied", "yes", "yes", 60, ()),
        ("satisfied", "yes", "no", 30, (Contradiction.NOT_REPAIRED_BUT_SATISFIED,)),
        ("basically_satisfied", "yes", "no", 30, ()),
        ("satisfied", "yes", "yes", 61, (Contradiction.IN_TIME_BUT_RECORDED_LATE,)),
        ("satisfied", "yes", "yes", None, ()),
        ("dissatisfied", "no", "no", 30, ()),
        (
            "satisfied",
            "yes",
            "no",
            90,
            (Contradiction.NOT_REPAIRED_BUT_SATISFIED, Contradiction.IN_TIME_BUT_RECORDED_LATE),
        ),
    ],
)
def test_contradictions_are_named(rating, response, repaired, minutes, expected):
    contact = None if minutes is None else timedelta(minutes=minutes)

    found = contradictions(
        rating=rating, response=response, repaired=repaired, first_contact=contact, response_minutes=60
    )

    assert found == expected


NOW = at("14:00")
FRESH = InQueue(1, DUE)
FRESH_TOMORROW = InQueue(2, at("18:00", 13))
RETRY = InQueue(3, DUE, at("13:00"), has_attempts=True)
OLDER_RETRY = InQueue(4, DUE, at("12:00"), has_attempts=True)
PROMISED = InQueue(5, DUE, at("13:59"), is_promised=True, has_attempts=True)
PROMISED_LATER = InQueue(6, DUE, at("16:00"), is_promised=True, has_attempts=True)
WAITING = InQueue(7, at("14:30"), at("14:10"), has_attempts=True)
NEAR = InQueue(8, at("14:50"))
OVERDUE = InQueue(9, at("18:00", 11))
NO_DEADLINE = InQueue(10, None)


def test_service_follows_promise_deadline_fresh_retry():
    queue = [
        NO_DEADLINE,
        WAITING,
        PROMISED_LATER,
        RETRY,
        FRESH_TOMORROW,
        FRESH,
        NEAR,
        OLDER_RETRY,
        OVERDUE,
        PROMISED,
    ]

    served = sorted(queue, key=lambda item: service_key(item, NOW))

    assert served == [
        PROMISED,
        OVERDUE,
        NEAR,
        FRESH,
        FRESH_TOMORROW,
        NO_DEADLINE,
        OLDER_RETRY,
        RETRY,
        WAITING,
        PROMISED_LATER,
    ]
    assert [service_of(item, NOW) for item in (PROMISED, OVERDUE, FRESH, RETRY, WAITING)] == [
        Service.PROMISED,
        Service.NEAR_DEADLINE,
        Service.FRESH,
        Service.RETRY,
        Service.NOT_YET,
    ]


def test_next_at_is_the_first_of_those_that_wait():
    assert next_at([FRESH, PROMISED_LATER, WAITING], NOW) == at("14:10")
    assert next_at([FRESH, RETRY], NOW) is None
