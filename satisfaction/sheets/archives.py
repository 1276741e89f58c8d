"""Reproducible saving of a workbook: the same content gives the same bytes."""

import shutil
import zipfile
from datetime import datetime
from os import PathLike, fspath
from pathlib import Path
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.writer.excel import ExcelWriter

FIXED_TIMESTAMP = datetime(2000, 1, 1)
"""Creation time in every workbook; the job row or the audit records the real time."""


class _ReproducibleZip(zipfile.ZipFile):
    """A zip archive whose members have no date."""

    def writestr(self, zinfo_or_arcname: Any, data: Any, *_options: Any) -> None:
        super().writestr(_member(zinfo_or_arcname), data)

    def write(self, filename: str | PathLike[str], arcname: Any = None, *_options: Any) -> None:
        member = _member(arcname or fspath(filename))
        member.file_size = Path(filename).stat().st_size
        with Path(filename).open("rb") as source, self.open(member, "w") as target:
            shutil.copyfileobj(source, target, 1024 * 1024)


def _member(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.compress_type = zipfile.ZIP_DEFLATED
    return member


def save_workbook(book: Workbook, target: str | Path | BinaryIO) -> None:
    """Writes the workbook to a path or an open binary file."""
    book.properties.creator = ""
    book.properties.created = book.properties.modified = FIXED_TIMESTAMP
    with _ReproducibleZip(target, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        ExcelWriter(book, archive).write_data()


def discard_workbook(book: Workbook) -> None:
    """Closes a workbook that will not be saved and deletes the temporary files of its rows."""
    pages: list[Any] = book.worksheets
    for page in pages:
        if not page.closed:
            page.close()
        if Path(page._writer.out).exists():
            page._writer.cleanup()
