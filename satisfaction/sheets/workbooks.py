"""`.xlsx`: a zip of XML parts, checked and trimmed part by part before a reader sees it."""

import io
import re
import tempfile
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import python_calamine
from django.utils.translation import gettext as _

from satisfaction.errors import Refused

from .partscan import DamagedPart, PartScan
from .tables import Grid, Limits, Raw

PIECE = 1024 * 1024  # bytes

_Answer = TypeVar("_Answer")

_WORKBOOK = re.compile(r"xl/workbook\d*\.xml", re.IGNORECASE)
_READABLE_PARTS = (".xml", ".rels")


def damaged(filename: str) -> Refused:
    return Refused(
        _("文件“%(filename)s”已损坏或不完整：请用 Excel 打开原文件，另存为 .xlsx 后再上传。")
        % {"filename": filename}
    )


def protected(filename: str) -> Refused:
    return Refused(
        _("工作簿“%(filename)s”设有密码：请在 Excel 中去掉密码、保存后再上传。") % {"filename": filename}
    )


def workbook_grids(content: bytes, filename: str, limits: Limits) -> Iterator[Grid]:
    """The worksheets in their order, each loaded when it is its turn. Raises Refused."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "workbook.xlsx"
        try:
            date1904 = _trim(content, copy, filename, limits)
        except (DamagedPart, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
            raise damaged(filename) from error
        except RuntimeError as error:  # zipfile: the member is encrypted
            raise protected(filename) from error
        yield from _grids(copy, filename, date1904=date1904)


def _trim(content: bytes, copy: Path, filename: str, limits: Limits) -> bool:
    """Writes a copy of the XML parts alone, each cut to size; gives whether dates begin in 1904."""
    date1904, sizes, uses = False, list[int](), list[Counter[str]]()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(copy, "w") as target:
        for member in _parts(source, filename, limits):
            scan = PartScan(_content(source, member), limits)
            target.writestr(member.filename, scan.kept)
            date1904 = date1904 or scan.date1904
            sizes = sizes or scan.text_sizes
            uses.append(scan.text_uses)
    _check_texts(sizes, uses, filename, limits)
    return date1904


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytearray:
    """Read piece by piece into its place: read() would need the memory twice."""
    content, position = bytearray(member.file_size), 0
    with archive.open(member) as part:
        while piece := part.read(PIECE):
            content[position : position + len(piece)] = piece
            position += len(piece)
    return content


def _parts(archive: zipfile.ZipFile, filename: str, limits: Limits) -> list[zipfile.ZipInfo]:
    """The parts that matter; Refused for another kind of zip, or one that unpacks to too much."""
    names = archive.namelist()
    if "[Content_Types].xml" not in names or not any(map(_WORKBOOK.fullmatch, names)):
        raise _not_a_workbook(names, filename)
    members = {part.filename: part for part in archive.infolist() if part.filename.endswith(_READABLE_PARTS)}
    if sum(part.file_size for part in members.values()) > limits.max_unpacked_bytes:
        raise too_large_unpacked(filename, limits.max_unpacked_bytes)
    return list(members.values())


def _not_a_workbook(names: list[str], filename: str) -> Refused:
    if "mimetype" in names or any(name.endswith("workbook.bin") for name in names):
        return Refused(
            _("“%(filename)s”是 .ods 或 .xlsb 格式，这里读不了：请另存为 .xlsx 后再上传。")
            % {"filename": filename}
        )
    return Refused(
        _("“%(filename)s”是压缩包或其它文档，不是 Excel 工作簿：请上传其中的 .xlsx、.xls 或 .csv 文件。")
        % {"filename": filename}
    )


def too_large_unpacked(filename: str, most: int) -> Refused:
    return Refused(
        _("“%(filename)s”解开后超过 %(most)d MB：请分成几个较小的文件上传。")
        % {"filename": filename, "most": most // (1024 * 1024)}
    )


def _check_texts(sizes: list[int], uses: list[Counter[str]], filename: str, limits: Limits) -> None:
    """A reader writes a shared text out for each cell that shows it: 260 KB can become 1.5 GB."""
    for sheet in uses:
        numbers = (
            (int(index), count) for index, count in sheet.items() if index.isascii() and index.isdigit()
        )
        shown = sum(sizes[index] * count for index, count in numbers if index < len(sizes))
        if shown > limits.max_unpacked_bytes:
            raise too_large_unpacked(filename, limits.max_unpacked_bytes)


def _grids(copy: Path, filename: str, *, date1904: bool) -> Iterator[Grid]:
    book = _read(filename, partial(python_calamine.load_workbook, copy))
    for index, sheet in enumerate(book.sheets_metadata):
        if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet:
            yield grid_of(_read(filename, partial(book.get_sheet_by_index, index)), date1904=date1904)


def _read(filename: str, call: Callable[[], _Answer]) -> _Answer:
    """A reader's errors become a sentence, its panics too: they are no Exception."""
    try:
        return call()
    except python_calamine.PasswordError as error:
        raise protected(filename) from error
    except (KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as error:
        raise damaged(filename) from error


def grid_of(sheet: python_calamine.CalamineSheet, *, date1904: bool = False) -> Grid:
    """The reader begins at row 1, but at the first column that holds anything: merged ranges move along."""
    left = sheet.start[1] if sheet.start else 0
    merged = tuple(((a, b - left), (c, d - left)) for (a, b), (c, d) in sheet.merged_cell_ranges or ())

    def rows() -> Iterator[tuple[int, Sequence[Raw]]]:
        return enumerate(sheet.iter_rows(), start=1)

    return Grid(name=sheet.name, rows=rows, merged=merged, date1904=date1904)
