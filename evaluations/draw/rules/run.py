"""One run of the draw: groups first, then callers (domain §5)."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from .callers import DrawCounts, assign_callers
from .groups import decide_groups, managers_day
from .seeds import lot, seed_of_run
from .shapes import (
    ALGORITHMS,
    DISPATCHER,
    MANAGER,
    NO_ELIGIBLE_CALLER,
    Assignment,
    DrawCount,
    DrawInput,
    DrawOrder,
    DrawResult,
)


def draw(run: DrawInput) -> DrawResult:
    """Assigns every order of the run to a group, and to a caller of the group if one is on duty and may call.

    The result depends on the input only, not on the sequence of its orders. Raises ValueError for a repeated order
    number or an unknown version of the algorithm.
    """
    _check(run)
    seed = seed_of_run(run.seed, run.run)
    managers, debts = decide_groups(run, seed)
    placed = {order.number: _place(run, order, managers) for order in run.orders}
    callers = _callers(run, placed, seed)
    assignments = []
    for number, (group, calling_on, reason) in sorted(placed.items()):
        caller = callers.get(number)
        assignments.append(
            Assignment(number, group, caller, calling_on, reason if caller else NO_ELIGIBLE_CALLER)
        )
    crew, technician = _deviations(run, managers)
    return DrawResult(tuple(assignments), debts, crew, technician)


def _check(run: DrawInput) -> None:
    if run.algorithm not in ALGORITHMS:
        raise ValueError(f"drawn with algorithm {run.algorithm}, known are {ALGORITHMS}")
    if len({order.number for order in run.orders}) != len(run.orders):
        raise ValueError("an order number stands twice in the input of the draw")


def _place(run: DrawInput, order: DrawOrder, managers: frozenset[str]) -> tuple[str, date, str]:
    """Returns group, calling day, reason. Only managers' orders move to D+2, if no manager can call on D+1."""
    group = order.group or (MANAGER if order.number in managers else DISPATCHER)
    day = managers_day(run, order) if group == MANAGER else None
    return group, *(day or (order.calling_on, ""))


def _callers(run: DrawInput, placed: Mapping[str, tuple[str, date, str]], seed: bytes) -> dict[str, str]:
    batches: dict[tuple[date, str], list[DrawOrder]] = defaultdict(list)
    for order in sorted(run.orders, key=lambda order: lot(seed, "order", order.number)):
        group, calling_on, _ = placed[order.number]
        batches[calling_on, group].append(order)
    counts = DrawCounts.before_run(run)
    callers: dict[str, str] = {}
    for (calling_on, group), orders in sorted(batches.items()):
        on_duty = run.on_duty(calling_on, group)
        callers |= assign_callers(
            orders,
            on_duty=on_duty,
            calling_on=calling_on,
            counts=counts,
            seed=seed,
            algorithm=run.algorithm,
        )
    return callers


def _deviations(run: DrawInput, managers: frozenset[str]) -> tuple[Fraction, Fraction]:
    new = [(order, order.number in managers) for order in run.orders if not order.group]
    crews = [(order.crew, is_manager) for order, is_manager in new]
    technicians = [(order.technician, is_manager) for order, is_manager in new]
    return (
        _worst(run.crew_counts, crews, run.manager_share),
        _worst(run.technician_counts, technicians, run.manager_share),
    )


def _worst(counts: Mapping[str, DrawCount], new: list[tuple[str, bool]], share: Fraction) -> Fraction:
    off = {name: managers - share * orders for name, (orders, managers) in counts.items()}
    for name, is_manager in new:
        off[name] = off.get(name, Fraction(0)) + is_manager - share
    return max(map(abs, off.values()), default=Fraction(0))
