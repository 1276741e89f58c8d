"""Reading uploaded tables; the content decides about the format, not the file name (domain §11.4)."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice, takewhile
from pathlib import Path

from django.utils.translation import gettext as _

from satisfaction.core.errors import Refused
from satisfaction.sheets.reader.problems import EMPTY

from .cells import display_text
from .headers import normalise_header
from .process import read_grids, refusal
from .tables import (
    Grid,
    GridRow,
    MergedCells,
    RawCell,
    SheetSummary,
    TableRow,
    TableRows,
    UploadedTable,
    UploadLimits,
    is_blank_cell,
)

MAX_CACHED_ROWS = 20_000  # rows of a sheet in memory; a longer sheet is decoded at each iteration
ColumnNames = Mapping[str, Sequence[str]]


def read_table(
    source: str | Path | bytes,
    *,
    filename: str,
    header_key: Sequence[str],
    names: ColumnNames | None = None,
    is_left_out: Callable[[Sequence[str]], bool] = lambda columns: False,
    limits: UploadLimits | None = None,
) -> UploadedTable:
    """Returns the rows of every visible sheet with a header among its first 20 rows.

    The header is the row with one of `header_key`; the error for a missing header names the first two.
    `source` is a path or the content; `filename` is for messages only. `names` (field → accepted names)
    matches the columns of several sheets; `is_left_out` decides by its columns that a sheet is skipped. Blank
    rows are skipped; 1,000 consecutive ones end the sheet. A merged cell has its value in each cell it
    covers. A formula without a stored result, an error and a rounded number become `UnreadableCell`. Raises
    Refused with advice for every file that cannot be read.
    """
    limits = limits or UploadLimits.from_settings()
    keys = {normalise_header(name) for name in header_key}
    grids = read_grids(_checked(source, filename, limits), filename, limits)
    parts: list[_SheetPart] = []
    for grid in grids:
        header = None if grid.is_hidden else _find_header(grid, keys, limits)
        if header and not is_left_out(header.columns):
            parts.append(_SheetPart(grid, header, limits))
            if grid.ragged:  # the other grids are the same file with other separators
                break
    if not parts:
        raise _no_header(filename, header_key, limits, grids)
    return _table(grids, parts, names or {}, filename, limits)


def _checked(source: str | Path | bytes, filename: str, limits: UploadLimits) -> Path | bytes:
    source = source if isinstance(source, bytes) else Path(source)
    size = len(source) if isinstance(source, bytes) else source.stat().st_size
    if size > limits.max_bytes:
        raise Refused(
            _("“%(filename)s”有 %(size).1f MB，超过 %(most)d MB 的上限：请分成几个文件上传。")
            % {"filename": filename, "size": size / 1024**2, "most": limits.max_bytes // 1024**2}
        )
    if size == 0:
        raise refusal(EMPTY, filename)
    return source


@dataclass(frozen=True)
class _Header:
    """`row`: last row of the header; `left`, `key`: columns of its first name and of its key cell."""

    row: int
    left: int
    key: int
    columns: list[str]


def _find_header(grid: Grid, keys: set[str], limits: UploadLimits) -> _Header | None:
    """Finds the header. One of two rows, with group names above, has a key cell merged over both rows."""
    rows = grid.rows()
    try:
        for number, cells, _is_hidden in takewhile(lambda row: row.number <= limits.header_rows, rows):
            key = next(
                (i for i, cell in enumerate(cells) if normalise_header(display_text(cell)) in keys), None
            )
            if key is not None:
                last = _last_row_of_cell(grid, number, key, limits)
                more = [row.cells for row in islice(rows, last - number) if row.number <= last]
                names = _names([cells, *more])
                left = 0 if grid.ragged else next(i for i, name in enumerate(names) if name)
                return _Header(last, left, key, names[left:])
    except Refused:  # wrong separator: quotes do not match
        pass
    return None


def _last_row_of_cell(grid: Grid, number: int, column: int, limits: UploadLimits) -> int:
    for (top, left), (bottom, _right) in grid.merged:
        if (top + 1, left) == (number, column) and bottom < limits.header_rows:
            return bottom + 1
    return number


def _names(rows: list[Sequence[RawCell]]) -> list[str]:
    """Returns the lowest text of each column up to the last name."""
    width = max(len(row) for row in rows)
    names = [""] * width
    for row in rows:
        for index, cell in enumerate(row):
            names[index] = display_text(cell) or names[index]
    while names and not names[-1]:
        names.pop()
    return names


class _SheetPart:
    """The rows of one sheet below its header."""

    def __init__(self, grid: Grid, header: _Header, limits: UploadLimits) -> None:
        self.grid, self.header, self.limits = grid, header, limits
        self.count = self.hidden = 0
        self._kept: list[GridRow] | None = []
        for row in self._walk():
            self.count += 1
            self.hidden += row.is_hidden
            if self.count > limits.max_rows:
                break
            if self._kept is not None:
                self._kept.append(row)
            if self.count > MAX_CACHED_ROWS:
                self._kept = None

    def rows(self) -> Iterable[GridRow]:
        return self._walk() if self._kept is None else self._kept

    def _walk(self) -> Iterator[GridRow]:
        """Yields the rows that are not blank, with one cell for each column."""
        last, left, width = self.header.row, self.header.left, len(self.header.columns)
        merged = MergedCells(self.grid, left=left, key=self.header.key)
        for number, cells, is_hidden in self.grid.rows():
            if number <= self.header.row:
                continue
            if number - last > self.limits.max_blank_rows + 1:
                return
            fitted = _fitted(cells[left:] if left else cells, width, ragged=self.grid.ragged)
            if not all(map(is_blank_cell, fitted)):
                last = number
                merged.fill(number, fitted)
                yield GridRow(number, fitted, is_hidden)


def _fitted(cells: Sequence[RawCell], width: int, *, ragged: bool) -> list[RawCell]:
    """Returns one cell for each column; drops cells beside the table, but not slipped cells of a CSV row."""
    surplus = cells[width:]
    if ragged and not all(map(is_blank_cell, surplus)):
        return list(cells)
    return [*cells[:width], *[""] * (width - len(cells))]


def _table(
    grids: list[Grid], parts: list[_SheetPart], names: ColumnNames, filename: str, limits: UploadLimits
) -> UploadedTable:
    count = sum(part.count for part in parts)
    if count > limits.max_rows:
        raise Refused(
            _("“%(filename)s”超过 %(most)d 行：请分成几个文件上传。")
            % {"filename": filename, "most": limits.max_rows}
        )
    columns, places = _joined([part.header.columns for part in parts], names)
    read = {id(part.grid): part.count for part in parts}
    first = parts[0]
    return UploadedTable(
        columns=columns,
        rows=TableRows(source=partial(_rows, parts, places, len(columns)), count=count),
        sheet=first.grid.name,
        header_row=first.header.row,
        date1904=first.grid.date1904,
        sheets=tuple(
            SheetSummary(grid.name, read.get(id(grid), 0), id(grid) in read)
            for grid in grids
            if not grid.ragged
        ),
        hidden_rows=sum(part.hidden for part in parts),
    )


def _joined(headers: list[list[str]], names: ColumnNames) -> tuple[list[str], list[list[int]]]:
    """Returns the columns of all sheets, each once, and for each sheet the positions of its columns.

    If a sheet has several columns of one name, the first matches the first of another sheet, and so on.
    """
    fields = {normalise_header(name): field for field, accepted in names.items() for name in accepted}
    columns: list[str] = []
    known: dict[tuple[str, int], int] = {}
    places = []
    for header in headers:
        seen = Counter[str]()
        place = []
        for column in header:
            name = normalise_header(column)
            same = fields.get(name, name)
            position = known.setdefault((same, seen[same]), len(columns))
            if position == len(columns):
                columns.append(column)
            seen[same] += 1
            place.append(position)
        places.append(place)
    return columns, places


def _rows(parts: list[_SheetPart], places: list[list[int]], width: int) -> Iterator[TableRow]:
    for part, place in zip(parts, places, strict=True):
        sheet = part.grid.name if len(parts) > 1 else ""
        is_plain = place == list(range(width))
        for number, cells, _is_hidden in part.rows():
            yield TableRow(number, list(cells) if is_plain else _placed(cells, place, width), sheet)


def _placed(cells: Sequence[RawCell], place: list[int], width: int) -> list[RawCell]:
    placed: list[RawCell] = [""] * width
    for position, cell in zip(place, cells, strict=True):
        placed[position] = cell
    return placed


def _no_header(filename: str, header_key: Sequence[str], limits: UploadLimits, grids: list[Grid]) -> Refused:
    values = {"filename": filename, "rows": limits.header_rows, "key": " / ".join(header_key[:2])}
    hidden = _("、").join(grid.name for grid in grids if grid.is_hidden)
    if hidden:
        return Refused(
            _(
                "“%(filename)s”的前 %(rows)d 行里没有表头：请保留含有“%(key)s”一列的那一行。"
                "隐藏的表（%(hidden)s）没有读，要读请先取消隐藏。"
            )
            % {**values, "hidden": hidden}
        )
    return Refused(_("“%(filename)s”的前 %(rows)d 行里没有表头：请保留含有“%(key)s”一列的那一行。") % values)
