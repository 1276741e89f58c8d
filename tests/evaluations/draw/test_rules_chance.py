"""Rule 5: the seed is the only source of chance, and every draw can be stored and replayed."""

import hashlib
import json
from collections import Counter
from dataclasses import replace

import pytest

from evaluations.draw.rules import (
    DISPATCHER,
    MANAGER,
    SOLVER,
    Assignment,
    DrawCount,
    DrawInput,
    DrawResult,
    draw,
    seed_of_run,
    seed_sha256,
)
from evaluations.draw.rules.seeds import lot
from tests.worlds.draws import LATER, NEXT, SHARE, in_group, order, orders, run_of


def seeds(n: int) -> list[str]:
    return [hashlib.sha256(str(number).encode()).hexdigest() for number in range(n)]


def test_seed_sha256_is_that_of_the_bytes():
    assert seed_sha256("00ff") == hashlib.sha256(b"\x00\xff").hexdigest()
    assert seed_sha256(b"\x00\xff") == seed_sha256("00ff")


def test_seed_of_run_appends_the_number_in_ascii_decimals():
    assert seed_of_run("00ff", 12) == hashlib.sha256(b"\x00\xff12").digest()
    assert seed_of_run(b"\x00\xff", 1) != seed_of_run(b"\x00\xff", 2)


def test_lot_is_the_head_of_a_hash_anybody_can_compute():
    expected = int(hashlib.sha256(b"seed" + b"order\x1fA1").hexdigest()[:16], 16)

    assert lot(b"seed", "order", "A1") == expected


def test_order_of_the_managers_is_the_one_with_the_smallest_lot():
    run = run_of(orders(10))
    seed = seed_of_run(run.seed, run.run)

    assert in_group(draw(run), MANAGER) == [
        min((o.number for o in run.orders), key=lambda number: lot(seed, "order", number))
    ]


def test_each_order_of_a_technician_is_as_likely_to_go_to_managers():
    run = run_of(orders(10))

    chosen = Counter(in_group(draw(replace(run, seed=seed)), MANAGER)[0] for seed in seeds(400))

    assert len(chosen) == 10
    assert max(chosen.values()) <= 65  # expected 40 ± 6


def test_equal_technicians_are_as_likely_to_be_chosen():
    run = run_of(orders(5, "T1", prefix="A") + orders(5, "T2", prefix="B"))

    chosen = Counter(in_group(draw(replace(run, seed=seed)), MANAGER)[0][0] for seed in seeds(200))

    assert all(70 <= chosen[technician] <= 130 for technician in "AB")


def test_one_more_or_one_less_for_managers_is_as_likely_where_both_are_as_near():
    run = run_of(orders(5))

    chosen = Counter(len(in_group(draw(replace(run, seed=seed)), MANAGER)) for seed in seeds(200))

    assert chosen.keys() == {0, 1}
    assert all(70 <= chosen[n] <= 130 for n in (0, 1))


def test_equal_callers_are_as_likely_to_be_given_an_order():
    run = run_of([order("A")], crew_counts={"C1": DrawCount(0, 9)})

    callers = Counter(draw(replace(run, seed=seed)).assignments[0].caller for seed in seeds(300))

    assert len(callers) == 6
    assert max(callers.values()) <= 80  # expected 50 ± 6.5


def test_each_order_of_a_technician_is_as_likely_to_go_to_each_caller():
    run = run_of(orders(6), dispatchers=("d1", "d2"), crew_counts={"C1": DrawCount(0, 9)})

    callers = Counter(draw(replace(run, seed=seed)).assignments[0].caller for seed in seeds(200))

    assert all(70 <= callers[caller] <= 130 for caller in ("d1", "d2"))


def test_another_run_of_the_day_draws_other_orders():
    run = run_of(orders(60))

    assert in_group(draw(run), MANAGER) != in_group(draw(replace(run, run=2)), MANAGER)


def test_same_input_in_another_sequence_gives_the_same_result():
    drawn = [order(f"N{n}", f"T{n % 9}", crew=f"C{n % 4}", barred=("d1", "m2")[: n % 3]) for n in range(80)]
    run = run_of(drawn)
    reversed_roster = {
        day: {group: names[::-1] for group, names in reversed(groups.items())}
        for day, groups in reversed(run.roster.items())
    }

    assert draw(run) == draw(replace(run, orders=tuple(reversed(drawn)), roster=reversed_roster))


def test_input_and_result_are_the_same_after_json():
    run = run_of(
        [order("A", barred=("d2", "d1")), order("B", "T2", group=MANAGER, calling_on=LATER)],
        crew_counts={"C1": DrawCount(10, 1)},
        technician_counts={"T1": DrawCount(3, 0)},
        spread={("T1", "d1"): 2},
        day_load={(NEXT, "d1"): 1},
        calling_day_load={(NEXT, "d1"): 2},
        month_load={"d1": 3},
    )
    result = draw(run)

    assert DrawInput.from_json(json.loads(json.dumps(run.to_json())), seed=run.seed) == run
    assert DrawResult.from_json(json.loads(json.dumps(result.to_json()))) == result


def test_json_of_an_input_keeps_these_names():
    """Stored inputs must be readable for years."""
    run = run_of([order("A", barred=("d1",))], dispatchers=("d1",), managers=(), month_load={"d1": 3})

    assert run.to_json() == {
        "day": "2026-11-03",
        "calling": [["2026-11-04", "2026-11-05"]],
        "barred": [["d1"]],
        "orders": [["A", "C1", "T1", 0, 0, ""]],
        "roster": {
            "2026-11-04": {"dispatcher": ["d1"], "manager": []},
            "2026-11-05": {"dispatcher": ["d1"], "manager": []},
        },
        "crew_counts": {},
        "technician_counts": {},
        "spread": [],
        "day_load": [],
        "calling_day_load": [],
        "month_load": {"d1": 3},
        "manager_share": "1/10",
        "run": 1,
        "excluded": {},
        "solver": SOLVER,
        "algorithm": 2,
    }


def test_json_of_a_result_keeps_these_names():
    result = DrawResult((Assignment("A", DISPATCHER, None, NEXT, "why"),), {"C1": 2}, SHARE, 3 * SHARE)

    assert result.to_json() == {
        "assignments": [["A", "dispatcher", None, "2026-11-04", "why"]],
        "debts": {"C1": 2},
        "worst_crew_deviation": "1/10",
        "worst_technician_deviation": "3/10",
    }


@pytest.mark.parametrize(("algorithm", "digest"), [(1, "c4ccb9cc3e834f32"), (2, "9cb5df31b21edf54")])
def test_draw_of_a_stored_example_has_not_changed(algorithm, digest):
    """A change here means that stored runs no longer replay: increase ALGORITHM."""
    drawn = [order(f"N{n:02}", f"T{n % 5}", crew=f"C{n % 2}") for n in range(30)]

    result = draw(run_of(drawn, algorithm=algorithm))

    assert hashlib.sha256(json.dumps(result.to_json()).encode()).hexdigest()[:16] == digest


@pytest.mark.parametrize(
    "run",
    [run_of([order("A"), order("A", "T2")]), replace(run_of([order("A")]), algorithm=0)],
    ids=["a number twice", "another algorithm"],
)
def test_draw_refuses_an_input_it_cannot_honour(run):
    with pytest.raises(ValueError):
        draw(run)
