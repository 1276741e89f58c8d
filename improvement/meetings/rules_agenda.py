"""What keeps coming back: orders alike in reporter, place, equipment or problem type (domain §9). Pure."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from improvement.enums import Likeness

WITHIN_DAYS = 30
AT_LEAST = 2
MOST_PROPOSALS = 20
"""More would not be discussed: the largest come first, the others are counted."""


@dataclass(frozen=True)
class Trouble:
    """An order that went wrong (its reporter was dissatisfied, or it is a repeat repair).

    `alike` holds, by likeness, what is compared → how it is called on the agenda.
    """

    order: int
    number: str
    day: date
    crew: int | None
    crew_name: str
    alike: tuple[tuple[Likeness, str, str], ...]


@dataclass(frozen=True)
class Proposal:
    """Repeated trouble: `names` says what is alike (several when the same orders are alike in several)."""

    keys: tuple[str, ...]
    names: tuple[tuple[Likeness, str], ...]
    orders: tuple[Trouble, ...]

    @property
    def key(self) -> str:
        return self.keys[0]


def key_of(likeness: Likeness, value: str) -> str:
    """Names what is alike without telling it: a reporter is known by phone."""
    return f"{likeness.value}:{hashlib.sha256(value.encode()).hexdigest()[:32]}"


def repeated(
    troubles: Iterable[Trouble],
    *,
    looked_at: Mapping[str, frozenset[int]] | None = None,
    within_days: int = WITHIN_DAYS,
    at_least: int = AT_LEAST,
) -> list[Proposal]:
    """Largest first. An order counts when another one alike was closed at most `within_days` days from it.

    `looked_at`: by key, the orders on which a meeting has already decided; without a new one among its
    orders a proposal does not come back.
    """
    looked_at = looked_at or {}
    by_orders: defaultdict[tuple[Trouble, ...], list[tuple[str, Likeness, str]]] = defaultdict(list)
    for (likeness, value), group in _alike(troubles).items():
        orders = _close_together([trouble for trouble, _name in group], timedelta(days=within_days), at_least)
        key = key_of(likeness, value)
        if orders and not {trouble.order for trouble in orders} <= looked_at.get(key, frozenset()):
            by_orders[orders].append((key, likeness, group[-1][1]))
    proposals = [_proposal(orders, found) for orders, found in by_orders.items()]
    return sorted(proposals, key=lambda found: (-len(found.orders), _latest_first(found), found.key))


def _alike(
    troubles: Iterable[Trouble],
) -> dict[tuple[Likeness, str], list[tuple[Trouble, str]]]:
    """Orders by what is alike, oldest first, with the name each one gives to it."""
    groups: defaultdict[tuple[Likeness, str], list[tuple[Trouble, str]]] = defaultdict(list)
    for trouble in sorted(troubles, key=lambda one: (one.day, one.order)):
        for likeness, value, name in trouble.alike:
            if value:
                groups[likeness, value].append((trouble, name))
    return groups


def _close_together(orders: list[Trouble], within: timedelta, at_least: int) -> tuple[Trouble, ...]:
    """Those of the runs (each at most `within` after the one before) that are long enough; sorted by day."""
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
