"""Daily rows are replaced as a whole, only for past days in months that are not settled (domain §8.4)."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest

from evaluations.models import DailyScore
from evaluations.scores.daily import DayScore, daily_rows, refresh_daily_rows, score_day
from evaluations.scores.settle import reopen, settle
from satisfaction.accounts.models import User
from satisfaction.calendars import days
from satisfaction.core.errors import Refused
from tests.factories import OrderFactory, make_person
from tests.worlds.months import AFTER, MAY, evaluated, objection_upheld, technician

pytestmark = pytest.mark.django_db
DAY = date(2026, 5, 11)
NOW = days.moment_at(date(2026, 5, 20), time(9))


@pytest.fixture
def caller() -> User:
    return make_person("caller", "dispatcher")


def rows() -> list[tuple[Any, ...]]:
    fields = (
        "technician__employee_no",
        "crew__name",
        "orders",
        "taking_part",
        "self_points",
        "callback_points",
    )
    counts = ("satisfied", "basically_satisfied", "dissatisfied")
    return list(
        DailyScore.objects.order_by("day", "technician__employee_no", "crew__name").values_list(
            *fields, *counts
        )
    )


def test_score_day_writes_one_row_per_technician_and_crew(caller: User) -> None:
    one, two = technician("W1", "甲"), technician("W2", "乙")
    evaluated(one, 10, 10, caller)
    evaluated(one, 8, 6, caller)
    evaluated(one, 10, 8, caller, crew=two.crew)
    OrderFactory(technician=two)
    evaluated(two, 10, 10, caller, day=DAY + timedelta(days=1))

    done = score_day(DAY, now=NOW)

    assert done == DayScore(DAY, technicians=2, orders=4, taking_part=3, points=52)
    assert rows() == [
        ("W1", "乙", 1, 1, 10, 8, 0, 1, 0),
        ("W1", "甲", 2, 2, 18, 16, 1, 0, 1),
        ("W2", "乙", 1, 0, 0, 0, 0, 0, 0),
    ]


def test_score_day_twice_is_the_same(caller: User) -> None:
    evaluated(technician("W1", "甲"), 10, 10, caller)
    first, before = score_day(DAY, now=NOW), list(DailyScore.objects.values())

    assert score_day(DAY, now=NOW) == first
    assert list(DailyScore.objects.values()) == before


def test_score_day_removes_rows_no_longer_earned_and_updates_others(caller: User) -> None:
    kept, gone = technician("W1", "甲"), technician("W2", "甲")
    order = evaluated(kept, 10, 10, caller)
    moved = evaluated(gone, 10, 10, caller)
    score_day(DAY, now=NOW)
    moved.technician = kept
    moved.save(update_fields=["technician"])
    objection_upheld(order, caller)

    score_day(DAY, now=NOW)

    assert rows() == [("W1", "甲", 2, 1, 10, 10, 1, 0, 0)]


def test_score_day_without_orders_is_zeros() -> None:
    assert score_day(DAY, now=NOW) == DayScore(DAY, 0, 0, 0, 0)


@pytest.mark.parametrize("day", [date(2026, 5, 20), date(2026, 5, 21), date(2026, 6, 1)])
def test_score_day_of_today_or_later_is_refused(day: date) -> None:
    with pytest.raises(Refused, match=str(day)):
        score_day(day, now=NOW)


def test_score_day_of_a_settled_month_is_refused_and_changes_nothing(caller: User) -> None:
    evaluated(technician("W1", "甲"), 10, 10, caller)
    settle(MAY, by=None, now=AFTER)
    before = list(DailyScore.objects.values())
    evaluated(technician("W2", "甲"), 10, 10, caller)

    with pytest.raises(Refused, match="2026-05"):
        score_day(DAY, now=AFTER)

    assert list(DailyScore.objects.values()) == before


def test_settling_writes_rows_with_the_lowest_points_and_reopening_takes_them_back(caller: User) -> None:
    evaluated(technician("W1", "甲"), None, 8, caller)

    settle(MAY, by=None, now=AFTER)
    settled = rows()
    reopen(MAY, by=make_person("head", "head"), reason="补自评", now=AFTER)

    assert settled == [("W1", "甲", 1, 1, 6, 8, 0, 1, 0)]
    assert rows() == [("W1", "甲", 1, 0, 0, 0, 0, 0, 0)]


def test_refresh_brings_every_day_over_up_to_date_once(caller: User) -> None:
    who = technician("W1", "甲")
    for day in (date(2026, 4, 30), DAY, date(2026, 5, 19), date(2026, 5, 20)):
        evaluated(who, 10, 10, caller, day=day)

    first = refresh_daily_rows(date(2026, 4, 1), now=NOW)
    again = refresh_daily_rows(date(2026, 4, 1), now=NOW)

    assert (first, again) == ([date(2026, 4, 30), DAY, date(2026, 5, 19)], [])
    assert DailyScore.objects.count() == 3


def test_refresh_leaves_settled_months_alone(caller: User) -> None:
    evaluated(technician("W1", "甲"), None, 8, caller)
    settle(MAY, by=None, now=AFTER)

    assert refresh_daily_rows(date(2026, 4, 1), now=AFTER) == []
    assert rows() == [("W1", "甲", 1, 1, 6, 8, 0, 1, 0)]


def test_daily_rows_for_the_workbook_are_computed_and_ordered(caller: User) -> None:
    one, two = technician("W1", "甲"), technician("W2", "乙")
    evaluated(one, 10, 10, caller)
    evaluated(two, 10, 8, caller)
    evaluated(one, 10, 6, caller, day=date(2026, 6, 1))

    found = daily_rows(DAY, date(2026, 6, 2))
    own = daily_rows(DAY, date(2026, 6, 2), crews=[one.crew_id])

    assert [(r.day, r.crew.name, r.technician.employee_no, r.tally.points) for r in found] == [
        (DAY, "乙", "W2", 18),
        (DAY, "甲", "W1", 20),
        (date(2026, 6, 1), "甲", "W1", 16),
    ]
    assert [(r.day, r.technician.employee_no) for r in own] == [(DAY, "W1"), (date(2026, 6, 1), "W1")]


def test_daily_rows_of_a_settled_month_are_the_stored_ones(caller: User) -> None:
    evaluated(technician("W1", "甲"), None, 8, caller)
    settle(MAY, by=None, now=AFTER)

    assert [row.tally.self_points for row in daily_rows(DAY, DAY)] == [6]
