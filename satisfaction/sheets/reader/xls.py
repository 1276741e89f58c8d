"""`.xls`, the format before 2007: values from a library, the rest from the records of the file."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import olefile
import python_calamine

from .book import ReadLimits
from .numbers import number_from_float
from .output import ERROR, RowOutput, unreadable_cell
from .problems import DAMAGED, PROTECTED, UnreadableFile

_BOF, _EOF, _BOUNDSHEET, _DATEMODE = 0x0809, 0x000A, 0x0085, 0x0022
_ROW, _FORMULA, _ERROR_VALUE = 0x0208, 0x0006, 0x0205
_HIDDEN_ROW = 0x20
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}


@dataclass
class SheetRecords:
    """Data of a sheet that the library does not return."""

    errors: dict[int, dict[int, str]] = field(default_factory=dict)  # row → column → error value
    hidden: set[int] = field(default_factory=set)  # rows, from 0


@dataclass
class BookRecords:
    date1904: bool = False
    sheets: list[SheetRecords] = field(default_factory=list)


def read_xls(path: str, limits: ReadLimits, output: RowOutput) -> None:
    """Writes the rows of each visible worksheet. Raises UnreadableFile."""
    if _ENCRYPTED in Path(path).read_bytes():  # an .xlsx with a password has the same container
        raise UnreadableFile(PROTECTED)
    records = _records_of(path)
    try:
        book = python_calamine.load_workbook(path)
        for index, sheet in enumerate(book.sheets_metadata):
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet:
                is_hidden = sheet.visible != python_calamine.SheetVisibleEnum.Visible
                output.sheet(sheet.name, is_hidden=is_hidden, date1904=records.date1904)
                known = records.sheets[index] if index < len(records.sheets) else SheetRecords()
                merged = [] if is_hidden else _write(book.get_sheet_by_index(index), known, limits, output)
                output.end_sheet(merged=merged)
    except python_calamine.PasswordError as error:
        raise UnreadableFile(PROTECTED) from error
    except (MemoryError, OSError):
        raise
    except Exception as error:
        raise UnreadableFile(DAMAGED) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # a panic of the library is not an Exception
            raise
        raise UnreadableFile(DAMAGED) from error


def _write(
    sheet: python_calamine.CalamineSheet, known: SheetRecords, limits: ReadLimits, output: RowOutput
) -> list[object]:
    """Writes the rows. The library begins at row 1, but at the first column with content."""
    left = sheet.start[1] if sheet.start else 0
    last = 0
    for number, values in enumerate(sheet.iter_rows(), start=1):
        cells = [""] * left + [_value(value) for value in values]
        for column, error in known.errors.get(number - 1, {}).items():
            cells.extend([""] * (column + 1 - len(cells)))
            cells[column] = unreadable_cell(ERROR, error)
        del cells[limits.max_columns :]
        if any(cell != "" for cell in cells):
            output.row(number, cells, is_hidden=number - 1 in known.hidden)
            last = number
        elif number - last > limits.max_blank_rows:
            break
    return list(sheet.merged_cell_ranges or ())


def _value(value: object) -> object:
    if isinstance(value, float):
        return number_from_float(value)
    if isinstance(value, timedelta) and abs(value.days) > 3_000_000:
        return value.total_seconds() / 86_400
    return value


def _records_of(path: str) -> BookRecords:
    """Reads the records; none from a damaged container, since the library decides whether it is readable."""
    try:
        with olefile.OleFileIO(path) as container:
            name = next((name for name in ("Workbook", "Book") if container.exists(name)), None)
            stream = container.openstream(name).read() if name else b""
    except (OSError, ValueError, IndexError, struct.error):
        stream = b""
    return _book_records(stream)


def _book_records(stream: bytes) -> BookRecords:
    found = BookRecords()
    starts = []
    for kind, body in _records(stream, 0):
        if kind == _DATEMODE and len(body) >= 2:
            found.date1904 = body[0] == 1
        elif kind == _BOUNDSHEET and len(body) >= 4:
            starts.append(struct.unpack_from("<I", body)[0])
    found.sheets = [_sheet_records(stream, start) for start in starts]
    return found


def _sheet_records(stream: bytes, start: int) -> SheetRecords:
    found = SheetRecords()
    for kind, body in _records(stream, start):
        if kind == _ROW and len(body) >= 14 and struct.unpack_from("<H", body, 12)[0] & _HIDDEN_ROW:
            found.hidden.add(struct.unpack_from("<H", body)[0])
        elif kind == _ERROR_VALUE and len(body) >= 8 and body[7] == 1:
            _note_error(found, body, body[6])
        elif kind == _FORMULA and len(body) >= 14 and body[12:14] == b"\xff\xff" and body[6] == 2:
            _note_error(found, body, body[8])
    return found


def _note_error(found: SheetRecords, body: bytes, code: int) -> None:
    row, column = struct.unpack_from("<HH", body)
    found.errors.setdefault(row, {})[column] = _ERRORS.get(code, "#VALUE!")


def _records(stream: bytes, position: int) -> Iterator[tuple[int, bytes]]:
    """Yields the records from BOF to the matching EOF, without those of embedded charts."""
    depth = 0
    while position + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, position)
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        elif depth == 1:
            yield kind, stream[position + 4 : position + 4 + length]
        position += 4 + length
