"""Writing values to cells.

The writer reuses one cell object for each kind and style, and only changes its value: creating and styling a
new cell for each value takes three times as long.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any

from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment

from .cells import UNSTORABLE

WriteOnlySheet = Any
"""A write-only worksheet; the type stubs are incomplete."""

MAX_TEXT_LENGTH = 32_767  # UTF-16 units in a cell
TRUNCATION_MARK = "…[已截断]"
MAX_NUMBER = 10**15  # Excel keeps 15 digits; a longer number is written as text
FIRST_DATE = datetime(1904, 1, 2)  # both date systems can hold it

FORMATS = {
    "text": "@",
    "datetime": "yyyy-mm-dd hh:mm:ss",
    "date": "yyyy-mm-dd",
    "time": "hh:mm:ss",
    "duration": "[h]:mm:ss",
    "integer": "0",
    "decimal": "0.00",
    "number": "General",
}

INDENTED = frozenset({"integer", "decimal"})
LEFT = {kind: {"horizontal": "left"} for kind in ("datetime", "date", "time")}

_NEWLINE = re.compile(r"\r\n?")
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def storable_text(text: str) -> str:
    """Returns the text as a cell can store it: no control characters, not too long, `_x0041_` escaped."""
    text = _ESCAPE.sub("_x005F_", UNSTORABLE.sub("", _NEWLINE.sub("\n", text)))
    if len(text) > MAX_TEXT_LENGTH // 2 and len(text.encode("utf-16-le")) // 2 > MAX_TEXT_LENGTH:
        room = 2 * (MAX_TEXT_LENGTH - len(TRUNCATION_MARK))
        text = text.encode("utf-16-le")[:room].decode("utf-16-le", errors="ignore") + TRUNCATION_MARK
    return text


class CellWriter:
    """Writes the cells of one sheet; times are local times of `tz`."""

    def __init__(self, page: WriteOnlySheet, columns: Sequence[tuple[str, bool]], tz: tzinfo) -> None:
        self._page = page
        self._tz = tz
        self._cells: dict[tuple[str, bool], Cell] = {}
        self._writers = [(_WRITERS[kind], wrap) for kind, wrap in columns]

    def cells(self, row: Sequence[object]) -> Iterator[Cell | None]:
        """Yields the cells of a row.

        Each is valid until the next one; values beyond the columns are "raw".
        """
        surplus = len(row) - len(self._writers)
        writers = self._writers + [(_write_raw, False)] * surplus if surplus > 0 else self._writers
        for value, (write, wrap) in zip(row, writers, strict=False):
            yield None if value is None or value == "" else write(self, value, wrap)

    def text(self, value: object, wrap: bool) -> Cell:
        return self._cell("text", wrap, storable_text(str(value)), "s")

    def number(self, kind: str, value: float | Decimal, wrap: bool) -> Cell | None:
        if not math.isfinite(value):
            return None
        if not -MAX_NUMBER < value < MAX_NUMBER:
            return self.text(value, wrap)
        return self._cell(kind, wrap, value, "n")

    def moment(self, value: datetime, wrap: bool) -> Cell:
        local = value.astimezone(self._tz).replace(tzinfo=None) if value.tzinfo else value
        if local < FIRST_DATE:
            return self.text(value, wrap)
        return self._cell("datetime", wrap, local.replace(microsecond=0), "d")

    def day(self, value: date, wrap: bool) -> Cell:
        return self._cell("date", wrap, value, "d") if value >= FIRST_DATE.date() else self.text(value, wrap)

    def clock(self, kind: str, value: time | timedelta, wrap: bool) -> Cell:
        return self._cell(kind, wrap, value, "d")

    def _cell(self, kind: str, wrap: bool, value: object, data_type: str) -> Cell:
        """Sets value and type without guessing: a text with a leading = is no formula, "#N/A" no error."""
        cell: Any = self._cells.get((kind, wrap)) or self._new_cell(kind, wrap)
        cell._value = value
        cell.data_type = data_type
        return cell

    def _new_cell(self, kind: str, wrap: bool) -> Cell:
        cell = WriteOnlyCell(self._page)
        cell.number_format = FORMATS[kind]
        # Without the indent, a right-aligned number touches the text of the next column.
        indent = {"horizontal": "right", "indent": 1} if kind in INDENTED else {}
        cell.alignment = Alignment(vertical="top", wrap_text=wrap, **(indent or LEFT.get(kind, {})))
        self._cells[kind, wrap] = cell
        return cell


def _write_text(writer: CellWriter, value: object, wrap: bool) -> Cell | None:
    return writer.text(value, wrap)


def _write_number(kind: str) -> Callable[[CellWriter, object, bool], Cell | None]:
    def write(writer: CellWriter, value: object, wrap: bool) -> Cell | None:
        if isinstance(value, Fraction):
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            return _write_raw(writer, value, wrap)
        return writer.number(kind, value, wrap)

    return write


def _write_raw(writer: CellWriter, value: object, wrap: bool) -> Cell | None:
    """Writes a value by its Python type: dates as dates, numbers as numbers."""
    if isinstance(value, bool):
        return writer._cell("number", wrap, value, "b")
    if isinstance(value, int | float | Decimal):
        return writer.number("number", value, wrap)
    if isinstance(value, datetime):
        return writer.moment(value, wrap)
    if isinstance(value, date):
        return writer.day(value, wrap)
    if isinstance(value, time | timedelta):
        return writer.clock("time" if isinstance(value, time) else "duration", value, wrap)
    return writer.text(value, wrap)


_WRITERS: dict[str, Callable[[CellWriter, object, bool], Cell | None]] = {
    "text": _write_text,
    "datetime": _write_raw,
    "integer": _write_number("integer"),
    "decimal": _write_number("decimal"),
    "raw": _write_raw,
}
