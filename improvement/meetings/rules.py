"""What a meeting may make of each kind of item on its agenda (domain §9). Pure."""

from __future__ import annotations

from improvement.enums import Decision as D
from improvement.enums import ItemKind

ALLOWED: dict[str, tuple[D, ...]] = {
    ItemKind.REVISIT: (D.NEW_PROJECT, D.ADDED, D.NO_ACTION, D.DEFERRED),
    ItemKind.EFFECT: (D.CONFIRMED, D.NOT_EFFECTIVE, D.DEFERRED),
    ItemKind.PROJECT: (D.ACCEPTED, D.DEFERRED),
    ItemKind.PROPOSAL: (D.NEW_PROJECT, D.ADDED, D.DISMISSED, D.DEFERRED),
}
"""In the order of the keys 1, 2, 3, 4."""
NEEDS_REASON = frozenset({D.NO_ACTION, D.DEFERRED, D.DISMISSED, D.NOT_EFFECTIVE})
FOR_GOOD = frozenset({D.CONFIRMED, D.NOT_EFFECTIVE, D.ACCEPTED})
"""They move a project at once and cannot be taken back in the same meeting."""
NEEDS_SUBMITTED = frozenset({D.NEW_PROJECT, D.ADDED, D.NO_ACTION})


def may_be(kind: str, decision: str) -> bool:
    return decision in ALLOWED[kind]
