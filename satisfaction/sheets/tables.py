"""The result of reading a spreadsheet: limits, grids (sheets as in the file) and tables."""

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
    """A cell without a usable value: a formula without result, an error, a rounded number.

    `shown` is the content for display; `kind` is one of the constants of `reader.output`.
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

# Invisible, but not stripped by str.strip(): zero-width characters and marks of writing direction.
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


@dataclass(frozen=True, kw_only=True)
class UploadLimits:
    """Limits of an uploaded file; a larger one is refused."""

    max_bytes: int = 20 * 1024 * 1024
    max_unpacked_bytes: int = 512 * 1024 * 1024  # unpacked workbook; rows with shared texts expanded
    max_text_bytes: int = 200 * 1024 * 1024  # unpacked .csv.gz
    max_rows: int = 200_000  # rows with content below the header
    max_blank_rows: int = 1_000  # as many consecutive ones end the sheet
    max_columns: int = 256  # further columns are ignored
    header_rows: int = 20  # the header is among the first rows

    @classmethod
    def from_settings(cls) -> Self:
        """Returns the limits of the settings `SHEET_MAX_BYTES`, `SHEET_MAX_ROWS`, `SHEET_MAX_BLANK_ROWS`."""
        names = ("max_bytes", "max_rows", "max_blank_rows")
        given = {name: getattr(settings, f"SHEET_{name.upper()}", None) for name in names}
        return cls(**{name: value for name, value in given.items() if value is not None})

    @property
    def last_row(self) -> int:
        """The highest row number that is read."""
        return self.header_rows + self.max_rows + self.max_blank_rows


class GridRow(NamedTuple):
    """A row as in the file: its number from 1, its cells, and whether it is hidden."""

    number: int
    cells: Sequence[RawCell]
    is_hidden: bool = False


@dataclass(frozen=True, kw_only=True)
class Grid:
    """One sheet as in the file.

    `rows()` starts again at each call; blank rows may be missing. A hidden sheet is not read and has no rows.
    `ragged` (CSV): cells beyond the header mean an unquoted separator, not a note beside the table.
    """

    name: str
    rows: Callable[[], Iterator[GridRow]]
    merged: tuple[CellRange, ...] = ()
    date1904: bool = False
    is_hidden: bool = False
    ragged: bool = False


class MergedCells:
    """Copies the values of merged cells into all rows and columns they cover, row by row.

    A block that covers the key column counts for that column only: an order number is not a value of other
    columns, and neither is a note across the table.
    """

    def __init__(self, grid: Grid, *, left: int, key: int) -> None:
        """`left`: column of the grid in which the table begins; `key`: the key column."""
        self._starts: dict[int, list[tuple[int, int, int]]] = {}  # first row → columns from, to; last row
        for (top, first), (bottom, last) in grid.merged:
            last = first if first <= key <= last else last
            if first >= left and (bottom > top or last > first):
                self._starts.setdefault(top + 1, []).append((first - left, last - left, bottom + 1))
        self._open: list[tuple[int, int, int, RawCell]] = []  # columns from, to; last row, value

    def fill(self, number: int, cells: list[RawCell]) -> None:
        """Writes the values that reach into this row; call it in the order of rows."""
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
    """A row below the header: its number in Excel, and one raw cell for each column.

    `sheet` is "" if only one sheet was read. Only a CSV row with too many separators has more cells than
    columns: its cells have slipped.
    """

    number: int
    cells: list[RawCell]
    sheet: str = ""

    @property
    def place(self) -> tuple[str, int]:
        return self.sheet, self.number

    @property
    def label(self) -> int | str:
        """The row in messages: its number; with its sheet, as in Excel, if several were read."""
        return f"{self.sheet}!{self.number}" if self.sheet else self.number


@dataclass(frozen=True)
class SheetSummary:
    """A worksheet of the file: the number of its rows, and whether it was read."""

    name: str
    rows: int
    read: bool


@dataclass(frozen=True)
class TableRows:
    """The rows of a table that are not blank, created while iterating; iterable repeatedly, with `len()`."""

    source: Callable[[], Iterator[TableRow]]
    count: int

    def __iter__(self) -> Iterator[TableRow]:
        return self.source()

    def __len__(self) -> int:
        return self.count


@dataclass(frozen=True, kw_only=True)
class UploadedTable:
    """Header and rows of all sheets that were read.

    `columns`: trimmed texts of the header, "" if blank; columns of further sheets only come last. `sheets`:
    the worksheets in order (none for CSV). `hidden_rows`: number of rows hidden by a filter or by hand; they
    are included. `sheet`, `header_row`: of the first sheet read. `date1904`: date serials count from 1904;
    pass it to `cells.parse_moment`.
    """

    columns: list[str]
    rows: TableRows
    sheet: str = ""
    header_row: int = 1
    date1904: bool = False
    sheets: tuple[SheetSummary, ...] = ()
    hidden_rows: int = 0


def is_blank_cell(raw: RawCell) -> bool:
    """Whether the cell is empty or has only spaces and invisible characters."""
    if isinstance(raw, str):
        return not raw or not raw.strip().strip(INVISIBLE).strip()
    return raw is None
