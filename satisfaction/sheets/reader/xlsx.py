"""`.xlsx` and `.xlsm`: the visible worksheets, row by row.

Libraries hide what an import must report: formulas without result, error values, digits beyond the 15th,
hidden rows.
"""

import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass
from typing import Any

from .book import ReadLimits, WorkbookContext
from .numbers import kind_of_format
from .output import RowOutput
from .parts import Attributes, PackageParts, local_name, unescape
from .problems import DAMAGED, NO_WORKBOOK, OTHER_FORMAT, UnreadableFile
from .worksheet import Worksheet

_WORKBOOK = re.compile(r"(.*/)?workbook\d*\.xml")
_OFFICE_DOCUMENT, _WORKSHEET = "/officedocument", "/worksheet"


@dataclass(frozen=True)
class SheetEntry:
    name: str
    is_hidden: bool
    part: str


def read_xlsx(path: str, limits: ReadLimits, output: RowOutput) -> None:
    """Writes the rows of each visible worksheet. Raises UnreadableFile."""
    try:
        with zipfile.ZipFile(path) as archive:
            _read(PackageParts(archive, limits.max_unpacked_bytes), limits, output)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise UnreadableFile(DAMAGED) from error


def _read(parts: PackageParts, limits: ReadLimits, output: RowOutput) -> None:
    workbook = _find_workbook(parts)
    relations = _relations(parts, workbook)
    book = WorkbookContext()
    entries = _read_workbook(parts, workbook, book, relations)
    for kind, read in (("/sharedstrings", _read_texts), ("/styles", _read_styles)):
        part = next((target for end, target in relations.values() if end.endswith(kind)), None)
        if part and part in parts:
            read(parts, part, book)
    for entry in entries:
        output.sheet(entry.name, is_hidden=entry.is_hidden, date1904=book.date1904)
        merged: list[Any] = []
        if not entry.is_hidden:
            merged = Worksheet(book, limits, output).read(parts, entry.part)
        output.end_sheet(merged=merged)


def _find_workbook(parts: PackageParts) -> str:
    """Returns the part that lists the sheets. Raises UnreadableFile for another kind of archive."""
    targets = [target for kind, target in _relations(parts, "").values() if kind.endswith(_OFFICE_DOCUMENT)]
    names = [
        name for name in (*targets, *filter(_WORKBOOK.fullmatch, parts.names())) if name.endswith(".xml")
    ]
    found = next((name for name in names if name in parts), "")
    if found and "[content_types].xml" in parts:
        return found
    is_other = "mimetype" in parts or any(name.endswith("workbook.bin") for name in parts.names())
    raise UnreadableFile(OTHER_FORMAT if is_other else NO_WORKBOOK)


def _relations(parts: PackageParts, part: str) -> dict[str, tuple[str, str]]:
    """Returns relation id → (type in lower case, part) for the relations of `part`."""
    folder, name = posixpath.split(part)
    found: dict[str, tuple[str, str]] = {}

    def start(tag: str, attributes: Attributes) -> None:
        target = attributes.get("Target", "").replace("\\", "/")
        if local_name(tag) == "Relationship" and target and attributes.get("TargetMode") != "External":
            path = target if target.startswith("/") else posixpath.join("/", folder, target)
            kind = attributes.get("Type", "").lower()
            found[attributes.get("Id", "")] = kind, posixpath.normpath(path).lstrip("/").lower()

    described = posixpath.join(folder, "_rels", f"{name}.rels")
    if described in parts:
        parts.parse(described, start)
    return found


def _read_workbook(
    parts: PackageParts, workbook: str, book: WorkbookContext, relations: dict[str, tuple[str, str]]
) -> list[SheetEntry]:
    entries = []
    root = ""

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal root
        name = local_name(tag)
        root = root or name
        if name == "workbookPr":
            book.date1904 = attributes.get("date1904") in ("1", "true")
        elif name == "sheet":
            identity = next((value for key, value in attributes.items() if local_name(key) == "id"), "")
            kind, part = relations.get(identity, ("", ""))
            if not part:
                raise UnreadableFile(DAMAGED)
            if kind.endswith(_WORKSHEET):
                is_hidden = attributes.get("state", "visible").lower() != "visible"
                entries.append(SheetEntry(attributes.get("name", ""), is_hidden, part))

    parts.parse(workbook, start)
    if root != "workbook":
        raise UnreadableFile(NO_WORKBOOK)
    return entries


def _read_texts(parts: PackageParts, part: str, book: WorkbookContext) -> None:
    """Reads the shared texts without phonetic guides."""
    pieces: list[str] = []
    is_text = is_spoken = False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal is_text, is_spoken
        name = local_name(tag)
        if name == "si":
            pieces.clear()
        elif name == "t":
            is_text = not is_spoken
        elif name == "rPh":
            is_spoken = True
        elif name == "sst":
            claimed = attributes.get("uniqueCount", "0")
            if claimed.isdigit() and (len(claimed) > 10 or int(claimed) > parts.size(part)):
                raise UnreadableFile(DAMAGED)  # claims more texts than the part has bytes

    def end(tag: str) -> None:
        nonlocal is_text, is_spoken
        name = local_name(tag)
        if name == "si":
            book.texts.append(unescape("".join(pieces)))
        elif name == "t":
            is_text = False
        elif name == "rPh":
            is_spoken = False

    def text(data: str) -> None:
        if is_text:
            pieces.append(data)

    parts.parse(part, start, end, text)


def _read_styles(parts: PackageParts, part: str, book: WorkbookContext) -> None:
    codes: dict[str, str] = {}
    in_cells = False

    def start(tag: str, attributes: Attributes) -> None:
        nonlocal in_cells
        name = local_name(tag)
        if name == "numFmt":
            codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
        elif name == "cellXfs":
            in_cells = True
        elif name == "xf" and in_cells:
            number = attributes.get("numFmtId", "0")
            book.kinds.append(kind_of_format(int(number) if number.isdigit() else 0, codes.get(number)))

    def end(tag: str) -> None:
        nonlocal in_cells
        if local_name(tag) == "cellXfs":
            in_cells = False

    parts.parse(part, start, end)
