"""Load-test data (contract: generate): exact counts, drawn by the rules, settled when due."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db.models import F
from hypothesis import given
from hypothesis import strategies as st

from evaluations.draw.register import register_rows
from evaluations.draw.replay import replay_day
from evaluations.enums import CallbackState
from evaluations.models import Callback, DailyScore, DrawRun, SelfEvaluation, Settlement
from satisfaction.core.errors import Refused
from satisfaction.core.roles import Role
from satisfaction.demo.generate import CentreSize, generate
from satisfaction.scheduler.catch_up import catch_up
from tests.factories import OrderFactory, make_person
from workorders.models import Crew, Technician, WorkOrder

NOW = datetime(2026, 11, 12, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
TODAY = date(2026, 11, 12)
SHAPE = CentreSize(orders=900, length=45, today=TODAY, open_share=0.1)
MONTHS = (date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1))


@given(orders=st.integers(1, 5000), length=st.integers(1, 400))
def test_days_add_up_to_the_orders_asked_for(orders: int, length: int) -> None:
    by_day = CentreSize(orders=orders, length=length, today=TODAY).by_day()

    assert sum(by_day.values()) == orders
    assert (min(by_day), max(by_day)) == (TODAY - timedelta(days=length), TODAY - timedelta(days=1))
    assert min(by_day.values()) >= 0


def test_orders_are_as_many_as_asked_for(db: None) -> None:
    made = generate(SHAPE, now=NOW)

    assert (made.orders, made.technicians, made.crews) == (900, 7, 2)
    assert (WorkOrder.objects.count(), Technician.objects.count(), Crew.objects.count()) == (900, 7, 2)


def test_latest_orders_wait_to_be_called_and_all_others_are_evaluated(db: None) -> None:
    generate(SHAPE, now=NOW)
    latest = WorkOrder.objects.order_by("-closed_at", "-number").values_list("pk", flat=True)[:90]

    waiting = Callback.objects.filter(state=CallbackState.ASSIGNED).values_list("order", flat=True)

    assert set(waiting) == set(
        WorkOrder.objects.in_scope().filter(pk__in=latest).values_list("pk", flat=True)
    )
    assert Callback.objects.count() == WorkOrder.objects.in_scope().count()
    assert not SelfEvaluation.objects.filter(order__in=waiting).exists()
    assert Callback.objects.exclude(order__in=waiting).filter(published_at__isnull=True).count() == 0


def test_with_open_days_only_orders_of_the_last_days_wait_to_be_called(db: None) -> None:
    generate(CentreSize(orders=900, length=45, today=TODAY, open_days=2), now=NOW)

    waiting = Callback.objects.filter(state=CallbackState.ASSIGNED).values_list("order", flat=True)

    last_days = (TODAY - timedelta(days=2), TODAY - timedelta(days=1))
    assert set(waiting) == set(
        WorkOrder.objects.in_scope().closed_between(*last_days).values_list("pk", flat=True)
    )


@pytest.mark.parametrize(("open_days", "first_open"), [(0, 41), (1, 31), (2, 21), (4, 1)])
def test_open_days_decide_the_first_open_order(open_days: int, first_open: int) -> None:
    # Tuesday to Friday: as many orders on each day.
    shape = CentreSize(orders=40, length=4, today=date(2026, 11, 14), open_days=open_days)

    assert shape.first_open == first_open


def test_number_of_technicians_can_be_set(db: None) -> None:
    made = generate(CentreSize(orders=30, length=3, today=TODAY, staff=20), now=NOW)

    assert (made.technicians, made.crews, Technician.objects.count()) == (20, 4, 20)


def test_months_past_their_settle_day_are_settled(db: None) -> None:
    made = generate(SHAPE, now=NOW)

    assert made.settled == MONTHS[:2]
    assert [row.month for row in Settlement.objects.order_by("month")] == list(MONTHS[:2])
    assert DailyScore.objects.filter(day__gte=MONTHS[2]).exists()


def test_draw_keeps_the_hard_rules_and_replays(db: None) -> None:
    generate(SHAPE, now=NOW)

    assert worst_crew_share() < 1
    assert worst_load() <= 1
    assert all(replay_day(day).equal for day in SHAPE.closing_days)
    assert not DrawRun.objects.filter(is_committed=True).exists()


def worst_crew_share() -> Fraction:
    """The largest distance of any crew from 10 % after any day."""
    worst = Fraction(0)
    for month in MONTHS:
        orders: Counter[str] = Counter()
        managers: Counter[str] = Counter()
        for row in register_rows(month):
            orders[row.crew] += 1
            managers[row.crew] += row.group == "manager"
            worst = max(
                worst, abs(managers[row.crew] - Fraction(orders[row.crew], 10)) if is_last(row) else 0
            )
    return worst


def is_last(row: object) -> bool:
    """Shares hold after a run, not during it."""
    numbers = Callback.objects.filter(order__closed_on=row.day, order__crew__name=row.crew)
    return numbers.order_by("-order__number").values_list("order__number", flat=True)[0] == row.number


def worst_load() -> int:
    loads: dict[tuple[date, str], Counter[str]] = defaultdict(Counter)
    for month in MONTHS:
        for row in register_rows(month):
            loads[row.day, row.group][row.caller] += 1
    people = {"dispatcher": SHAPE.dispatchers, "manager": SHAPE.managers}
    return max(
        max(load.values()) - (min(load.values()) if len(load) == people[group] else 0)
        for (_day, group), load in loads.items()
    )


def test_repeats_come_back_after_their_original_was_closed(db: None) -> None:
    generate(SHAPE, now=NOW)
    repeats = WorkOrder.objects.filter(repeat_of__isnull=False)

    assert repeats.exists()
    assert not repeats.filter(reported_at__lte=F("repeat_of__closed_at")).exists()


def test_nothing_is_due_afterwards_but_seeds_and_reminders(db: None) -> None:
    generate(SHAPE, now=NOW)

    caught = catch_up(now=NOW)

    assert {done.what for done in caught.done} == {"seed", "reminders"}
    assert caught.failed == ()


def test_more_orders_can_come_in_afterwards(db: None) -> None:
    generate(SHAPE, now=NOW)

    order = OrderFactory(technician=Technician.objects.first())

    assert (
        order.pk == WorkOrder.objects.exclude(pk=order.pk).order_by("-pk").values_list("pk", flat=True)[0] + 1
    )


def test_command_prints_the_keys_of_the_contract(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("generate", "--orders", "30", "--days", "3", "--json")

    document = json.loads(capsys.readouterr().out)

    assert list(document) == ["orders", "technicians", "crews", "seconds"]
    assert (document["orders"], document["technicians"], document["crews"]) == (30, 4, 1)
    assert document["seconds"] == f"{float(document['seconds']):.2f}"


@pytest.mark.parametrize(
    "arguments",
    [
        ["--orders", "many", "--days", "3"],
        ["--orders", "0", "--days", "3"],
        ["--orders", "30", "--days", "-1"],
        ["--orders", "30", "--days", "99999999"],
        ["--orders", "30", "--days", "3", "--open-share", "1.5"],
        ["--orders", "30", "--days", "3", "--open-share", "half"],
        ["--orders", "30", "--days", "3", "--open-days", "4"],
        ["--orders", "30", "--days", "3", "--open-days", "two"],
        ["--orders", "30", "--days", "3", "--technicians", "0"],
    ],
)
def test_wrong_arguments_are_refused(db: None, arguments: list[str]) -> None:
    with pytest.raises(CommandError) as refused:
        call_command("generate", *arguments)

    assert (refused.value.returncode, WorkOrder.objects.count()) == (2, 0)


def test_generate_is_refused_where_data_is(db: None) -> None:
    make_person("somebody", Role.ADMIN)

    with pytest.raises(Refused, match="已有数据"):
        generate(SHAPE, now=NOW)
