"""`score_day` and `rank_month` as in docs/contract.md: one JSON document, exit codes, one sentence on refusal."""

from __future__ import annotations

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from evaluations.models import DailyScore, Settlement
from tests.factories import OrderFactory, make_person
from tests.worlds.months import AFTER, MAY, evaluated, technician

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def after(time_machine) -> None:
    time_machine.move_to(AFTER, tick=False)


@pytest.fixture(autouse=True)
def month() -> None:
    """W1: 20 and 18 on May 11; plus an order without a call so far."""
    caller, who = make_person("caller", "dispatcher"), technician("W1", "甲")
    evaluated(who, 10, 10, caller)
    evaluated(who, 10, 8, caller)
    OrderFactory(technician=who, number="A-9")


def told(*arguments: str) -> dict:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def refused(*arguments: str) -> str:
    with pytest.raises(CommandError) as refusal:
        call_command(*arguments)
    assert refusal.value.returncode == 2
    return str(refusal.value)


def test_score_day_tells_its_numbers() -> None:
    assert told("score_day", "2026-05-11") == {
        "day": "2026-05-11",
        "technicians": 1,
        "orders": 3,
        "taking_part": 2,
        "points": 38,
    }
    assert DailyScore.objects.get().points == 38


def test_score_day_without_orders_is_zeros() -> None:
    numbers = dict.fromkeys(("technicians", "orders", "taking_part", "points"), 0)

    assert told("score_day", "2026-05-12") == {"day": "2026-05-12", **numbers}


@pytest.mark.parametrize("day", ["2026-06-06", "2026-12-01", "11.5.2026"])
def test_score_day_refuses(day: str) -> None:
    assert day in refused("score_day", day)


def test_rank_month_tells_the_ranking_and_settles_it() -> None:
    provisional = told("rank_month", "2026-05")
    settled = told("rank_month", "2026-05", "--settle")

    assert (provisional["state"], provisional["star"]) == ("provisional", ["W1"])
    assert settled == {**provisional, "state": "settled"}
    assert settled["left_out"] == [{"number": "A-9", "reason": "waiting"}]
    assert Settlement.objects.get().month == MAY


def test_settled_month_is_told_byte_for_byte_and_not_scored_again() -> None:
    def output(*arguments: str) -> str:
        out = StringIO()
        call_command("rank_month", "2026-05", "--json", *arguments, stdout=out)
        return out.getvalue()

    first = output("--settle")

    assert output("--settle") == output() == first
    assert "2026-05" in refused("score_day", "2026-05-11")


@pytest.mark.parametrize("month", ["2026-06", "2027-01", "2026-5-1", "1999-01"])
def test_rank_month_refuses_to_settle(month: str) -> None:
    assert month in refused("rank_month", month, "--settle")


def test_rank_month_refuses_while_deadlines_run(time_machine) -> None:
    time_machine.move_to("2026-06-01T09:00:00+08:00", tick=False)
    OrderFactory(technician=technician("W2", "甲"), day=date(2026, 5, 31))

    assert "D+2" in refused("rank_month", "2026-05", "--settle")


def test_ranking_is_readable_without_json() -> None:
    out = StringIO()
    call_command("rank_month", "2026-05", stdout=out)

    assert [line.split() for line in out.getvalue().splitlines()[1:]] == [
        ["1", "19.30", "2/3", "W1", "师傅W1"],
        ["1", "19.30", "2/3", "甲"],
    ]
