"""Runs the reader (`sheets.reader`) in a separate process and loads the sheets it writes."""

from __future__ import annotations

import json
import mmap
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from django.utils.translation import gettext as _

from satisfaction.core.errors import Refused
from satisfaction.sheets.reader import problems
from satisfaction.sheets.reader.book import ReadLimits

from .cells import strip_text_prefix
from .tables import Grid, GridRow, RawCell, UnreadableCell, UploadLimits

MEMORY = 600 * 1024**2  # bytes
SECONDS, SECONDS_PER_MEGABYTE = 20, 3  # processor time; 10,000 orders (1.7 MB) take 1.5 s
WALL_CLOCK_FACTOR = 6  # elapsed time / processor time: a busy machine must not refuse a file
NO_MEMORY = b"MemoryError"

EPOCH, EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
LEAP_YEAR_BUG = 60  # 1900-02-29, which did not exist
ISO_TYPES: dict[str, type[datetime] | type[date] | type[time]] = {
    "datetime": datetime,
    "date": date,
    "time": time,
}

_START = "import sys; sys.path.append(sys.argv[1]); from sheets.reader.main import main; main(*sys.argv[2:])"
_PACKAGES = Path(__file__).parents[1]

logger = structlog.get_logger(__name__)


def read_grids(source: Path | bytes, filename: str, limits: UploadLimits) -> list[Grid]:
    """Returns the worksheets in order; for a CSV, one grid for each separator.

    Raises Refused if the file cannot be read or the reader ended early; there is no retry.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "upload.xls"  # the library for the old format requires this extension
        if isinstance(source, bytes):
            path.write_bytes(source)
        else:
            path.symlink_to(source.resolve())
        answer = _run(path, folder / "rows", filename, limits)
        if "problem" in answer:
            raise refusal(answer["problem"], filename, **answer["details"])
        rows = _Rows(folder / "rows")
    return [_grid(sheet, rows, filename) for sheet in answer["sheets"]]


def _run(path: Path, rows: Path, filename: str, limits: UploadLimits) -> dict[str, Any]:
    read_limits = ReadLimits(
        max_unpacked_bytes=limits.max_unpacked_bytes,
        max_text_bytes=limits.max_text_bytes,
        max_blank_rows=limits.max_blank_rows,
        max_columns=limits.max_columns,
        last_row=limits.last_row,
    )
    seconds = SECONDS + SECONDS_PER_MEGABYTE * (path.stat().st_size // 1024**2)
    options = json.dumps({**asdict(read_limits), "memory": MEMORY, "seconds": seconds})
    command = [sys.executable, "-I", "-c", _START, str(_PACKAGES), str(path), str(rows), options]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=WALL_CLOCK_FACTOR * seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise refusal(TOO_MUCH, filename) from error
    if done.returncode == 0:
        answer: dict[str, Any] = json.loads(done.stdout)
        return answer
    last_words = done.stderr[-2_000:]
    logger.warning("reader_ended", code=done.returncode, error=last_words.decode(errors="replace"))
    is_defect = done.returncode > 0 and NO_MEMORY not in last_words
    raise refusal(problems.DAMAGED if is_defect else TOO_MUCH, filename)


class _Rows:
    """The reader's rows; several iterations may run at the same time."""

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            self._lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""

    def between(self, start: int, end: int, *, date1904: bool) -> Iterator[GridRow]:
        decode = json.JSONDecoder(object_hook=partial(decode_tagged, date1904=date1904)).decode
        while start < end:
            stop = self._lines.find(b"\n", start)
            for number, cells, is_hidden in decode(self._lines[start:stop].decode("utf-8", "surrogatepass")):
                yield GridRow(number, cells, bool(is_hidden))
            start = stop + 1


def _grid(sheet: dict[str, Any], rows: _Rows, filename: str) -> Grid:
    date1904, is_ragged = sheet.get("date1904", False), sheet.get("is_ragged", False)

    def walk() -> Iterator[GridRow]:
        for row in rows.between(sheet["start"], sheet["end"], date1904=date1904):
            yield row._replace(cells=[_plain(cell) for cell in row.cells]) if is_ragged else row
        if "broken_row" in sheet:
            raise refusal(problems.QUOTES, filename, number=sheet["broken_row"])

    return Grid(
        name=sheet["name"],
        rows=walk,
        merged=tuple(((a, b), (c, d)) for (a, b), (c, d) in sheet.get("merged", ())),
        date1904=date1904,
        is_hidden=sheet.get("is_hidden", False),
        ragged=is_ragged,
    )


def _plain(cell: RawCell) -> RawCell:
    """Removes the text prefix of a CSV cell (`="…"`, an apostrophe)."""
    return strip_text_prefix(cell) if isinstance(cell, str) else cell


def decode_tagged(document: dict[str, Any], *, date1904: bool = False) -> object:
    """Decodes a tagged cell of `reader.output`, or a number with a date or duration format."""
    ((kind, value),) = document.items()
    if kind == "moment":
        return from_serial(value, date1904=date1904)
    if kind == "day":
        moment = from_serial(value, date1904=date1904)
        return moment.date() if isinstance(moment, datetime) and value == int(value) else moment
    if kind == "elapsed":
        return timedelta(days=value)
    if kind == "x":
        return UnreadableCell(*value)
    return ISO_TYPES[kind].fromisoformat(value)


def from_serial(serial: float, *, date1904: bool) -> datetime | time:
    """Converts a serial to a time of day (below 1) or a datetime, to the millisecond."""
    passed = timedelta(milliseconds=round(serial * 86_400_000))
    if date1904:
        return EPOCH_1904 + passed
    if passed < timedelta(days=1):
        return (EPOCH + passed).time()
    return EPOCH + passed + (timedelta(days=1) if serial < LEAP_YEAR_BUG else timedelta())


TOO_MUCH = "too_much"


def refusal(problem: str, filename: str, *, most: int = 0, number: int = 0) -> Refused:
    """Returns the refusal for a problem; its sentence says what to do instead."""
    sentences = {
        TOO_MUCH: _(
            "读“%(filename)s”要用的时间或内存太多：请用 Excel 打开，只留下要上传的表，另存为 .xlsx 后再上传。"
        ),
        problems.DAMAGED: _(
            "文件“%(filename)s”已损坏或不完整：请用 Excel 打开原文件，另存为 .xlsx 后再上传。"
        ),
        problems.PROTECTED: _("工作簿“%(filename)s”设有密码：请在 Excel 中去掉密码、保存后再上传。"),
        problems.EMPTY: _("文件“%(filename)s”是空的：请选择有内容的文件。"),
        problems.MARKUP: _(
            "“%(filename)s”其实是网页或 XML，不是工作簿：请用 Excel 打开，另存为 .xlsx 后再上传。"
        ),
        problems.NO_TABLE: _(
            "“%(filename)s”不是能读懂的表格：请上传 .xlsx、.xls，或另存为“CSV UTF-8”的 .csv 文件。"
        ),
        problems.NO_WORKBOOK: _(
            "“%(filename)s”是压缩包或其它文档，不是 Excel 工作簿：请上传其中的 .xlsx、.xls 或 .csv 文件。"
        ),
        problems.OTHER_FORMAT: _(
            "“%(filename)s”是 .ods 或 .xlsb 格式，这里读不了：请另存为 .xlsx 后再上传。"
        ),
        problems.TOO_LARGE: _("“%(filename)s”解开后超过 %(most)d MB：请分成几个较小的文件上传。"),
        problems.LONG_LINE: _(
            "“%(filename)s”第 %(number)d 行太长，不像表格的一行：请用 Excel 另存为 .xlsx 后再上传。"
        ),
        problems.QUOTES: _(
            "“%(filename)s”第 %(number)d 行的引号不成对，后面的内容无法分列："
            "请用 Excel 另存为 .xlsx 后再上传。"
        ),
    }
    return Refused(sentences[problem] % {"filename": filename, "most": most // 1024**2, "number": number})
