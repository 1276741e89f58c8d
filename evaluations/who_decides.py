"""Which head may decide about an order: never one who rated it (domain §1 head, §7, §12). Pure."""

from __future__ import annotations

from collections.abc import Collection
from enum import Enum


class Decider(Enum):
    HEAD = "head"
    STAND_IN = "stand_in"
    """Every head is concerned: another manager decides, marked."""


def who_decides(
    person: int, *, heads: Collection[int], managers: Collection[int], concerned: Collection[int]
) -> Decider | None:
    """`heads` and `managers` in office (a head is a manager too), `concerned`: who rated. None: may not."""
    if person in concerned:
        return None
    if person in heads:
        return Decider.HEAD
    if person in managers and all(head in concerned for head in heads):
        return Decider.STAND_IN
    return None
