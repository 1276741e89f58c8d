"""A minimum-cost flow with lexicographic costs: one level per rule, in the rules' order of precedence.

The solver takes one integer cost per arc. The levels are combined into that integer with weights so large that no gain
on a later level outweighs the smallest loss on an earlier one.
"""

from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import ortools
from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

from .seeds import LOT_BITS

SOLVER = f"ortools {ortools.__version__} SimpleMinCostFlow"

# The solver multiplies every cost by the number of nodes and computes in 64 bits; 2^60 leaves a margin.
LARGEST_SCALED_COST = 2**60
LARGEST_LOT = 2**20

Node = Hashable


@dataclass
class LevelledFlow:
    """Units flow from nodes with positive supply to nodes with negative supply."""

    levels: int
    supplies: Counter[Node] = field(default_factory=Counter)
    arcs: list[tuple[Node, Node, int, tuple[int, ...], int]] = field(default_factory=list)

    def supply(self, node: Node, units: int) -> None:
        self.supplies[node] += units

    def arc(self, tail: Node, head: Node, *, capacity: int, cost: tuple[int, ...] = (), lot: int = 0) -> None:
        """Adds an arc. `cost`: one value per level, missing levels are 0. `lot`: LOT_BITS, decides between equals."""
        if capacity > 0:
            self.arcs.append((tail, head, capacity, cost + (0,) * (self.levels - len(cost)), lot))

    def solve(self) -> Counter[tuple[Node, Node]]:
        """Returns units per (tail, head), summed over parallel arcs, of the cheapest flow of all supplies."""
        nodes: dict[Node, int] = {}
        for node in (*self.supplies, *(end for arc in self.arcs for end in arc[:2])):
            nodes.setdefault(node, len(nodes))
        solver = SimpleMinCostFlow()
        for (tail, head, capacity, *_), cost in zip(self.arcs, self._folded_costs(len(nodes)), strict=True):
            solver.add_arc_with_capacity_and_unit_cost(nodes[tail], nodes[head], capacity, cost)
        for node, units in self.supplies.items():
            solver.set_node_supply(nodes[node], units)
        status = solver.solve()
        if status != solver.OPTIMAL:
            raise RuntimeError(f"minimum-cost flow: {status!r}")
        return self._units(solver)

    def _units(self, solver: SimpleMinCostFlow) -> Counter[tuple[Node, Node]]:
        units: Counter[tuple[Node, Node]] = Counter()
        for index, (tail, head, *_) in enumerate(self.arcs):
            if used := solver.flow(index):
                units[tail, head] += used
        return units

    def _folded_costs(self, nodes: int) -> list[int]:
        weights, weight = [0] * self.levels, 1
        for level in reversed(range(self.levels)):
            weights[level] = weight
            costed = [(tail, head, cost[level]) for tail, head, _, cost, _ in self.arcs if cost[level]]
            weight *= _most_in_a_cycle(costed) * max((abs(cost) for *_, cost in costed), default=0) + 1
        # Lots are the last level and use the remaining bits.
        with_lot = _most_in_a_cycle([arc for arc in self.arcs if arc[-1]])
        room = LARGEST_SCALED_COST // ((nodes + 1) * weight * (with_lot + 1))
        if room < 1:
            raise OverflowError("the costs of this draw do not fit into 64 bits")
        lots = min(LARGEST_LOT, room)
        scale = with_lot * lots + 1
        return [
            sum(w * c for w, c in zip(weights, cost, strict=True)) * scale + (lot * lots >> LOT_BITS)
            for _, _, _, cost, lot in self.arcs
        ]


def _most_in_a_cycle(arcs: list[tuple[Any, ...]]) -> int:
    """Returns the maximum number of these arcs in one simple cycle.

    Two flows differ by simple cycles, and a simple cycle passes each node once, by two arcs. The number bounds the gain
    on one level, and so the weight that one unit of the previous level needs.
    """
    return 2 * min(len({tail for tail, *_ in arcs}), len({head for _, head, *_ in arcs}))
