"""One thing that happened: what every floor adds to the timeline of an order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class TimelineEntry:
    """When (None: not known), what, who and with which words.

    `look` g, b, r or empty is the colour of its dot, never its only sign; `url` leads on.
    """

    at: datetime | None
    label: str
    who: str = ""
    note: str = ""
    look: str = ""
    url: str = ""
