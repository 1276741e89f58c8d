"""What a spreadsheet is once it is read: limits, grids (sheets as they lie in the file), and the table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple, Self

from django.conf import settings
from django.utils.translation import gettext as _

from satisfaction.sheets.reader.book import CellRange
from satisfaction.sheets.reader.output import ERROR, FORMULA


@dataclass(frozen=True, slots=True)
class UnreadableCell:
    """A cell that should hold a value and holds none: a formula without a result, an error, a rounded number.

    `shown` is what stands in the cell; `kind` is one of the words of `reader.output`.
    """

    kind: str
    shown: str

    @property
    def reason(self) -> str:
        if self.kind == FORMULA:
            return _("公式没有计算结果:请用 Excel 打开、保存后再上传")
        if self.kind == ERROR:
            return _("单元格是错误值 %(value)s") % {"value": self.shown}
        return _("数字有 16 位以上而表格只保留 15 位,位数不全:请把原表的这一列设为文本后重新填写")


RawCell = str | int | float | bool | datetime | date | time | timedelta | UnreadableCell | None
"""A cell as the reader returns it; an empty cell is "" or None."""

# Looks empty, and is not stripped by str.strip(): zero-width characters and marks of writing direction.
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@dataclass(frozen=True, kw_only=True)
class UploadLimits:
    """How much of an uploaded file is read before it is refused."""

    max_bytes: int = 20 * 1024 * 1024
    max_unpacked_bytes: int = 512 * 1024 * 1024  # what a workbook holds, what its texts grow to
    max_text_bytes: int = 200 * 1024 * 1024  # what a .csv.gz holds
    max_rows: int = 200_000  # rows with content below the header
    max_blank_rows: int = 1_000  # so many in a row end the sheet
    max_columns: int = 256  # what stands further right is not read
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


class GridRow(NamedTuple):
    """A row as it lies in the file: its number from 1, its cells, and whether the sheet hides it."""

    number: int
    cells: Sequence[RawCell]
    is_hidden: bool = False


@dataclass(frozen=True, kw_only=True)
class Grid:
    """One sheet as it lies in the file.

    `rows()` starts anew at each call; blank rows may be missing. A hidden sheet has no rows: it is not read.
    `ragged`: a row longer than the header means a separator that was not quoted (CSV), not a note at the side.
    """

    name: str
    rows: Callable[[], Iterator[GridRow]]
    merged: tuple[CellRange, ...] = ()
    date1904: bool = False
    is_hidden: bool = False
    ragged: bool = False


class MergedCells:
    """The merged cells of a grid while its rows go by: the value counts for every row and column it covers.

    A block that begins in the key column or covers it counts for that column only: a number is never a name
    too, and a note across the table is no value.
    """

    def __init__(self, grid: Grid, *, left: int, key: int) -> None:
        """`left` is the column of the grid in which the table begins, `key` that of its key."""
        self._starts: dict[int, list[tuple[int, int, int]]] = {}  # first row → columns from, to; last row
        for (top, first), (bottom, last) in grid.merged:
            last = first if first <= key <= last else last
            if first >= left and (bottom > top or last > first):
                self._starts.setdefault(top + 1, []).append((first - left, last - left, bottom + 1))
        self._open: list[tuple[int, int, int, RawCell]] = []  # columns from, to; last row, value

    def fill(self, number: int, cells: list[RawCell]) -> None:
        """Writes the values that reach into this row; rows come in their order."""
        if self._open:
            self._open = [block for block in self._open if number <= block[2]]
        for left, right, bottom in self._starts.get(number, ()):
            if left < len(cells):
                self._open.append((left, right, bottom, cells[left]))
        for left, right, _bottom, value in self._open:
            for column in range(left, min(right + 1, len(cells))):
                if is_blank_cell(cells[column]):
                    cells[column] = value


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row below the header: its number as Excel shows it, and its raw cells, one for each column.

    `sheet` is "" when only one sheet was read. More cells than columns only in a CSV row with too many
    separators: its cells have slipped.
    """

    number: int
    cells: list[RawCell]
    sheet: str = ""

    @property
    def place(self) -> tuple[str, int]:
        return self.sheet, self.number

    @property
    def label(self) -> int | str:
        """How messages name the row: its number, with its sheet as Excel writes it when several were read."""
        return f"{self.sheet}!{self.number}" if self.sheet else self.number


@dataclass(frozen=True)
class SheetSummary:
    """A worksheet of the file: how many rows were taken from it, and whether it was read at all."""

    name: str
    rows: int
    read: bool


@dataclass(frozen=True)
class TableRows:
    """The rows of a table that hold anything, as often as wanted, made while iterating; `len()` is known."""

    source: Callable[[], Iterator[TableRow]]
    count: int

    def __iter__(self) -> Iterator[TableRow]:
        return self.source()

    def __len__(self) -> int:
        return self.count


@dataclass(frozen=True, kw_only=True)
class UploadedTable:
    """A header and what stands below it, of every sheet that was read.

    `columns` are the header's texts, trimmed, "" where the header is blank; columns that only a further sheet has
    come last. `sheets` are the worksheets in their order (none for CSV); `hidden_rows` are among the rows, hidden
    by a filter or by hand. `sheet` and `header_row` are of the first sheet read.
    `date1904`: numbers that are dates but not formatted so count from 1904 (pass it on to `cells.moment`).
    """

    columns: list[str]
    rows: TableRows
    sheet: str = ""
    header_row: int = 1
    date1904: bool = False
    sheets: tuple[SheetSummary, ...] = ()
    hidden_rows: int = 0


def is_blank_cell(raw: RawCell) -> bool:
    """Nothing to be seen in the cell: empty, or only spaces and invisible characters."""
    if isinstance(raw, str):
        return not raw or not raw.strip().strip(INVISIBLE).strip()
    return raw is None
