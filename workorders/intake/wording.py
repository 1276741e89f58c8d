"""How a workbook says what kind an order is and through which channel it came (§3, §11)."""

from __future__ import annotations

from workorders.enums import Channel, Kind
from workorders.spelling import same_word

from .columns import speaks_english

# (Chinese, English): the first two are written, all are read, the code's own word too.
KIND_WORDS: dict[str, tuple[str, ...]] = {
    Kind.FAULT: ("故障", "Fault"),
    Kind.REQUEST: ("请求", "Request"),
    Kind.DUPLICATE: ("重复登记", "Duplicate registration", "duplicate"),
    Kind.OTHER: ("其他", "Other", "其它"),
}
CHANNEL_WORDS: dict[str, tuple[str, ...]] = {
    Channel.HOTLINE: ("统一报修电话", "Central repair phone", "hotline"),
    Channel.OTHER: ("其他", "Other", "其它"),
}
Words = dict[str, tuple[str, ...]]


_KINDS = {same_word(word): kind for kind, words in KIND_WORDS.items() for word in words}
_CHANNELS = {same_word(word): channel for channel, words in CHANNEL_WORDS.items() for word in words}


def read_kind(word: str) -> tuple[str, str]:
    """(kind, text to keep): blank stays blank, a word nobody knows is *other* and kept."""
    return _read(word, _KINDS, Kind.OTHER)


def read_channel(word: str) -> tuple[str, str]:
    return _read(word, _CHANNELS, Channel.OTHER)


def _read(word: str, known: dict[str, str], other: str) -> tuple[str, str]:
    if not word:
        return "", ""
    value = known.get(same_word(word))
    return (value, "") if value else (other, word)


def write_kind(kind: str, text: str) -> str:
    """The word that reads back as (kind, text)."""
    return text if kind == Kind.OTHER and text else _written(kind, KIND_WORDS)


def write_channel(channel: str, text: str) -> str:
    return text if channel == Channel.OTHER and text else _written(channel, CHANNEL_WORDS)


def _written(value: str, words: Words) -> str:
    return words[value][speaks_english()] if value else ""
