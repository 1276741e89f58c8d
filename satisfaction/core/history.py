"""Who changed a row, and why: what its history (django-simple-history) says about the next save."""

from __future__ import annotations

from typing import Any

LONGEST_REASON = 100  # characters, of the history's column


def sign(row: Any, *, by: Any, reason: str = "") -> None:
    """The next save or deletion of the row is `by` this person (None: the system), for this reason."""
    row._history_user = by
    if reason:
        row._change_reason = reason[:LONGEST_REASON]
