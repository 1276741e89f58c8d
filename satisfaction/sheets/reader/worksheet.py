"""One worksheet of an `.xlsx`, parsed once; only the current row is in memory."""

import re
from datetime import datetime
from typing import Any

from .book import CellRange, ReadLimits, WorkbookContext
from .numbers import parse_number
from .output import ERROR, FORMULA, RowOutput, unreadable_cell
from .parts import Attributes, PackageParts, unescape
from .problems import DAMAGED, UnreadableFile

MAX_COLUMNS = 16_384  # limits of the format
MAX_ROWS = 1_048_576
_RANGE = re.compile(r"\$?([A-Za-z]{0,3})\$?(\d{0,7}):\$?([A-Za-z]{0,3})\$?(\d{0,7})")


class Worksheet:
    """Parser handlers for one sheet. Rows and columns beyond the limits are ignored."""

    def __init__(self, book: WorkbookContext, limits: ReadLimits, output: RowOutput) -> None:
        self.book, self.limits, self.output = book, limits, output
        self.merged: list[CellRange] = []
        self.in_data = self.is_over = self.is_hidden = False
        self.row = self.last = 0
        self.row_text = "0"
        self.column = -1
        self.cells: list[Any] = []
        self.kind: str | None = None
        self.style: str | None = None
        self.content = ""
        self.is_text = self.is_spoken = self.has_formula = False
        self.columns: dict[str, int] = {}

    def read(self, parts: PackageParts, part: str) -> list[CellRange]:
        """Writes the rows and returns the merged ranges, counted from 0."""
        parts.parse(part, self.start, self.end, self.text)
        return self.merged

    def start(self, name: str, attributes: Attributes) -> None:
        """Called for every element of a sheet; frequent ones are checked first."""
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "v":
            self.is_text = True
        elif name == "c":
            get = attributes.get
            reference = get("r")
            self.column = self.column + 1 if reference is None else self.column_of(reference)
            self.kind, self.style = get("t"), get("s")
            self.content, self.has_formula = "", False
        elif name == "t":
            self.is_text = not self.is_spoken
        elif name == "row":
            self.start_row(attributes)
        elif name == "f":
            self.has_formula = True
        elif name == "rPh":
            self.is_spoken = True
        elif name == "mergeCell":
            self.merge(attributes.get("ref", ""))
        elif name == "sheetData":
            self.in_data = True

    def end(self, name: str) -> None:
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            if self.content or self.has_formula:
                self.end_cell()
        elif name in ("v", "t"):
            self.is_text = False
        elif name == "row":
            self.end_row()
        elif name == "rPh":
            self.is_spoken = False
        elif name == "sheetData":
            self.in_data = False

    def text(self, data: str) -> None:
        if self.is_text:
            self.content += data

    def start_row(self, attributes: Attributes) -> None:
        if not self.in_data:
            return
        reference = attributes.get("r")
        number = self.row + 1 if reference is None else _row_number(reference)
        if number <= self.row:
            raise UnreadableFile(DAMAGED)
        self.row, self.row_text, self.column, self.cells = number, str(number), -1, []
        self.is_hidden = attributes.get("hidden") in ("1", "true")
        gap = number - self.last
        self.is_over = self.is_over or number > self.limits.last_row or gap > self.limits.max_blank_rows + 1

    def end_cell(self) -> None:
        column = self.column
        if column >= self.limits.max_columns or self.is_over or not self.in_data:
            return
        value = self.value(self.content)
        cells = self.cells
        if column == len(cells):
            cells.append(value)
        else:
            cells.extend([""] * (column + 1 - len(cells)))
            cells[column] = value

    def value(self, content: str) -> object:
        kind = self.kind
        if kind == "s":
            try:
                return self.book.texts[int(content)]
            except (ValueError, IndexError) as error:
                raise UnreadableFile(DAMAGED) from error
        if kind is None or kind == "n":
            if content:
                return self.book.number(parse_number(content), self.style)
            return unreadable_cell(FORMULA, "")
        if kind == "e":
            return unreadable_cell(ERROR, content.strip() or "#VALUE!")
        if kind == "b":
            return content.strip() in ("1", "true")
        return _moment(content) if kind == "d" else unescape(content)

    def end_row(self) -> None:
        if any(cell != "" for cell in self.cells):
            self.last = self.row
            self.output.row(self.row, self.cells, is_hidden=self.is_hidden)
        self.cells = []

    def column_of(self, reference: str) -> int:
        """Returns the column, 0 for A. The reference must be in the current row."""
        letters = reference.removesuffix(self.row_text)
        column = self.columns.get(letters)
        if column is None or letters == reference:
            if letters == reference or not (letters.isascii() and letters.isalpha() and len(letters) <= 3):
                raise UnreadableFile(DAMAGED)
            column = self.columns[letters] = _column_number(letters) - 1
            if column >= MAX_COLUMNS:
                raise UnreadableFile(DAMAGED)
        return column

    def merge(self, reference: str) -> None:
        """Records a merged range: a block (A1:B2), whole columns (A:B) or whole rows (1:2)."""
        match = _RANGE.fullmatch(reference)
        if match:
            left, top, right, bottom = match.groups()
            first = int(top or 1) - 1, _column_number(left or "A") - 1
            last = int(bottom or MAX_ROWS) - 1, _column_number(right or "XFD") - 1
            self.merged.append((first, last))


def _row_number(digits: str) -> int:
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 10 and int(digits) > 0):
        raise UnreadableFile(DAMAGED)
    return int(digits)


def _column_number(letters: str) -> int:
    """Returns 1 for A."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def _moment(content: str) -> object:
    try:
        return datetime.fromisoformat(content.strip())
    except ValueError:
        return content
