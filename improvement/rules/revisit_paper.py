"""What the revisit form looks like on one A4 page, however much is written in it. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """A size of type: characters of full width to a line, and lines of text that fit beside the small fields."""

    name: str
    per_line: int
    lines: int


SIZES = (
    Size("s10", 38, 28),
    Size("s9", 43, 36),
    Size("s8", 48, 44),
    Size("s7", 55, 55),
    Size("s6", 64, 70),
)
"""Measured on the page as Chromium prints it; the tests print the fullest form of each."""


def width(text: str) -> float:
    """In full-width characters: Latin letters and digits take somewhat more than half of one."""
    return sum(1 if unicodedata.east_asian_width(one) in "WFA" else 0.62 for one in text)


def lines_of(text: str, per_line: int) -> list[str]:
    """The lines that the text takes, its own line breaks kept."""
    found = []
    for line in text.splitlines():
        taken = 0.0
        begins = 0
        for at, one in enumerate(line):
            taken += width(one)
            if taken > per_line:
                found.append(line[begins:at])
                begins, taken = at, width(one)
        found.append(line[begins:])
    return found or [""]


def fitting(texts: Sequence[str], mark: str) -> tuple[str, list[str]]:
    """The name of the largest type in which the texts fit on the page, and the texts.

    What does not fit even in the smallest type is cut, longest first, and ends in `mark`, which says so: the
    code on the page leads to the whole.
    """
    for size in SIZES:
        if sum(len(lines_of(text, size.per_line)) for text in texts) <= size.lines:
            return size.name, list(texts)
    return SIZES[-1].name, _cut(texts, SIZES[-1], mark)


def _cut(texts: Sequence[str], size: Size, mark: str) -> list[str]:
    wrapped = [lines_of(text, size.per_line) for text in texts]
    room = [len(lines) for lines in wrapped]
    while sum(room) > size.lines:
        room[room.index(max(room))] -= 1
    return [
        text if kept == len(lines) else _shortened(lines[:kept], size, mark)
        for text, lines, kept in zip(texts, wrapped, room, strict=True)
    ]


def _shortened(lines: list[str], size: Size, mark: str) -> str:
    *whole, last = lines
    return "\n".join([*whole, last[: size.per_line - len(mark)] + mark])
