"""Finds orders that look like parts of one job: shown at the import and to heads, never refused (domain §8).

`WorkOrderQuerySet.near_identical` has the same two rules for stored orders; a test keeps both in step.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

NEAR = timedelta(hours=1)
"""Maximum time between the closing of near-identical orders with the same reporter, equipment and text."""


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """The values compared; empty texts and times match nothing."""

    number: str
    technician: str
    closed_at: datetime | None
    reporter: str
    equipment: str
    fault: str


def near_identical(orders: Iterable[OrderFacts]) -> set[str]:
    """Returns the numbers of orders with the same equipment and fault as another one.

    Both were closed by one technician within the same minute, or reported by one reporter and closed within
    an hour. The same minute alone proves nothing: systems close orders finished days before all at once.
    """
    closed = [order for order in orders if order.closed_at]
    return {order.number for order in (*_same_minute(closed), *_same_text(closed))}


def _same_minute(orders: list[OrderFacts]) -> Iterator[OrderFacts]:
    for group in _grouped(
        ((order.technician, _minute(order), order.equipment, order.fault), order)
        for order in orders
        if order.technician and order.fault
    ):
        if len(group) > 1:
            yield from group


def _minute(order: OrderFacts) -> datetime | None:
    return order.closed_at.replace(second=0, microsecond=0) if order.closed_at else None


def _same_text(orders: list[OrderFacts]) -> Iterator[OrderFacts]:
    for group in _grouped(
        ((order.reporter, order.equipment, order.fault), order)
        for order in orders
        if order.reporter and order.fault
    ):
        group.sort(key=_closed_at)
        for earlier, later in pairwise(group):
            if _closed_at(later) - _closed_at(earlier) <= NEAR:
                yield from (earlier, later)


def _closed_at(order: OrderFacts) -> datetime:
    assert order.closed_at is not None
    return order.closed_at


def _grouped(pairs: Iterable[tuple[Hashable, OrderFacts]]) -> Iterable[list[OrderFacts]]:
    groups: dict[Hashable, list[OrderFacts]] = {}
    for key, order in pairs:
        groups.setdefault(key, []).append(order)
    return groups.values()
