"""The author of a change: what the history of a row (django-simple-history) records with its next save."""

from __future__ import annotations

from datetime import datetime
from typing import Any

LONGEST_REASON = 100  # characters, of the history's column


def history_of(model: Any) -> Any:
    """Returns the manager of a model's history."""
    return model.history


def set_change_author(row: Any, *, by: Any, reason: str = "", at: datetime | None = None) -> None:
    """The next save or deletion of the row is recorded as done `by` this person (None: the system).

    `at` None: at the time of the save.
    """
    row._history_user = by
    if reason:
        row._change_reason = reason[:LONGEST_REASON]
    if at is not None:
        row._history_date = at
