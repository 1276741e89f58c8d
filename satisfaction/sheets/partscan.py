"""Makes one XML part of a workbook fit for a reader that keeps a whole sheet, gaps included, in memory.

A sheet may hold ten cells and have two of them in opposite corners: the reader would ask for 512 GB, and the
process would die. So every part is walked first, without building anything, and rows and columns out of reach
are cut out of its bytes. Whatever the parser here cannot follow never gets as far as the reader.
"""

from collections import Counter
from xml.parsers import expat

from django.utils.translation import gettext as _

from satisfaction.errors import Refused

from .tables import Limits

MOST_COLUMNS = 16_384  # of any sheet


class DamagedPart(Exception):
    """The part is not what a spreadsheet program would have written."""


class _Cut(Exception):
    """The rest of the sheet is out of reach; ends the walk."""


class PartScan:
    """One walk over one part; `kept` are its bytes without the rows and columns out of reach."""

    def __init__(self, data: bytes | bytearray, limits: Limits) -> None:
        self.limits = limits
        self.date1904 = False
        self.text_sizes: list[int] = []  # bytes of each shared text that this part defines
        self.text_uses: Counter[str] = Counter()  # index of a shared text → how many cells show it
        self._row = self._content_row = 0
        self._row_text = "0"
        self._column = -1
        self._width = self._cells = 0
        self._is_far = self._is_shared = self._awaits_index = False
        self._root = self._sheet_data = ""
        self._text_from: int | None = None
        self._drop_from: int | None = None
        self._drops: list[tuple[int, int]] = []
        self._columns: dict[str, int] = {}
        self._parser = expat.ParserCreate()
        self.kept = self._walk(data)

    def _walk(self, data: bytes | bytearray) -> bytes | bytearray:
        parser = self._parser
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.CharacterDataHandler = self._text
        parser.StartDoctypeDeclHandler = self._doctype
        try:
            parser.Parse(data, True)
        except _Cut as cut:
            return self._without_drops(data, cut.args[0]) + self._closing_tags()
        except expat.ExpatError as error:
            raise DamagedPart(str(error)) from error
        self._check_area()
        if self._text_from is not None:
            self.text_sizes.append(len(data) - self._text_from)
        return self._without_drops(data, len(data)) if self._drops else data

    def _without_drops(self, data: bytes | bytearray, end: int) -> bytes:
        pieces, position, view = [], 0, memoryview(data)
        for drop_from, drop_to in self._drops:
            pieces.append(view[position:drop_from])
            position = drop_to
        return b"".join([*pieces, view[position:end]])

    def _closing_tags(self) -> bytes:
        return f"</{self._sheet_data}></{self._root}>".encode()

    def _doctype(self, *_declaration: object) -> None:
        raise DamagedPart("a document type declaration has no place in a workbook")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = name.rpartition(":")[2] if ":" in name else name
        self._root = self._root or name
        if local == "c":
            self._start_cell(attributes)
        elif local == "v":
            self._start_content()
            self._awaits_index = self._is_shared
        elif local == "is":
            self._start_content()
        elif local == "row":
            self._start_row(attributes)
        elif local == "si":
            self._start_shared_text()
        elif local == "sheetData":
            self._sheet_data = name
        elif local == "workbookPr":
            self.date1904 = attributes.get("date1904") in ("1", "true")

    def _start_row(self, attributes: dict[str, str]) -> None:
        if not self._sheet_data:
            return
        self._row = self._number(attributes["r"]) if "r" in attributes else self._row + 1
        self._row_text, self._column = str(self._row), -1
        gap = self._row - self._content_row
        if self._row > self.limits.last_row or gap > self.limits.max_blank_rows + 1:
            self._check_area()
            raise _Cut(self._parser.CurrentByteIndex)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        if not self._sheet_data:
            return
        reference = attributes.get("r")
        self._column = self._column + 1 if reference is None else self._column_of(reference)
        self._cells += 1
        if self._column >= MOST_COLUMNS or self._cells > self.limits.max_cells:
            raise self._too_large(self._row, self._column + 1)
        self._is_shared = attributes.get("t") == "s"
        self._is_far = self._column >= self.limits.max_columns
        if self._is_far and self._drop_from is None:
            self._drop_from = self._parser.CurrentByteIndex
            self._parser.EndElementHandler = self._end_far_row
        elif self._drop_from is not None and not self._is_far:
            self._end_drop()

    def _start_content(self) -> None:
        if self._is_far or not self._sheet_data:
            return
        self._content_row = max(self._content_row, self._row)
        self._width = max(self._width, self._column + 1)

    def _text(self, text: str) -> None:
        if self._awaits_index and (index := text.strip()):
            self.text_uses[index] += 1
            self._awaits_index = False

    def _end_far_row(self, name: str) -> None:
        if name.rpartition(":")[2] == "row":
            self._end_drop()

    def _end_drop(self) -> None:
        if self._drop_from is not None:
            self._drops.append((self._drop_from, self._parser.CurrentByteIndex))
        self._drop_from = self._parser.EndElementHandler = None

    def _start_shared_text(self) -> None:
        here = self._parser.CurrentByteIndex
        if self._text_from is not None:
            self.text_sizes.append(here - self._text_from)
        self._text_from = here

    def _column_of(self, reference: str) -> int:
        """0 for A. The reference must lie in the row around it: a reader believes the reference."""
        letters = reference.removesuffix(self._row_text)
        column = self._columns.get(letters)
        if column is None or letters == reference:
            if (
                letters == reference
                or not 1 <= len(letters) <= 3
                or not (letters.isascii() and letters.isalpha())
            ):
                raise DamagedPart(f"cell {reference[:20]} in row {self._row}")
            column = self._columns[letters] = _index_of(letters)
        return column

    def _number(self, digits: str) -> int:
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 10 and int(digits) > 0):
            raise DamagedPart(f"row {digits[:20]}")
        return int(digits)

    def _check_area(self) -> None:
        if self._content_row * self._width > self.limits.max_cells:
            raise self._too_large(self._content_row, self._width)

    def _too_large(self, rows: int, columns: int) -> Refused:
        return Refused(
            _(
                "工作簿里有一张表太大（%(rows)d 行 × %(columns)d 列）："
                "请只留下要上传的行和列，分成几个文件上传。"
            )
            % {"rows": rows, "columns": columns}
        )


def _index_of(letters: str) -> int:
    index = 0
    for letter in letters.upper():
        index = index * 26 + ord(letter) - ord("A") + 1
    return index - 1
