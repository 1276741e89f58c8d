"""Print layout of a sheet: paper, pages side by side, row heights. Pure.

Sizes are in points (1/72 inch). Column widths are in characters, as in Excel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

FONT_SIZE = 11.0
"""Font size in cells."""
MIN_FONT_SIZE = 7.2
"""Minimum font size on paper."""
MIN_SCALE = MIN_FONT_SIZE / FONT_SIZE
MARGIN = 0.4 * 72
A4_WIDE, A3_WIDE = 841.9, 1190.6
PAPER_A4, PAPER_A3 = 9, 8
"""Excel's codes of the paper sizes."""
WIDTH_TOLERANCE = 1.22
"""Without Excel's fonts, programs draw columns a fifth wider (measured in LibreOffice)."""

LINE_HEIGHT = 16.0
"""Height of a line in a Chinese font of this size."""
MAX_ROW_HEIGHT = 400.0
"""Excel allows 409; of a longer text the first lines are shown."""
LATIN_WIDTH = 1.1
"""Width of a Latin letter in units of column width; a Chinese character takes twice that."""


@dataclass(frozen=True)
class PageLayout:
    """`pages`: number of pages side by side; `scale`: 1 is the size on the screen."""

    paper: int
    pages: int
    scale: float

    @property
    def letter(self) -> float:
        return FONT_SIZE * self.scale


def column_points(width: float) -> float:
    """Returns the width of a column of `width` characters in points."""
    return (7 * width + 5) * 0.75


def page_layout(widths: Sequence[float], *, repeated: int = 0) -> PageLayout:
    """Returns the smallest landscape paper on which the columns are readable.

    A4, else A3, else several pages of A3 side by side, each with the first `repeated` columns.
    """
    wide = [column_points(width) * WIDTH_TOLERANCE for width in widths]
    for paper, across in ((PAPER_A4, A4_WIDE), (PAPER_A3, A3_WIDE)):
        scale = min(1.0, (across - 2 * MARGIN) / max(sum(wide), 1.0))
        if scale >= MIN_SCALE:
            return PageLayout(paper, 1, scale)
    room = A3_WIDE - 2 * MARGIN
    pages = pages_across(wide, repeated, room / MIN_SCALE)
    scale = MIN_SCALE
    while scale < 1 and pages_across(wide, repeated, room / (scale + 0.01)) <= pages:
        scale += 0.01
    return PageLayout(PAPER_A3, pages, scale)


def pages_across(wide: Sequence[float], repeated: int, room: float) -> int:
    """Returns how many pages the columns take; each page begins with the repeated ones."""
    first = sum(wide[:repeated])
    pages, used = 1, first
    for column in wide[repeated:]:
        if used + column > room and used > first:
            pages, used = pages + 1, first
        used += column
    return pages


def line_count(text: str, width: float) -> int:
    """Returns how many lines the text takes in a wrapping column."""
    room = max(width - 1, 1.0)
    if len(text) * 2 * LATIN_WIDTH <= room and "\n" not in text:
        return 1
    return sum(max(1, ceil(display_width(part) / room)) for part in text.split("\n"))


def display_width(text: str) -> float:
    return len(text.encode("gbk", errors="replace")) * LATIN_WIDTH


def row_height(texts: Sequence[tuple[str, float]]) -> float | None:
    """Returns the height for wrapping cells of (text, width); None if one line is enough."""
    lines = max((line_count(text, width) for text, width in texts), default=1)
    return min(lines * LINE_HEIGHT + 2, MAX_ROW_HEIGHT) if lines > 1 else None
