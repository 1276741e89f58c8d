"""The group of each order: dispatchers or managers (domain §5, rules 1 and 2, and orders without a caller)."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import ceil, floor

from .flow import LevelledFlow
from .seeds import LOT_BITS, MIDDLE_LOT, lot
from .shapes import (
    DISPATCHER,
    MANAGER,
    MANAGERS_BARRED_NEXT_DAY,
    NO_MANAGER_NEXT_DAY,
    DrawCount,
    DrawInput,
    DrawOrder,
)

# Preference for giving an order to the managers, regardless of its technician's share.
ONLY_MANAGERS_MAY, EITHER, MANAGERS_LATE = -1, 0, 1

# Cost levels: permitted callers (rule 6), technicians 1 or more off, distances from the share (rule 2).
LEVELS = 3

# In a run of at most this many orders a lot shifts each share by up to one order, in a larger run by less. Without it
# the counts alone would decide the group of a single order.
FEW_ORDERS = 5

# A crew near the middle of the range of rule 1 is not forced, on a later small day, to give managers an order of a
# technician who has enough. On real months this weight of two thirds reduced technicians who were 1 or more off from
# 0.1–0.4 % of technician-days to none, at the same mean distance.
TECHNICIAN_WEIGHT, CREW_WEIGHT = 3, 2

NOTHING_DRAWN = DrawCount(0, 0)


@dataclass(frozen=True, slots=True)
class CrewBounds:
    """Range of a crew's new orders for managers. `owed`: orders still missing even if managers get all they can."""

    low: int
    high: int
    owed: int


def crew_bounds(count: DrawCount, *, new: int, callable_by_managers: int, share: Fraction) -> CrewBounds:
    """Returns the range of rule 1: |managers − share × orders| < 1 over the month so far, including `new` orders."""
    target = share * (count.orders + new)
    low = floor(target - 1) + 1 - count.managers
    high = ceil(target + 1) - 1 - count.managers
    most = min(max(high, 0), callable_by_managers)
    least = min(max(low, 0), callable_by_managers)
    return CrewBounds(least, most, max(low - callable_by_managers, 0))


def managers_owed(orders: int, managers: int, share: Fraction) -> int:
    """Returns how many managers' orders a crew lacks, over the month so far, to be less than 1 off."""
    return crew_bounds(DrawCount(orders, managers), new=0, callable_by_managers=0, share=share).owed


def managers_day(draw: DrawInput, order: DrawOrder) -> tuple[date, str] | None:
    """Returns the day on which a manager can call the order, and the reason if it is not D+1; None: no manager."""
    next_day = draw.on_duty(order.calling_on, MANAGER)
    if set(next_day) - order.barred:
        return order.calling_on, ""
    if set(draw.on_duty(order.later_calling_on, MANAGER)) - order.barred:
        return order.later_calling_on, MANAGERS_BARRED_NEXT_DAY if next_day else NO_MANAGER_NEXT_DAY
    return None


def decide_groups(draw: DrawInput, seed: bytes) -> tuple[frozenset[str], dict[str, int]]:
    """Returns the numbers of the new orders for managers, and the remaining debts (crew → orders)."""
    new = [order for order in draw.orders if not order.group]
    bins = _bins(draw, new)
    bounds = _bounds(draw, new, bins)
    chosen = _managers_per_bin(draw, bins, bounds, seed)
    numbers = frozenset(
        number
        for key, orders in bins.items()
        for number in sorted(orders, key=lambda number: lot(seed, "order", number))[: chosen[key]]
    )
    return numbers, {crew: bound.owed for crew, bound in bounds.items() if bound.owed}


OrderBin = tuple[str, str, int]


def _bins(draw: DrawInput, new: list[DrawOrder]) -> dict[OrderBin, list[str]]:
    """Returns the numbers of orders that managers can call, by crew, technician and preference."""
    bins: dict[OrderBin, list[str]] = defaultdict(list)
    for order in sorted(new, key=lambda order: order.number):
        if day := managers_day(draw, order):
            bins[order.crew, order.technician, _preference(draw, order, reason=day[1])].append(order.number)
    return dict(sorted(bins.items()))


def _preference(draw: DrawInput, order: DrawOrder, *, reason: str) -> int:
    dispatchers = set(draw.on_duty(order.calling_on, DISPATCHER))
    if dispatchers and dispatchers <= order.barred:
        return ONLY_MANAGERS_MAY
    return MANAGERS_LATE if reason == MANAGERS_BARRED_NEXT_DAY else EITHER


def _bounds(draw: DrawInput, new: list[DrawOrder], bins: dict[OrderBin, list[str]]) -> dict[str, CrewBounds]:
    callable_by_managers: Counter[str] = Counter()
    for (crew, _, _), numbers in bins.items():
        callable_by_managers[crew] += len(numbers)
    return {
        crew: crew_bounds(
            draw.crew_counts.get(crew, NOTHING_DRAWN),
            new=n,
            callable_by_managers=callable_by_managers[crew],
            share=draw.manager_share,
        )
        for crew, n in sorted(Counter(order.crew for order in new).items())
    }


def _managers_per_bin(
    draw: DrawInput, bins: dict[OrderBin, list[str]], bounds: dict[str, CrewBounds], seed: bytes
) -> dict[OrderBin, int]:
    """Solves the flow: pool → crew (rule 1 as bounds) → bin → technician (rule 2 as rising costs) → managers."""
    flow = LevelledFlow(LEVELS)
    _offer_to_crews(flow, draw, bounds, seed)
    _offer_to_technicians(flow, draw, bins, seed)
    for key, numbers in bins.items():
        crew, technician, gladness = key
        ticket = lot(seed, "technician", crew, technician)
        flow.arc(("crew", crew), key, capacity=len(numbers), cost=(gladness,), lot=ticket)
        flow.arc(key, ("technician", technician), capacity=len(numbers))
    flow.supply("managers", -sum(bound.high for bound in bounds.values()))
    units = flow.solve()
    return {key: units[("crew", key[0]), key] for key in bins}


def _offer_to_crews(flow: LevelledFlow, draw: DrawInput, bounds: dict[str, CrewBounds], seed: bytes) -> None:
    """Supplies each crew's minimum directly, and further orders from a pool that need not be used up."""
    new = Counter(order.crew for order in draw.orders if not order.group)
    for crew, bound in bounds.items():
        flow.supply(("crew", crew), bound.low)
        shift = _shift(draw, seed, "crew share", crew)
        steps = _steps(draw, draw.crew_counts.get(crew), new=new[crew], most=bound.high, shift=shift)
        for _, square in steps[bound.low :]:
            flow.arc("pool", ("crew", crew), capacity=1, cost=(0, 0, CREW_WEIGHT * square))
    spare = sum(bound.high - bound.low for bound in bounds.values())
    flow.supply("pool", spare)
    # When one more and one less are equal, as with 5 orders, half of the lots decide for more.
    flow.arc("pool", "managers", capacity=spare, lot=MIDDLE_LOT)


def _offer_to_technicians(
    flow: LevelledFlow, draw: DrawInput, bins: dict[OrderBin, list[str]], seed: bytes
) -> None:
    new = Counter(order.technician for order in draw.orders if not order.group)
    most: Counter[str] = Counter()
    for (_, technician, _), numbers in bins.items():
        most[technician] += len(numbers)
    for technician, units in most.items():
        count = draw.technician_counts.get(technician)
        shift = _shift(draw, seed, "technician share", technician)
        for beyond, square in _steps(draw, count, new=new[technician], most=units, shift=shift):
            cost = (0, beyond, TECHNICIAN_WEIGHT * square)
            flow.arc(("technician", technician), "managers", capacity=1, cost=cost)


def _steps(
    draw: DrawInput, count: DrawCount | None, *, new: int, most: int, shift: int
) -> list[tuple[int, int]]:
    """Returns the costs of the 1st, 2nd … order for managers: the change of the steps by which the share is 1 or more
    off, and the change of the squared distance, as integers. `shift` moves the middle of the square only."""
    orders, managers = count or NOTHING_DRAWN
    one = draw.manager_share.denominator
    off = managers * one - draw.manager_share.numerator * (orders + new)
    offs = range(off, off + most * one, one)
    return [((off + one >= one) - (off <= -one), 2 * (off + shift) + one) for off in offs]


def _shift(draw: DrawInput, seed: bytes, kind: str, name: str) -> int:
    """Returns a random shift of a share, up to one order in a small run: the group is unpredictable (rule 5)."""
    if draw.algorithm == 1:
        return 0
    new = sum(not order.group for order in draw.orders)
    reach = draw.manager_share.denominator * FEW_ORDERS // max(new, FEW_ORDERS)
    return (lot(seed, kind, name) * (2 * reach + 1) >> LOT_BITS) - reach
