"""Which head may decide about an order; a rater of the order never may (domain §1 head, §7, §12). Pure."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum


class Decider(Enum):
    HEAD = "head"
    STAND_IN = "stand_in"
    """Every head is concerned, so another manager decides; the decision is marked."""


def who_decides(
    person: int, *, heads: Collection[int], managers: Collection[int], concerned: Collection[int]
) -> Decider | None:
    """Returns the capacity in which the person may decide, or None. All arguments are user ids.

    `heads` and `managers` are active (a head is also a manager); `concerned` rated the order or belong to
    its crew.
    """
    if person in concerned:
        return None
    if person in heads:
        return Decider.HEAD
    if person in managers and all(head in concerned for head in heads):
        return Decider.STAND_IN
    return None
