"""What the revisit form looks like on one A4 page, however much is written in it. Pure."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """A size of type: characters of full width to a line, and how high a line is (mm)."""

    name: str
    per_line: int
    line: float


SIZES = (
    Size("s10", 38, 5.2),
    Size("s9", 42, 4.7),
    Size("s8", 47, 4.2),
    Size("s7", 53, 3.6),
    Size("s6", 61, 3.0),
)
"""As static/css/revisits.css sets them; the tests print the fullest form of each in Chromium."""
ROOM = 148.0
"""What the long fields share (mm) while no small field needs a second line."""
SMALL = Size("small", 16, 4.7)
NAME = Size("name", 7, 4.7)
BOXES = Size("boxes", 38, 4.7)
PADDING, SMALL_ROW, BOXES_ROW = 3.0, 9.0, 12.0


def width(text: str) -> float:
    """In full-width characters: Latin letters and digits take somewhat more than half of one."""
    return sum(
        1.0 if unicodedata.east_asian_width(one) in "WFA" else 0.8 if one.isupper() else 0.62 for one in text
    )


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


def room_beside(rows: Sequence[Sequence[tuple[str, str]]], boxes: str) -> float:
    """The room (mm) that the small fields (name, text), two a row, and the boxes leave to the long ones."""
    highest = [max(_lines_of_field(*field) for field in row) for row in rows]
    grown = sum(max(0.0, PADDING + SMALL.line * lines - SMALL_ROW) for lines in highest)
    ticks = PADDING + BOXES.line * len(lines_of(boxes, BOXES.per_line))
    return ROOM - grown - max(0.0, ticks - BOXES_ROW)


def _lines_of_field(name: str, text: str) -> int:
    return max(len(lines_of(name, NAME.per_line)), len(lines_of(text, SMALL.per_line)))


def fitting(texts: Sequence[str], mark: str, *, room: float = ROOM) -> tuple[str, list[str]]:
    """The name of the largest type in which the texts fit into the room (mm), and the texts.

    What does not fit even in the smallest type is cut, longest first, and ends in `mark`, which says so: the
    code on the page leads to the whole.
    """
    for size in SIZES:
        if sum(len(lines_of(text, size.per_line)) for text in texts) <= int(room / size.line):
            return size.name, list(texts)
    return SIZES[-1].name, _cut(texts, SIZES[-1], mark, int(room / SIZES[-1].line))


def _cut(texts: Sequence[str], size: Size, mark: str, most: int) -> list[str]:
    lines = [len(lines_of(text, size.per_line)) for text in texts]
    kept = list(lines)
    while sum(kept) > most and max(kept) > 1:
        kept[kept.index(max(kept))] -= 1
    return [
        text if keep == all_of_it else _shortened(text, size, mark, keep)
        for text, all_of_it, keep in zip(texts, lines, kept, strict=True)
    ]


def _shortened(text: str, size: Size, mark: str, lines: int) -> str:
    """The longest beginning that fits into the lines together with the mark."""
    longest = bisect_right(
        range(len(text)), lines, key=lambda n: len(lines_of(text[:n] + mark, size.per_line))
    )
    return text[: max(longest - 1, 0)].rstrip() + mark
