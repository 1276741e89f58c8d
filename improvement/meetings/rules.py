"""Decisions allowed for each kind of agenda item (domain §9.6). Pure."""

from __future__ import annotations

from improvement.enums import Decision as D
from improvement.enums import ItemKind

ALLOWED_DECISIONS: dict[str, tuple[D, ...]] = {
    ItemKind.REVISIT: (D.NEW_PROJECT, D.ADDED, D.NO_ACTION, D.DEFERRED),
    ItemKind.EFFECT: (D.CONFIRMED, D.NOT_EFFECTIVE, D.DEFERRED),
    ItemKind.PROJECT: (D.ACCEPTED, D.DEFERRED),
    ItemKind.PROPOSAL: (D.NEW_PROJECT, D.ADDED, D.DISMISSED, D.DEFERRED),
}
"""In the order of the keyboard keys 1, 2, 3, 4."""
NEEDS_REASON = frozenset({D.NO_ACTION, D.DEFERRED, D.DISMISSED, D.NOT_EFFECTIVE})
FINAL = frozenset({D.CONFIRMED, D.NOT_EFFECTIVE, D.ACCEPTED})
"""They change the state of a project at once and cannot be replaced in the same meeting."""
NEEDS_SUBMITTED = frozenset({D.NEW_PROJECT, D.ADDED, D.NO_ACTION})


def is_allowed(kind: str, decision: str) -> bool:
    return decision in ALLOWED_DECISIONS[kind]
