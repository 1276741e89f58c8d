"""An entry in the timeline of an order; every app adds its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class TimelineEntry:
    """Time (None: unknown), label, person and note.

    `tone` ("success", "info", "danger" or "") colours its dot and repeats what the label says. `url`: link
    for more.
    """

    at: datetime | None
    label: str
    who: str = ""
    note: str = ""
    tone: str = ""
    url: str = ""
