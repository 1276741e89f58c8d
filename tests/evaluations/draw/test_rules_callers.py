"""Rules 3, 4, 6 and 7: choosing the caller within the group."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest

from evaluations.draw.rules import DISPATCHER, MANAGER, NO_ELIGIBLE_CALLER, Assignment, DrawCount, draw
from evaluations.draw.rules.callers import NEAR_MONTH
from tests.worlds.draws import DAY, LATER, NEXT, Month, loads, order, orders, run_of

TWO = ("d1", "d2")
# C1 and T1 are so far above their share that all their orders go to dispatchers.
ENOUGH = {"crew_counts": {"C1": DrawCount(0, 9)}, "technician_counts": {"T1": DrawCount(0, 9)}}


def test_load_within_each_group_differs_by_at_most_one():
    result = draw(run_of(orders(100)))

    assert sorted(loads(result, DISPATCHER).values()) == [15] * 6
    assert sorted(loads(result, MANAGER).values()) == [3, 3, 4]


def test_load_counts_earlier_runs_of_the_same_closing_and_calling_day():
    result = draw(run_of(orders(5), dispatchers=TWO, day_load={(NEXT, "d1"): 3}, **ENOUGH))

    assert loads(result, DISPATCHER) == {"d1": 1, "d2": 4}


def test_load_of_earlier_runs_is_never_moved_only_made_up():
    result = draw(run_of(orders(2), dispatchers=TWO, day_load={(NEXT, "d1"): 9}, **ENOUGH))

    assert loads(result, DISPATCHER) == {"d2": 2}


def test_load_of_another_calling_day_does_not_count():
    result = draw(run_of(orders(4), dispatchers=TWO, day_load={(LATER, "d1"): 9}, **ENOUGH))

    assert loads(result, DISPATCHER) == {"d1": 2, "d2": 2}


@pytest.mark.parametrize(
    ("calling_day_load", "month_load", "more"),
    [
        ({(NEXT, "d1"): 4, (NEXT, "d2"): 6}, {"d1": 90, "d2": 10}, "d1"),
        ({(NEXT, "d1"): 6, (NEXT, "d2"): 4}, {"d1": 10, "d2": 90}, "d2"),
        ({(NEXT, "d1"): 5, (NEXT, "d2"): 5}, {"d1": 10, "d2": 15}, "d1"),
        ({(LATER, "d1"): 5}, {"d1": 10, "d2": 15}, "d1"),
        ({}, {"d1": 4}, "d2"),
    ],
)
def test_load_tie_goes_to_less_on_the_calling_day_then_in_the_month(calling_day_load, month_load, more):
    result = draw(
        run_of(orders(3), dispatchers=TWO, calling_day_load=calling_day_load, month_load=month_load, **ENOUGH)
    )

    assert loads(result, DISPATCHER).most_common(1) == [(more, 2)]


@pytest.mark.parametrize(
    ("calling_day_load", "month_load"), [({(NEXT, "d2"): 1}, {}), ({}, {"d1": 10, "d2": 12})]
)
def test_near_load_leaves_the_caller_to_the_lot(calling_day_load, month_load):
    run = run_of(
        [order("A")], dispatchers=TWO, calling_day_load=calling_day_load, month_load=month_load, **ENOUGH
    )

    given = Counter(draw(replace(run, seed=f"{n:064x}")).assignments[0].caller for n in range(100))

    assert given.keys() == {"d1", "d2"} and min(given.values()) > 30


def test_load_tie_compares_the_calling_day_as_it_is_when_the_extra_order_is_given():
    """d1 already got one order of this closing day; without it both have four on the calling day, and d1
    has fewer in the month."""
    result = draw(
        run_of(
            orders(2),
            dispatchers=TWO,
            day_load={(NEXT, "d1"): 1},
            calling_day_load={(NEXT, "d1"): 5, (NEXT, "d2"): 4},
            month_load={"d1": 20, "d2": 30},
            **ENOUGH,
        )
    )

    assert loads(result, DISPATCHER) == {"d1": 1, "d2": 1}


def test_load_goes_before_spread():
    """d2 never called for T1 and d1 did seven times; d1 still wins the tie."""
    result = draw(
        run_of(
            [order("A")], dispatchers=TWO, spread={("T1", "d1"): 7}, month_load={"d1": 7, "d2": 12}, **ENOUGH
        )
    )

    assert result.assignments[0].caller == "d1"


@pytest.mark.parametrize("seed", ["00", "01", "02", "03", "04"])
def test_spread_evens_out_over_the_month(seed):
    spread = {("T1", "d1"): 3, ("T1", "d2"): 1, ("T2", "d1"): 1, ("T2", "d2"): 3}
    drawn = orders(2, "T1", prefix="A") + orders(2, "T2", prefix="B")

    result = draw(
        run_of(drawn, dispatchers=TWO, spread=spread, seed=seed, crew_counts={"C1": DrawCount(0, 9)})
    )

    assert {given.number[0]: given.caller for given in result.assignments} == {"A": "d2", "B": "d1"}


@pytest.mark.parametrize("seed", ["00", "01", "02", "03", "04"])
def test_spread_decides_among_callers_with_equal_load(seed):
    """Two orders, three callers with equal loads: T1's order goes to the caller with the fewest of T1's orders."""
    spread = {("T1", "d1"): 2, ("T1", "d2"): 1, ("T1", "d3"): 1}

    result = draw(run_of(orders(2), dispatchers=("d1", "d2", "d3"), spread=spread, seed=seed, **ENOUGH))

    assert loads(result, DISPATCHER) == {"d2": 1, "d3": 1}


def test_barred_callers_get_none_and_the_rest_stays_even():
    drawn = orders(6, prefix="A", barred=("d1",)) + orders(6, prefix="B", barred=("d2",))

    result = draw(run_of(drawn, dispatchers=TWO, **ENOUGH))

    assert loads(result, DISPATCHER) == {"d1": 6, "d2": 6}
    assert {(given.number[0], given.caller) for given in result.assignments} == {("A", "d2"), ("B", "d1")}


def test_barred_callers_make_load_uneven_only_as_far_as_they_must():
    drawn = orders(6, prefix="A", barred=("d1", "d2")) + orders(4, prefix="B")

    result = draw(run_of(drawn, dispatchers=("d1", "d2", "d3", "d4"), **ENOUGH))

    assert loads(result, DISPATCHER) == {"d1": 2, "d2": 2, "d3": 3, "d4": 3}


def test_absent_callers_get_none():
    month = Month(dispatchers=("d1", "d2"), managers=("m1",))
    month.absent = {(NEXT, "d1")}

    result = month.run(DAY, orders(8))

    assert loads(result, DISPATCHER).keys() == {"d2"}


def test_only_one_caller_of_each_group_gets_everything():
    result = draw(run_of(orders(20), dispatchers=("d1",), managers=("m1",)))

    assert loads(result, DISPATCHER) == {"d1": 18}
    assert loads(result, MANAGER) == {"m1": 2}


def test_order_without_dispatcher_waits_with_its_group_stored():
    result = draw(run_of([order("A")], dispatchers=(), managers=()))

    assert result.assignments == (Assignment("A", DISPATCHER, None, NEXT, NO_ELIGIBLE_CALLER),)


@pytest.mark.parametrize(("group", "caller"), [(DISPATCHER, "d1"), (MANAGER, "m1")])
def test_waiting_order_gets_a_caller_of_its_group_and_counts_no_second_time(group, caller):
    drawn = [order("A", group=group)]
    counts = {"crew_counts": {"C1": DrawCount(1, 0)}, "technician_counts": {"T1": DrawCount(1, 0)}}

    result = draw(run_of(drawn, dispatchers=("d1",), managers=("m1",), **counts))

    assert result.assignments == (Assignment("A", group, caller, NEXT),)
    assert (
        result.worst_crew_deviation == result.worst_technician_deviation == abs(0 - run_of([]).manager_share)
    )


def test_waiting_orders_and_new_ones_share_the_load():
    waiting = orders(4, prefix="W", group=DISPATCHER)

    result = draw(run_of([*waiting, *orders(4)], dispatchers=TWO, **ENOUGH))

    assert loads(result, DISPATCHER) == {"d1": 4, "d2": 4}


def test_second_run_of_a_day_assigns_only_its_own_orders_and_keeps_every_rule():
    month = Month()
    first = month.run(DAY, orders(37, prefix="A"))

    second = month.run(DAY, orders(26, prefix="B"))

    assert {given.number[0] for given in second.assignments} == {"B"}
    assert second.worst_crew_deviation < 1
    assert [month.load_difference(DAY, NEXT, group) for group in (DISPATCHER, MANAGER)] in (
        [0, 1],
        [1, 0],
        [1, 1],
    )
    assert len(first.assignments) + len(second.assignments) == 63


def test_late_arrivals_have_their_own_calling_day_and_load():
    month = Month()
    month.run(DAY, orders(31, prefix="A"))

    result = month.run(
        DAY, orders(13, prefix="B", calling_on=LATER, later=LATER + timedelta(1)) + orders(9, prefix="C")
    )

    assert {(given.number[0], given.calling_on) for given in result.assignments} == {
        ("B", LATER),
        ("C", NEXT),
    }
    assert all(
        month.load_difference(DAY, calling_on, group) <= 1
        for calling_on in (NEXT, LATER)
        for group in (DISPATCHER, MANAGER)
    )


def test_calling_day_missing_in_the_roster_has_nobody_on_duty():
    drawn = [order("A", calling_on=date(2026, 12, 24), later=date(2026, 12, 25))]

    result = draw(run_of(drawn))

    assert [given.caller for given in result.assignments] == [None]


def test_every_caller_of_a_month_has_about_the_same_number():
    month = Month()
    for day in range(1, 31):
        rows = [(f"{day}-{n}", f"C{n % 4}", f"T{n % 7}") for n in range(1 + day * 7 % 23)]
        month.rows(DAY.replace(day=day), rows)

    by_group = Counter(name[0] for name in month.month_load)
    assert by_group == {"d": 6, "m": 3}
    for initial in by_group:
        counts = [n for name, n in month.month_load.items() if name[0] == initial]
        assert max(counts) - min(counts) <= NEAR_MONTH
