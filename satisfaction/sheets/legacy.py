"""`.xls`, the format before 2007: read by another process (see `legacy_reader`), taken over line by line."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import IO

from django.utils.translation import gettext as _

from satisfaction.errors import Refused

from . import legacy_reader
from .tables import Grid, Limits, Raw
from .workbooks import damaged, protected

PATIENCE = 60  # seconds for one file


def legacy_grids(content: bytes, filename: str, limits: Limits) -> Iterator[Grid]:
    """The worksheets in their order. Raises Refused."""
    if (
        "EncryptedPackage".encode("utf-16-le") in content
    ):  # an .xlsx with a password lies in such a container too
        raise protected(filename)
    with tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "workbook.xls"
            path.write_bytes(content)
            _read(path, output, filename, limits)
        output.seek(0)
        yield from _grids(output)


def _read(path: Path, output: IO[str], filename: str, limits: Limits) -> None:
    options = [str(path), str(limits.max_columns), str(limits.max_blank_rows)]
    try:
        code = subprocess.run(
            [sys.executable, "-I", legacy_reader.__file__, *options],
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.DEVNULL, timeout=PATIENCE, check=False,
        ).returncode  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise _too_much(filename) from error
    if code == legacy_reader.PROTECTED:
        raise protected(filename)
    if code == legacy_reader.UNREADABLE:
        raise damaged(filename)
    if code:
        raise _too_much(filename)


def _too_much(filename: str) -> Refused:
    return Refused(
        _("读“%(filename)s”要用的时间或内存太多：请用 Excel 打开，只留下要上传的表，另存为 .xlsx 后再上传。")
        % {"filename": filename}
    )


def _grids(output: IO[str]) -> Iterator[Grid]:
    head, rows = None, list[tuple[int, list[Raw]]]()
    for line in output:
        document = json.loads(line, object_hook=untagged)
        if isinstance(document, list):
            rows.append((document[0], document[1]))
            continue
        if head:
            yield _grid(head, rows)
        head, rows = document, []
    if head:
        yield _grid(head, rows)


def _grid(head: dict, rows: list[tuple[int, list[Raw]]]) -> Grid:
    left = head["left"]
    merged = tuple(((a, b - left), (c, d - left)) for (a, b), (c, d) in head["merged"] or ())
    return Grid(name=head["sheet"], rows=lambda: iter(rows), merged=merged)


def untagged(document: dict) -> object:
    """The other half of `legacy_reader.tagged`."""
    if "seconds" in document:
        return timedelta(seconds=document["seconds"])
    for kind in (datetime, date, time):
        if kind.__name__ in document:
            return kind.fromisoformat(document[kind.__name__])
    return document
