"""Shared data of a workbook's sheets, and reading limits."""

from dataclasses import dataclass, field
from typing import Any

from .numbers import tag_date

CellRange = tuple[tuple[int, int], tuple[int, int]]
"""A merged range: (top row, left column), (bottom row, right column), counted from 0."""


@dataclass(frozen=True)
class ReadLimits:
    """Limits of the reader (see `sheets.tables.UploadLimits`)."""

    max_unpacked_bytes: int
    max_text_bytes: int
    max_blank_rows: int
    max_columns: int
    last_row: int


@dataclass
class WorkbookContext:
    """Shared texts and formats. `kinds`: the kind of number of each cell style (see `kind_of_format`)."""

    date1904: bool = False
    texts: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)

    def number(self, value: Any, style: str | None) -> object:
        """Returns the number, tagged as a date or duration if its style says so."""
        if style is None or not isinstance(value, int | float):
            return value
        try:
            kind = self.kinds[int(style)]
        except (ValueError, IndexError):
            return value
        return tag_date(value, kind) if kind else value
