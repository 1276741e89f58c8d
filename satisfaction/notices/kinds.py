"""What kinds of notices there are, and their sentences: registered by who knows what they are about.

A notice keeps its kind and its parameters; the sentence is made when it is shown, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

NoticeText = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class NoticeKind:
    """`is_overdue`: something is late; otherwise something waits. `format_text` takes the notice's parameters.

    `ends_when_read`: it says what happened, and nothing waits behind it.
    """

    key: str
    is_overdue: bool
    format_text: NoticeText
    ends_when_read: bool = False


KINDS: dict[str, NoticeKind] = {}


def notice_kind(
    key: str, *, is_overdue: bool, ends_when_read: bool = False
) -> Callable[[NoticeText], NoticeText]:
    """Registers the sentence of a kind."""

    def register(format_text: NoticeText) -> NoticeText:
        KINDS[key] = NoticeKind(key, is_overdue, format_text, ends_when_read)
        return format_text

    return register


def is_overdue_kind(key: str) -> bool:
    return key in KINDS and KINDS[key].is_overdue
