"""Layout of the revisit form on one A4 page, for texts of any length. Pure."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class TypeSize:
    """A type size: full-width characters per line, and line height in mm."""

    name: str
    per_line: int
    line: float


SIZES = (
    TypeSize("s10", 38, 5.2),
    TypeSize("s9", 42, 4.7),
    TypeSize("s8", 47, 4.2),
    TypeSize("s7", 53, 3.6),
    TypeSize("s6", 61, 3.0),
)
"""The sizes in static/css/revisits.css; the tests print the fullest form of each in Chromium."""
LONG_FIELDS_HEIGHT = 148.0
"""Height of all long fields together (mm) while no small field needs a second line."""
SMALL_FIELD = TypeSize("small", 16, 4.7)
FIELD_NAME = TypeSize("name", 7, 4.7)
BOXES = TypeSize("boxes", 38, 4.7)
PADDING, SMALL_ROW, BOXES_ROW = 3.0, 9.0, 12.0


def text_width(text: str) -> float:
    """Returns the width in full-width characters; a Latin letter or digit is a little more than half of one."""
    return sum(
        1.0 if unicodedata.east_asian_width(one) in "WFA" else 0.8 if one.isupper() else 0.62 for one in text
    )


def wrap_text(text: str, per_line: int) -> list[str]:
    """Returns the lines of the text; keeps its line breaks."""
    found = []
    for line in text.splitlines():
        taken = 0.0
        begins = 0
        for at, one in enumerate(line):
            taken += text_width(one)
            if taken > per_line:
                found.append(line[begins:at])
                begins, taken = at, text_width(one)
        found.append(line[begins:])
    return found or [""]


def height_of_long_fields(rows: Sequence[Sequence[tuple[str, str]]], boxes: str) -> float:
    """Returns the height (mm) left by the small fields (name, text), two per row, and the boxes."""
    highest = [max(_count_lines(*field) for field in row) for row in rows]
    grown = sum(max(0.0, PADDING + SMALL_FIELD.line * lines - SMALL_ROW) for lines in highest)
    ticks = PADDING + BOXES.line * len(wrap_text(boxes, BOXES.per_line))
    return LONG_FIELDS_HEIGHT - grown - max(0.0, ticks - BOXES_ROW)


def _count_lines(name: str, text: str) -> int:
    return max(len(wrap_text(name, FIELD_NAME.per_line)), len(wrap_text(text, SMALL_FIELD.per_line)))


def fit_texts(
    texts: Sequence[str], mark: str, *, height: float = LONG_FIELDS_HEIGHT
) -> tuple[str, list[str]]:
    """Returns the name of the largest type size in which the texts fit into `height` (mm), and the texts.

    Texts too long for the smallest size are cut, longest first, and end with `mark`. The code on the page leads to
    the full text.
    """
    for size in SIZES:
        if sum(len(wrap_text(text, size.per_line)) for text in texts) <= int(height / size.line):
            return size.name, list(texts)
    return SIZES[-1].name, _cut(texts, SIZES[-1], mark, int(height / SIZES[-1].line))


def _cut(texts: Sequence[str], size: TypeSize, mark: str, max_lines: int) -> list[str]:
    lines = [len(wrap_text(text, size.per_line)) for text in texts]
    allowed = list(lines)
    while sum(allowed) > max_lines and max(allowed) > 1:
        allowed[allowed.index(max(allowed))] -= 1
    return [
        text if limit == needed else _shorten(text, size, mark, limit)
        for text, needed, limit in zip(texts, lines, allowed, strict=True)
    ]


def _shorten(text: str, size: TypeSize, mark: str, lines: int) -> str:
    """Returns the longest beginning that fits into the lines together with the mark."""
    longest = bisect_right(
        range(len(text)), lines, key=lambda n: len(wrap_text(text[:n] + mark, size.per_line))
    )
    return text[: max(longest - 1, 0)].rstrip() + mark
