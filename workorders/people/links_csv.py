"""Writes one-time links to a file for the admin who hands them out; passwords are never written."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from django.utils.translation import gettext as _

from satisfaction.core.errors import Refused

HEADER = ("username", "name", "link")


def links_csv(links: Iterable[tuple[str, str, str]], *, for_excel: bool = False) -> bytes:
    """Returns CSV in UTF-8; `for_excel` adds the BOM. Cells that look like formulas are stored as text."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([HEADER, *([as_text(cell) for cell in line] for line in links)])
    return out.getvalue().encode("utf-8-sig" if for_excel else "utf-8")


def as_text(cell: str) -> str:
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell


class LinksFile:
    """A file that only its owner can read (0600); it appears under its name only once it is complete."""

    def __init__(self, path: Path) -> None:
        """Raises Refused: the folder is not writable. Called before anything is stored."""
        self.path = path
        try:
            descriptor, self.draft = tempfile.mkstemp(dir=self.path.parent, prefix=".links-")
        except OSError:
            raise Refused(_("不能在“%(name)s”写文件,请换一个目录。") % {"name": path}) from None
        os.close(descriptor)

    def write(self, links: Iterable[tuple[str, str, str]]) -> None:
        Path(self.draft).write_bytes(links_csv(links))
        Path(self.draft).replace(self.path)

    def discard(self) -> None:
        Path(self.draft).unlink(missing_ok=True)
