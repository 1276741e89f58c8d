"""The caller within a group: load first, then the technician's spread (domain §5, rules 6, 4, 3)."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from .flow import LevelledFlow
from .seeds import lot
from .shapes import ALGORITHM, DrawInput, DrawOrder

# Orders that are equal for this step: one technician, and the same callers on duty who may call.
OrderClass = tuple[str, tuple[str, ...]]

# Load of the closing day, of the calling day, of the month: rule 4 and its two tie-breaks.
Turn = tuple[int, ...]
Turns = dict[str, list[Turn]]  # by caller: the load after the 1st, 2nd … order
CallerLoads = Mapping[str, tuple[int, int, int]]  # by caller
CallerLimits = Mapping[str, int]  # by caller: orders the caller may call

# Loads of the calling day and of the month that differ by less than this count as equal: with exact tie-breaks the
# caller of a single order would be predictable.
NEAR_CALLING_DAY, NEAR_MONTH = 2, 4


@dataclass
class DrawCounts:
    """Counts during a run: orders drawn before it, and orders assigned by it so far."""

    spread: Counter[tuple[str, str]]
    day_load: Counter[tuple[date, str]]
    calling_day_load: Counter[tuple[date, str]]
    month_load: Counter[str]

    @classmethod
    def before_run(cls, draw: DrawInput) -> "DrawCounts":
        return cls(
            spread=Counter(draw.spread),
            day_load=Counter(draw.day_load),
            calling_day_load=Counter(draw.calling_day_load),
            month_load=Counter(draw.month_load),
        )

    def record(self, order: DrawOrder, caller: str, calling_on: date) -> None:
        self.spread[order.technician, caller] += 1
        self.day_load[calling_on, caller] += 1
        self.calling_day_load[calling_on, caller] += 1
        self.month_load[caller] += 1

    def loads(self, caller: str, calling_on: date) -> tuple[int, int, int]:
        """Returns the caller's orders of this closing day, of the calling day and of the month."""
        return (
            self.day_load[calling_on, caller],
            self.calling_day_load[calling_on, caller],
            self.month_load[caller],
        )


def assign_callers(
    orders: Iterable[DrawOrder],
    *,
    on_duty: tuple[str, ...],
    calling_on: date,
    counts: DrawCounts,
    seed: bytes,
    algorithm: int = ALGORITHM,
) -> dict[str, str]:
    """Returns order number → caller for the orders of one group and calling day, without orders nobody may call.

    Equal orders are assigned in the given sequence, which the seed decides. Updates `counts`.
    """
    classes = _group_by_class(orders, on_duty)
    demand = {key: len(members) for key, members in classes.items()}
    ranks = _open_ranks(demand, calling_on, counts, _exact_turns if algorithm == 1 else _turns)
    shares = _shares(demand, ranks, counts, seed)
    assigned: dict[str, str] = {}
    for key, members in classes.items():
        callers = [caller for caller in key[1] for _ in range(shares[key, caller])]
        for order, caller in zip(members, callers, strict=True):
            assigned[order.number] = caller
            counts.record(order, caller, calling_on)
    return assigned


def _group_by_class(
    orders: Iterable[DrawOrder], on_duty: tuple[str, ...]
) -> dict[OrderClass, list[DrawOrder]]:
    classes: dict[OrderClass, list[DrawOrder]] = defaultdict(list)
    for order in orders:
        if eligible := tuple(name for name in on_duty if name not in order.barred):
            classes[order.technician, eligible].append(order)
    return dict(sorted(classes.items()))


def _open_ranks(
    demand: Mapping[OrderClass, int],
    calling_on: date,
    counts: DrawCounts,
    turns: Callable[[CallerLoads, CallerLimits], Turns],
) -> dict[str, list[int]]:
    """Returns caller → rank of each turn that may be served, smallest first: rule 4 with its tie-breaks.

    The sets of turns that can be served together form a matroid. The cheapest sets therefore depend only on the order
    of the turns, and ranks can replace loads. Turns served in every cheapest solution get rank 0, turns served in none
    are left out; the rest are real ties, decided by rule 3 and the lot.
    """
    eligible: Counter[tuple[str, ...]] = Counter()
    for (_, callers), units in demand.items():
        eligible[callers] += units
    most: Counter[str] = Counter()
    for callers, units in eligible.items():
        most.update(dict.fromkeys(callers, units))
    loads = {caller: counts.loads(caller, calling_on) for caller in sorted(most)}
    ranks = _ranks(turns(loads, most))
    served = _served(eligible, ranks)
    last = max((row[served[caller] - 1] for caller, row in ranks.items() if served[caller]), default=0)
    left = (row[served[caller]] for caller, row in ranks.items() if served[caller] < len(row))
    first_open = min(left, default=last + 1)
    return {
        caller: [max(rank - first_open + 1, 0) for rank in row if rank <= last]
        for caller, row in ranks.items()
    }


def _turns(loads: CallerLoads, most: CallerLimits) -> Turns:
    """Returns each caller's load after the 1st, 2nd … order; the smallest turn of all is served first.

    Rule 4 is exact. Its tie-breaks treat near loads as equal and leave them to rule 3 and the lot (rule 5).
    """
    least_calling_day = min((calling_day for _, calling_day, _ in loads.values()), default=0)
    least_month = min((month for *_, month in loads.values()), default=0)
    return {
        caller: [
            (
                day + more,
                (calling_day - least_calling_day + more) // NEAR_CALLING_DAY,
                (month - least_month + more) // NEAR_MONTH,
            )
            for more in range(most[caller])
        ]
        for caller, (day, calling_day, month) in loads.items()
    }


def _exact_turns(loads: CallerLoads, most: CallerLimits) -> Turns:
    """Returns the turns of algorithm 1, for replays: exact tie-breaks, which left little to the lot."""
    return {
        caller: [tuple(load + more for load in row) for more in range(most[caller])]
        for caller, row in loads.items()
    }


def _ranks(turns: Mapping[str, list[Turn]]) -> dict[str, list[int]]:
    distinct = sorted({turn for row in turns.values() for turn in row})
    rank = {turn: position for position, turn in enumerate(distinct)}
    return {caller: [rank[turn] for turn in row] for caller, row in turns.items()}


def _served(eligible: Mapping[tuple[str, ...], int], ranks: Mapping[str, list[int]]) -> dict[str, int]:
    """Returns caller → orders in one of the solutions that serve the smallest turns."""
    flow = LevelledFlow(1)
    for callers, units in eligible.items():
        flow.supply(callers, units)
        for caller in callers:
            flow.arc(callers, caller, capacity=units)
    _serve(flow, ranks, orders=sum(eligible.values()))
    carried = flow.solve()
    return {caller: carried[caller, "called"] for caller in ranks}


def _shares(
    demand: Mapping[OrderClass, int], ranks: Mapping[str, list[int]], counts: DrawCounts, seed: bytes
) -> Counter[tuple[OrderClass, str]]:
    """Solves the flow: class → (technician, caller) → caller at rising cost (rule 3) → turns (rule 4)."""
    flow = LevelledFlow(2)
    most: Counter[tuple[str, str]] = Counter()
    for key, units in demand.items():
        technician, callers = key
        flow.supply(key, units)
        for caller in callers:
            flow.arc(key, (technician, caller), capacity=units)
            most[technician, caller] += units
    for pair, units in most.items():
        ticket = lot(seed, "caller", *pair)
        for more in range(units):
            flow.arc(pair, pair[1], capacity=1, cost=(0, counts.spread[pair] + more), lot=ticket)
    _serve(flow, ranks, orders=sum(demand.values()))
    carried = flow.solve()
    return Counter({(key, caller): carried[key, (key[0], caller)] for key in demand for caller in key[1]})


def _serve(flow: LevelledFlow, ranks: Mapping[str, list[int]], *, orders: int) -> None:
    for caller, row in ranks.items():
        for rank, turns in sorted(Counter(row).items()):
            flow.arc(caller, "called", capacity=turns, cost=(rank,))
    flow.supply("called", -orders)
