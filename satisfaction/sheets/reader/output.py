"""How rows travel from the reader to the application: JSON, a list of some rows a line.

A row is `[row number, [cells], 1 if the row is hidden]`. What JSON has no word for is a tagged object;
`process.untagged` turns it back.
"""

import json
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

from .problems import TOO_LARGE, UnreadableFile

ROWS_PER_LINE = 50
FORMULA, ERROR, ROUNDED = "formula", "error", "rounded"


def unreadable_cell(kind: str, shown: str) -> dict[str, list[str]]:
    """A cell that should hold a value and holds none: a formula without a result, an error, a rounded number."""
    return {"x": [kind, shown]}


# What spreadsheets show for an error; in a CSV it is a text like any other.
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
    """A date or time that a library has made."""
    if isinstance(value, datetime | date | time):
        return {type(value).__name__: value.isoformat()}
    if isinstance(value, timedelta):
        return {"elapsed": value / timedelta(days=1)}
    raise TypeError(type(value))


class RowOutput:
    """The file of rows. `sheet` begins a sheet, whose rows follow; `sheets` describes all of them at the end.

    Raises Unreadable when the rows grow beyond `most` bytes: a text that many cells share is written out for each.
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
