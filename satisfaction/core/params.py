"""Numbers in addresses and forms."""

from __future__ import annotations

KEY_DIGITS = 18
"""Every number with this many digits fits into a key column."""


def int_param(text: str, *, digits: int = KEY_DIGITS) -> int | None:
    """Returns the number in `text`; None if it is not a plain number or has more than `digits` digits."""
    return int(text) if text.isdecimal() and len(text) <= digits else None
