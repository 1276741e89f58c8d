"""The registry of notice kinds and their texts. The apps that create notices register them.

A notice stores kind and parameters; the text is formatted when it is shown, in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

NoticeText = Callable[[Mapping[str, Any]], str]


@dataclass(frozen=True)
class NoticeKind:
    """A kind of notice. `format_text` takes the notice's parameters.

    `is_overdue`: something is late, not only open. `ends_when_read`: it reports an event and requires no
    action.
    """

    key: str
    is_overdue: bool
    format_text: NoticeText
    ends_when_read: bool = False


KINDS: dict[str, NoticeKind] = {}


def notice_kind(
    key: str, *, is_overdue: bool, ends_when_read: bool = False
) -> Callable[[NoticeText], NoticeText]:
    """Registers the decorated function as the text of a kind."""

    def register(format_text: NoticeText) -> NoticeText:
        KINDS[key] = NoticeKind(key, is_overdue, format_text, ends_when_read)
        return format_text

    return register


def is_overdue_kind(key: str) -> bool:
    return key in KINDS and KINDS[key].is_overdue
