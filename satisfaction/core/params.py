"""Numbers in addresses and forms."""

from __future__ import annotations

KEY_DIGITS = 18
"""Every number of so many digits fits the key column of a table."""


def int_param(text: str, *, digits: int = KEY_DIGITS) -> int | None:
    """Returns the number written in `text`; None: not a plain number, or more than `digits` long."""
    return int(text) if text.isdecimal() and len(text) <= digits else None
