"""What a spreadsheet is once it is read: limits, grids (sheets as they lie in the file), and the table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Self

from django.conf import settings

Raw = str | int | float | bool | datetime | date | time | timedelta | None
"""A cell as the reader gives it; an empty cell is "" or None."""

Span = tuple[tuple[int, int], tuple[int, int]]
"""A merged range: (top row, left column), (bottom row, right column), counted from 0."""

# Looks empty, and is not stripped by str.strip(): zero-width characters and marks of writing direction.
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much of an uploaded file is read before it is refused."""

    max_bytes: int = 20 * 1024 * 1024
    max_unpacked_bytes: int = 512 * 1024 * 1024  # what a workbook holds, what its texts grow to
    max_text_bytes: int = 200 * 1024 * 1024  # what a .csv.gz holds
    max_rows: int = 200_000  # rows with content below the header
    max_blank_rows: int = 1_000  # so many in a row end the sheet
    max_columns: int = 256  # what stands further right is not read
    max_cells: int = 10_000_000  # height × width of one sheet: the reader keeps 32 bytes for each
    header_rows: int = 20  # the header stands among the first so many rows

    @classmethod
    def from_settings(cls) -> Self:
        """The limits of this installation (`SHEET_MAX_BYTES`, `SHEET_MAX_ROWS`, `SHEET_MAX_BLANK_ROWS`)."""
        names = ("max_bytes", "max_rows", "max_blank_rows")
        given = {name: getattr(settings, f"SHEET_{name.upper()}", None) for name in names}
        return cls(**{name: value for name, value in given.items() if value is not None})

    @property
    def last_row(self) -> int:
        """The highest row number that can matter."""
        return self.header_rows + self.max_rows + self.max_blank_rows


@dataclass(frozen=True, kw_only=True)
class Grid:
    """One sheet as it lies in the file.

    `rows()` starts anew at each call and yields (row number from 1, cells); blank rows may be missing.
    `ragged`: a row longer than the header means a separator that was not quoted (CSV), not a note at the side.
    """

    name: str
    rows: Callable[[], Iterator[tuple[int, Sequence[Raw]]]]
    merged: tuple[Span, ...] = ()
    date1904: bool = False
    ragged: bool = False


class MergedDown:
    """The merged cells of a grid while its rows go by: a crew written once beside five orders is meant for all."""

    def __init__(self, grid: Grid) -> None:
        self._ends: dict[int, dict[int, int]] = {}  # row of the value → column → last row that it covers
        for (top, left), (bottom, _right) in grid.merged:
            if bottom > top:
                self._ends.setdefault(top + 1, {})[left] = bottom + 1
        self._values: dict[int, tuple[int, Raw]] = {}  # column → (last row, value)

    def fill(self, number: int, cells: list[Raw]) -> None:
        """Writes the values that reach down into this row; rows come in their order."""
        for column, end in self._ends.get(number, {}).items():
            if column < len(cells):
                self._values[column] = (end, cells[column])
        for column, (end, value) in list(self._values.items()):
            if number > end:
                del self._values[column]
            elif is_blank(cells[column]):
                cells[column] = value


@dataclass(frozen=True, slots=True)
class Row:
    """A row below the header: its number as Excel shows it, and its raw cells, one for each column.

    More cells than columns only in a CSV row with too many separators: its cells have slipped.
    """

    number: int
    cells: list[Raw]


@dataclass(frozen=True)
class Rows:
    """The rows of a table that hold anything, as often as wanted, made while iterating; `len()` is known."""

    source: Callable[[], Iterator[Row]]
    count: int

    def __iter__(self) -> Iterator[Row]:
        return self.source()

    def __len__(self) -> int:
        return self.count


@dataclass(frozen=True, kw_only=True)
class Table:
    """A header and what stands below it.

    `columns` are the header's texts, trimmed, "" where the header is blank.
    `date1904`: numbers that are dates but not formatted so count from 1904 (pass it on to `cells.moment`).
    """

    columns: list[str]
    rows: Rows
    sheet: str = ""
    header_row: int = 1
    date1904: bool = False


def is_blank(raw: Raw) -> bool:
    """Nothing to be seen in the cell: empty, or only spaces and invisible characters."""
    if isinstance(raw, str):
        return not raw or not raw.strip().strip(INVISIBLE).strip()
    return raw is None
