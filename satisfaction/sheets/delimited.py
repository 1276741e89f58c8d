"""CSV, plain or packed with gzip, in the encodings that Excel and Chinese systems write."""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from functools import partial

from django.utils.translation import gettext as _

from satisfaction.errors import Refused

from .cells import unprefixed
from .tables import Grid, Limits, Raw
from .workbooks import damaged, too_large_unpacked

DELIMITERS = ",;\t"
LONGEST_LINE = 1_000_000  # characters
LONGEST_FIELD = 1_000_000  # characters; a quote that is never closed swallows the rest of the file
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def unpacked(content: bytes, filename: str, limits: Limits) -> bytes:
    """What a .gz holds; never more of it is unpacked than the limit allows."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            plain = packed.read(limits.max_text_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise damaged(filename) from error
    if len(plain) > limits.max_text_bytes:
        raise too_large_unpacked(filename, limits.max_text_bytes)
    return plain


def decoded(content: bytes, filename: str) -> str:
    """The text, by its mark, else UTF-8, else GB18030; Refused for what is no text."""
    marked = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    if marked is None and b"\0" in content[:4096]:
        raise _no_table(filename)
    for encoding in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _no_table(filename)


def _no_table(filename: str) -> Refused:
    return Refused(
        _("“%(filename)s”不是能读懂的表格：请上传 .xlsx、.xls，或另存为“CSV UTF-8”的 .csv 文件。")
        % {"filename": filename}
    )


def delimited_grids(text: str, filename: str) -> Iterator[Grid]:
    """The text read with each separator in turn: the right one is the one that shows a header."""
    for delimiter in DELIMITERS:
        yield Grid(name="", rows=partial(_records, text, delimiter, filename), ragged=True)


def _records(text: str, delimiter: str, filename: str) -> Iterator[tuple[int, Sequence[Raw]]]:
    """Numbered as Excel numbers them: one row a record, blank lines counted.

    Marks that keep a value a text (`="…"`, an apostrophe) are removed: they are no part of it.
    """
    csv.field_size_limit(LONGEST_FIELD)
    records = csv.reader(_lines(text, filename), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            record = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            raise _broken_quotes(number, filename) from error
        yield number, [unprefixed(cell) for cell in record]


def _lines(text: str, filename: str) -> Iterator[str]:
    for number, line in enumerate(_LINE.finditer(text), start=1):
        if line.end() - line.start() > LONGEST_LINE:
            raise Refused(
                _("“%(filename)s”第 %(number)d 行太长，不像表格的一行：请用 Excel 另存为 .xlsx 后再上传。")
                % {"filename": filename, "number": number}
            )
        yield line[0]


def _broken_quotes(number: int, filename: str) -> Refused:
    return Refused(
        _(
            "“%(filename)s”第 %(number)d 行的引号不成对，后面的内容无法分列："
            "请用 Excel 另存为 .xlsx 后再上传。"
        )
        % {"filename": filename, "number": number}
    )
