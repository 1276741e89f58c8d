"""The format of rows between reader and application: lines of JSON, each a list of rows.

A row is `[row number, [cells], 1 if the row is hidden]`. Values that JSON cannot represent are tagged
objects; `process.decode_tagged` decodes them.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

from .problems import TOO_LARGE, UnreadableFile

ROWS_PER_LINE = 50
FORMULA, ERROR, ROUNDED = "formula", "error", "rounded"


def unreadable_cell(kind: str, shown: str) -> dict[str, list[str]]:
    """A cell without a usable value: a formula without result, an error, a rounded number."""
    return {"x": [kind, shown]}


# Error values as spreadsheets display them; a CSV stores them as text.
_ERRORS = frozenset(
    [
        "#NULL!",
        "#DIV/0!",
        "#VALUE!",
        "#REF!",
        "#NAME?",
        "#NUM!",
        "#N/A",
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#BLOCKED!",
    ]
)


def text_or_error(text: str) -> object:
    return unreadable_cell(ERROR, text.strip()) if text[:1] == "#" and text.strip() in _ERRORS else text


def encode_tagged(value: object) -> dict[str, Any]:
    """Encodes a date, time or duration of a library."""
    if isinstance(value, datetime | date | time):
        return {type(value).__name__: value.isoformat()}
    if isinstance(value, timedelta):
        return {"elapsed": value / timedelta(days=1)}
    raise TypeError(type(value))


class RowOutput:
    """Writes the file of rows. `sheet` begins a sheet, its rows follow; `sheets` describes all of them.

    Raises UnreadableFile if the rows exceed `most` bytes: a shared text is written for each cell.
    """

    def __init__(self, target: BinaryIO, most: int) -> None:
        self._target, self._most, self._written = target, most, 0
        self._encode = json.JSONEncoder(
            default=encode_tagged, check_circular=False, ensure_ascii=False, separators=(",", ":")
        ).encode
        self._rows: list[list[Any]] = []
        self.sheets: list[dict[str, Any]] = []

    def sheet(self, name: str, **facts: Any) -> None:
        self.sheets.append({"name": name, "start": self._written, **facts})

    def row(self, number: int, cells: Sequence[Any], *, is_hidden: bool = False) -> None:
        self._rows.append([number, cells, int(is_hidden)])
        if len(self._rows) == ROWS_PER_LINE:
            self._flush()

    def _flush(self) -> None:
        line = self._encode(self._rows).encode("utf-8", "surrogatepass") + b"\n"
        self._written += self._target.write(line)
        self._rows.clear()
        if self._written > self._most:
            raise UnreadableFile(TOO_LARGE, most=self._most)

    def end_sheet(self, **facts: Any) -> None:
        self._flush()
        self.sheets[-1].update(facts, end=self._written)
