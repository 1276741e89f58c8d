"""Repeated trouble: orders alike in reporter, place, equipment or problem type (domain §9.8). Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from improvement.enums import Likeness

MAX_DAYS_APART = 30
MIN_ORDERS = 2
MAX_PROPOSALS = 20
"""The largest proposals are listed, the others counted."""


@dataclass(frozen=True)
class Trouble:
    """An order with a dissatisfied reporter, or a repeat repair.

    `alike`: tuples of likeness, compared value and name on the agenda.
    """

    order: int
    number: str
    day: date
    crew: int | None
    crew_name: str
    alike: tuple[tuple[Likeness, str, str], ...]


@dataclass(frozen=True)
class Proposal:
    """Repeated trouble. `names`: the shared properties; several when the same orders share several."""

    keys: tuple[str, ...]
    names: tuple[tuple[Likeness, str], ...]
    orders: tuple[Trouble, ...]

    @property
    def key(self) -> str:
        return self.keys[0]


def make_proposal_key(likeness: Likeness, value: str) -> str:
    """Returns a hashed key: the value may be a reporter's phone."""
    return f"{likeness.value}:{hashlib.sha256(value.encode()).hexdigest()[:32]}"


def find_proposals(
    troubles: Iterable[Trouble],
    *,
    decided: Mapping[str, frozenset[int]] | None = None,
    within_days: int = MAX_DAYS_APART,
    at_least: int = MIN_ORDERS,
) -> list[Proposal]:
    """Returns proposals, largest first. Orders belong together when closed at most `within_days` days apart.

    `decided`: by key, the orders that a meeting has decided. A proposal returns only with a new order.
    """
    decided = decided or {}
    by_orders: defaultdict[tuple[Trouble, ...], list[tuple[str, Likeness, str]]] = defaultdict(list)
    for (likeness, value), group in _group_alike(troubles).items():
        orders = _close_together([trouble for trouble, _name in group], timedelta(days=within_days), at_least)
        key = make_proposal_key(likeness, value)
        if orders and not {trouble.order for trouble in orders} <= decided.get(key, frozenset()):
            by_orders[orders].append((key, likeness, group[-1][1]))
    proposals = [_proposal(orders, found) for orders, found in by_orders.items()]
    return sorted(proposals, key=lambda found: (-len(found.orders), _latest_first(found), found.key))


def _group_alike(
    troubles: Iterable[Trouble],
) -> dict[tuple[Likeness, str], list[tuple[Trouble, str]]]:
    """Returns orders by shared property, oldest first, each with its own name of the property."""
    groups: defaultdict[tuple[Likeness, str], list[tuple[Trouble, str]]] = defaultdict(list)
    for trouble in sorted(troubles, key=lambda one: (one.day, one.order)):
        for likeness, value, name in trouble.alike:
            if value:
                groups[likeness, value].append((trouble, name))
    return groups


def _close_together(orders: list[Trouble], within: timedelta, at_least: int) -> tuple[Trouble, ...]:
    """Returns the orders in runs of at least `at_least`, where each follows within `within`; sorted by day."""
    runs: list[list[Trouble]] = []
    for order in orders:
        if runs and order.day - runs[-1][-1].day <= within:
            runs[-1].append(order)
        else:
            runs.append([order])
    return tuple(order for run in runs if len(run) >= at_least for order in run)


def _proposal(orders: tuple[Trouble, ...], found: list[tuple[str, Likeness, str]]) -> Proposal:
    sequence = list(Likeness)
    found.sort(key=lambda one: (sequence.index(one[1]), one[0]))
    return Proposal(
        keys=tuple(key for key, _likeness, _name in found),
        names=tuple((likeness, name) for _key, likeness, name in found),
        orders=orders,
    )


def _latest_first(proposal: Proposal) -> int:
    return -proposal.orders[-1].day.toordinal()
