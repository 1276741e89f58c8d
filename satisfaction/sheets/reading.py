"""One entrance for every uploaded table, whatever the file is called and whatever it really is (§11)."""

import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice, takewhile
from pathlib import Path

from django.utils.translation import gettext as _

from satisfaction.errors import Refused

from .cells import text
from .delimited import decoded, delimited_grids, unpacked
from .headers import normalise
from .legacy import legacy_grids
from .tables import Grid, Limits, MergedDown, Raw, Row, Rows, Table, is_blank
from .workbooks import workbook_grids

_ZIP, _OLE, _GZIP = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b"
_MARKUP = re.compile(r"\s*(<|MIME-Version:)", re.IGNORECASE)


def read_table(
    source: str | Path | bytes, *, filename: str, header_key: Sequence[str], limits: Limits | None = None
) -> Table:
    """The first sheet that has a header among its first 20 rows: the row in which one of `header_key` stands
    (the first two are named when there is none).

    `source` is a path or the content; `filename` is what the user calls it, for the sentences only: the
    kind of file is told by its content. Rows that hold nothing are passed over; 1,000 of them in a row end
    the sheet. A cell merged over several rows is worth the same in each of them; a formula without a stored
    result and an error read as empty.
    Raises Refused, with what to do instead, for every file that cannot be read.
    """
    limits = limits or Limits.from_settings()
    keys = {normalise(name) for name in header_key}
    for grid in _grids(_content(source, filename, limits), filename, limits):
        header = _find_header(grid, keys, limits)
        if header:
            return _table(grid, header, filename, limits)
    raise _no_header(filename, header_key, limits)


def _content(source: str | Path | bytes, filename: str, limits: Limits) -> bytes:
    size = len(source) if isinstance(source, bytes) else Path(source).stat().st_size
    if size > limits.max_bytes:
        raise Refused(
            _("“%(filename)s”有 %(size).1f MB，超过 %(most)d MB 的上限：请分成几个文件上传。")
            % {"filename": filename, "size": size / 1024**2, "most": limits.max_bytes // 1024**2}
        )
    content = source if isinstance(source, bytes) else Path(source).read_bytes()
    if not content.strip():
        raise Refused(_("文件“%(filename)s”是空的：请选择有内容的文件。") % {"filename": filename})
    return content


def _grids(content: bytes, filename: str, limits: Limits) -> Iterator[Grid]:
    if content.startswith(_ZIP):
        return workbook_grids(content, filename, limits)
    if content.startswith(_OLE):
        return legacy_grids(content, filename, limits)
    if content.startswith(_GZIP):
        content = unpacked(content, filename, limits)
    plain = decoded(content, filename)
    if _MARKUP.match(plain):
        raise Refused(
            _("“%(filename)s”其实是网页或 XML，不是工作簿：请用 Excel 打开，另存为 .xlsx 后再上传。")
            % {"filename": filename}
        )
    return delimited_grids(plain, filename)


def _find_header(grid: Grid, keys: set[str], limits: Limits) -> tuple[int, list[str]] | None:
    """(number of the header's last row, names of the columns), or None.

    A header of two rows, group names above, is known by its key cell, merged over both rows.
    """
    rows = grid.rows()
    try:
        for number, cells in takewhile(lambda row: row[0] <= limits.header_rows, rows):
            key = next((i for i, cell in enumerate(cells) if normalise(text(cell)) in keys), None)
            if key is not None:
                last = _last_row_of_cell(grid, number, key, limits)
                return last, _names([cells, *(more for n, more in islice(rows, last - number) if n <= last)])
    except Refused:  # the wrong separator: quotes do not match
        pass
    return None


def _last_row_of_cell(grid: Grid, number: int, column: int, limits: Limits) -> int:
    for (top, left), (bottom, _right) in grid.merged:
        if (top + 1, left) == (number, column) and bottom < limits.header_rows:
            return bottom + 1
    return number


def _names(rows: list[Sequence[Raw]]) -> list[str]:
    """The lowest text of each column; columns to the right of the last name do not count."""
    width = max(len(row) for row in rows)
    names = [""] * width
    for row in rows:
        for index, cell in enumerate(row):
            names[index] = text(cell) or names[index]
    while names and not names[-1]:
        names.pop()
    return names


def _table(grid: Grid, header: tuple[int, list[str]], filename: str, limits: Limits) -> Table:
    number, columns = header
    source = partial(_rows_below, grid, number, len(columns), limits)
    count = 0
    for count, _row in enumerate(source(), start=1):
        if count > limits.max_rows:
            raise Refused(
                _("“%(filename)s”超过 %(most)d 行：请分成几个文件上传。")
                % {"filename": filename, "most": limits.max_rows}
            )
    return Table(
        columns=columns,
        rows=Rows(source=source, count=count),
        sheet=grid.name,
        header_row=number,
        date1904=grid.date1904,
    )


def _rows_below(grid: Grid, header_row: int, width: int, limits: Limits) -> Iterator[Row]:
    last, merged = header_row, MergedDown(grid)
    for number, cells in grid.rows():
        if number <= header_row:
            continue
        if number - last > limits.max_blank_rows + 1:
            return
        fitted = _fitted(cells, width, ragged=grid.ragged)
        if not all(map(is_blank, fitted)):
            last = number
            merged.fill(number, fitted)
            yield Row(number, fitted)


def _fitted(cells: Sequence[Raw], width: int, *, ragged: bool) -> list[Raw]:
    """One cell for each column; what stands beside the table is left out, unless it shows slipped cells."""
    surplus = cells[width:]
    if ragged and not all(map(is_blank, surplus)):
        return list(cells)
    return [*cells[:width], *[""] * (width - len(cells))]


def _no_header(filename: str, header_key: Sequence[str], limits: Limits) -> Refused:
    return Refused(
        _("“%(filename)s”的前 %(rows)d 行里没有表头：请保留含有“%(key)s”一列的那一行。")
        % {"filename": filename, "rows": limits.header_rows, "key": " / ".join(header_key[:2])}
    )
