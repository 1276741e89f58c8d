"""Author, reason and time of a change, which the history (django-simple-history) stores at the next save."""

from __future__ import annotations

from datetime import datetime
from typing import Any

MAX_REASON_LENGTH = 100  # characters, the length of the history's column


def history_of(model: Any) -> Any:
    """Returns the manager of a model's history."""
    return model.history


def set_change_author(row: Any, *, by: Any, reason: str = "", at: datetime | None = None) -> None:
    """Sets author (None: the system), reason and time of the next save or deletion of the row.

    `at` None: the time of the save.
    """
    row._history_user = by
    if reason:
        row._change_reason = reason[:MAX_REASON_LENGTH]
    if at is not None:
        row._history_date = at
