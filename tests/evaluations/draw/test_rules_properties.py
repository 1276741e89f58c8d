"""Properties of the draw for any crews, people, days and history."""

import heapq
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from functools import partial

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from evaluations.draw.rules import DISPATCHER, MANAGER, DrawInput, DrawOrder, DrawResult, draw
from evaluations.draw.rules.callers import NEAR_CALLING_DAY, NEAR_MONTH
from evaluations.draw.rules.groups import FEW_ORDERS
from tests.worlds.draws import DAY, NEXT, SHARE, Month, order

EVERYBODY = [f"d{n}" for n in range(1, 7)] + [f"m{n}" for n in range(1, 4)]


@st.composite
def months(draw_from: st.DrawFn, *, is_barring: bool, is_absence: bool) -> Month:
    """A month after several runs: several per day, late arrivals, uneven days."""
    dispatchers = EVERYBODY[: draw_from(st.integers(1, 6))]
    managers = EVERYBODY[6:][: draw_from(st.integers(1, 3))]
    month = Month(dispatchers, managers)
    if is_absence:
        days = [DAY + timedelta(n) for n in range(7)]
        month.absent = draw_from(
            st.sets(st.tuples(st.sampled_from(days), st.sampled_from(EVERYBODY)), max_size=25)
        )
    for number in range(draw_from(st.integers(0, 4))):
        day = DAY + timedelta(draw_from(st.integers(0, 2)))
        month.run(day, draw_from(batches(f"run{number}-", day=day, is_barring=is_barring)))
    return month


@st.composite
def batches(draw_from: st.DrawFn, prefix: str, *, day: date = DAY, is_barring: bool) -> list[DrawOrder]:
    """Orders of three crews and five technicians; some technicians work for two crews."""
    size = draw_from(st.integers(0, 45))
    random = draw_from(st.randoms(use_true_random=False))
    barring = st.sets(st.sampled_from(EVERYBODY), max_size=9) if is_barring else st.just(set())
    barred = [draw_from(barring) for _ in range(3)]
    drawn = []
    for number in range(size):
        calling_on = day + timedelta(1 + (random.random() < 0.2))
        drawn.append(
            order(
                f"{prefix}{number}",
                f"T{random.randint(1, 5)}",
                crew=f"C{random.randint(1, 3)}",
                barred=random.choice(barred),
                calling_on=calling_on,
                later=calling_on + timedelta(1),
            )
        )
    return drawn


@st.composite
def runs(draw_from: st.DrawFn, *, is_barring: bool = False, is_absence: bool = False) -> DrawInput:
    month = draw_from(months(is_barring=is_barring, is_absence=is_absence))
    seed = draw_from(st.binary(min_size=32, max_size=32)).hex()
    return month.input(DAY, draw_from(batches("now-", is_barring=is_barring)), seed=seed)


@given(runs(is_barring=True, is_absence=True))
def test_every_order_is_assigned_exactly_once(run):
    result = draw(run)

    assert [assigned.number for assigned in result.assignments] == sorted(o.number for o in run.orders)
    assert all(assigned.group in (DISPATCHER, MANAGER) for assigned in result.assignments)


@given(runs(is_barring=True, is_absence=True))
def test_callers_are_on_duty_that_day_in_that_group_and_not_barred(run):
    result = draw(run)

    barred = {o.number: o.barred for o in run.orders}
    for assigned in result.assignments:
        if assigned.caller:
            assert assigned.caller in run.on_duty(assigned.calling_on, assigned.group)
            assert assigned.caller not in barred[assigned.number]


@given(runs(is_barring=True, is_absence=True))
def test_orders_wait_only_when_nobody_of_their_group_may_call(run):
    result = draw(run)

    by_number = {o.number: o for o in run.orders}
    for assigned in result.assignments:
        may = set(run.on_duty(assigned.calling_on, assigned.group)) - by_number[assigned.number].barred
        assert bool(may) == bool(assigned.caller)


@given(runs(is_barring=True, is_absence=True))
def test_only_managers_orders_move_to_the_later_day(run):
    result = draw(run)

    by_number = {o.number: o for o in run.orders}
    for assigned in result.assignments:
        drawn = by_number[assigned.number]
        if assigned.calling_on != drawn.calling_on:
            assert (assigned.group, assigned.calling_on) == (MANAGER, drawn.later_calling_on)
            assert set(run.on_duty(drawn.calling_on, MANAGER)) <= drawn.barred


@given(runs())
def test_crews_are_less_than_one_off(run):
    result = draw(run)

    assert result.worst_crew_deviation < 1
    assert result.debts == {}


@given(runs(is_barring=True, is_absence=True))
def test_crews_are_less_than_one_off_or_have_given_all_they_could(run):
    """A crew is above its share only because of an earlier debt, and below it only with a recorded debt."""
    result = draw(run)

    group = {assigned.number: assigned.group for assigned in result.assignments}
    for crew in {o.crew for o in run.orders}:
        mine = [o for o in run.orders if o.crew == crew]
        drawn, managers = run.crew_counts.get(crew, (0, 0))
        off = managers + sum(group[o.number] == MANAGER for o in mine) - SHARE * (drawn + len(mine))
        assert abs(off + result.debts.get(crew, 0)) < 1
        if crew in result.debts:
            for o in mine:
                may = set(run.on_duty(o.calling_on, MANAGER)) | set(run.on_duty(o.later_calling_on, MANAGER))
                assert group[o.number] == MANAGER or may <= o.barred


@given(runs())
def test_no_swap_within_a_crew_brings_two_technicians_nearer_than_the_lot_moved_them(run):
    result = draw(run)

    moved = Fraction(FEW_ORDERS, max(len(run.orders), FEW_ORDERS))
    group = {assigned.number: assigned.group for assigned in result.assignments}
    off = {name: m - SHARE * n for name, (n, m) in run.technician_counts.items()}
    for o in run.orders:
        off[o.technician] = off.get(o.technician, Fraction(0)) + (group[o.number] == MANAGER) - SHARE
    for one in run.orders:
        for other in run.orders:
            if one.crew == other.crew and (group[one.number], group[other.number]) == (MANAGER, DISPATCHER):
                assert (
                    one.technician == other.technician
                    or off[one.technician] - off[other.technician] <= 1 + 2 * moved
                )


@given(runs(is_absence=True))
def test_load_is_what_giving_one_by_one_to_who_has_least_would_make_it(run):
    """Least loaded on the closing day first, then nearly least on that calling day, then nearly least this month."""
    result = draw(run)

    month_load = Counter(run.month_load)
    placed = [assigned for assigned in result.assignments if assigned.caller]
    for calling_on, group in sorted({(assigned.calling_on, assigned.group) for assigned in placed}):
        given_to = [a.caller for a in placed if (a.calling_on, a.group) == (calling_on, group)]
        keys = {
            name: (
                run.day_load.get((calling_on, name), 0),
                run.calling_day_load.get((calling_on, name), 0),
                month_load[name],
            )
            for name in run.on_duty(calling_on, group)
        }
        month_load.update(given_to)
        turns = {name: partial(near_turn, keys.values(), key) for name, key in keys.items()}
        assert turns_given(turns, Counter(given_to)) == turns_one_by_one(turns, len(given_to))


Loads = tuple[int, int, int]
Turn = Callable[[int], Loads]


def near_turn(everybody: Iterable[Loads], own: Loads, more: int) -> Loads:
    """Loads of a caller who got `more` orders, with the loads of day and month nearly equal."""
    least = [min(column) for column in zip(*everybody, strict=True)]
    near = (1, NEAR_CALLING_DAY, NEAR_MONTH)
    day, calling_day, month = (
        (load - low + more) // by for load, low, by in zip(own, least, near, strict=True)
    )
    return day, calling_day, month


def turns_given(turns: dict[str, Turn], given_to: Counter[str]) -> list[Loads]:
    return sorted(turns[name](n) for name in turns for n in range(given_to[name]))


def turns_one_by_one(turns: dict[str, Turn], n: int) -> list[Loads]:
    waiting, taken = [(turn(0), name, 0) for name, turn in turns.items()], []
    heapq.heapify(waiting)
    for _ in range(n):
        least, name, more = waiting[0]
        taken.append(least)
        heapq.heapreplace(waiting, (turns[name](more + 1), name, more + 1))
    return sorted(taken)


@given(months(is_barring=False, is_absence=False), st.data())
def test_load_of_a_closing_day_differs_by_at_most_one_over_all_its_runs(month, data):
    month.run(DAY, data.draw(batches("now-", is_barring=False)))

    assert all(
        month.load_difference(day, calling_on, group) <= 1
        for day, counts in month.day_loads.items()
        for calling_on in {calling_on for calling_on, _ in counts}
        for group in (DISPATCHER, MANAGER)
    )


@given(runs(is_barring=True, is_absence=True))
def test_no_order_could_go_to_somebody_with_two_less(run):
    result = draw(run)

    load = Counter(run.day_load)
    load.update((a.calling_on, a.caller) for a in result.assignments if a.caller)
    barred = {o.number: o.barred for o in run.orders}
    for a in result.assignments:
        may = set(run.on_duty(a.calling_on, a.group)) - barred[a.number]
        assert all(load[a.calling_on, a.caller] - load[a.calling_on, name] <= 1 for name in may)


@given(runs(is_barring=True, is_absence=True), st.randoms(use_true_random=False))
def test_sequence_of_the_orders_does_not_matter(run, random):
    shuffled = random.sample(run.orders, len(run.orders))

    assert draw(replace(run, orders=tuple(shuffled))) == draw(run)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
@settings(max_examples=30)
def test_another_seed_draws_other_orders(seed, other):
    assume(seed != other)
    drawn = [order(f"N{n}", f"T{n % 5}") for n in range(200)]
    month = Month()

    results = [draw(month.input(DAY, drawn, seed=value.hex())) for value in (seed, other)]

    assert results[0] != results[1]


@given(runs(is_barring=True, is_absence=True))
def test_json_round_trip_is_exact_and_replays(run):
    stored = DrawInput.from_json(json.loads(json.dumps(run.to_json())), seed=run.seed)
    result = draw(run)

    assert stored == run
    assert DrawResult.from_json(json.loads(json.dumps(result.to_json()))) == draw(stored) == result


@given(runs(is_absence=True), st.data())
def test_waiting_orders_only_get_a_caller(run, data):
    first = draw(run)
    waiting = [a for a in first.assignments if a.caller is None]
    by_number = {o.number: o for o in run.orders}
    drawn = tuple(
        replace(by_number[a.number], group=a.group, calling_on=NEXT + timedelta(9)) for a in waiting
    )
    there = {NEXT + timedelta(9): {DISPATCHER: ("d1", "d2"), MANAGER: ("m1",)}}

    second = draw(replace(run, orders=drawn, roster=there, run=run.run + 1))

    assert [(a.number, a.group) for a in second.assignments] == [(a.number, a.group) for a in waiting]
    assert all(a.caller for a in second.assignments)
