"""CSV, plain or gzipped, in the encodings that Excel and Chinese systems write."""

import codecs
import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

from .book import ReadLimits
from .output import RowOutput, text_or_error
from .problems import (
    DAMAGED,
    EMPTY,
    LONG_LINE,
    MARKUP,
    NO_TABLE,
    QUOTES,
    TOO_LARGE,
    UnreadableFile,
)

DELIMITERS = ",;\t"
GZIP = b"\x1f\x8b"
MAX_LINE_LENGTH = 1_000_000  # characters
MAX_FIELD_LENGTH = 1_000_000  # characters; an unclosed quote extends to the end of the file
HEADER_CHARACTERS = 100_000  # the header is within this many characters
_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n)|[^\r\n]+")
_MARKUP = re.compile(r"\s*(<|MIME-Version:)", re.IGNORECASE)

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def read_delimited(path: str, limits: ReadLimits, output: RowOutput) -> None:
    """Writes the table once for each separator that occurs; the caller picks the one with a header.

    Raises UnreadableFile. Mismatched quotes are recorded with the table of the separator.
    """
    content = Path(path).read_bytes()
    if content.startswith(GZIP):
        content = decompress(content, limits)
    if not content.strip():
        raise UnreadableFile(EMPTY)
    text = decode_text(content)
    del content
    if _MARKUP.match(text):
        raise UnreadableFile(MARKUP)
    beginning = text[:HEADER_CHARACTERS]
    for delimiter in [mark for mark in DELIMITERS if mark in beginning] or DELIMITERS[:1]:
        output.sheet("", is_ragged=True)
        output.end_sheet(**_write(text, delimiter, limits, output))


def _write(text: str, delimiter: str, limits: ReadLimits, output: RowOutput) -> dict[str, int]:
    try:
        for number, record in _records(text, delimiter):
            if number > limits.last_row:
                break
            if any(record):
                output.row(number, [text_or_error(cell) for cell in record])
    except UnreadableFile as error:
        if error.problem != QUOTES:
            raise
        return {"broken_row": error.details["number"]}
    return {}


def decompress(content: bytes, limits: ReadLimits) -> bytes:
    """Returns the content of a .gz; stops at the limit."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            plain = packed.read(limits.max_text_bytes + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise UnreadableFile(DAMAGED) from error
    if len(plain) > limits.max_text_bytes:
        raise UnreadableFile(TOO_LARGE, most=limits.max_text_bytes)
    return plain


def decode_text(content: bytes) -> str:
    """Decodes by byte order mark, else as UTF-8, else as GB18030. Raises UnreadableFile for other content."""
    marked = next((encoding for mark, encoding in _MARKS if content.startswith(mark)), None)
    if marked is None and b"\0" in content[:4096]:
        raise UnreadableFile(NO_TABLE)
    for encoding in (marked,) if marked else ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile(NO_TABLE)


def _records(text: str, delimiter: str) -> Iterator[tuple[int, Sequence[str]]]:
    """Yields records with their row numbers in Excel: one row for each record, blank lines included."""
    csv.field_size_limit(MAX_FIELD_LENGTH)
    records = csv.reader(_lines(text), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            record = next(records)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableFile(QUOTES, number=number) from error
        yield number, record


def _lines(text: str) -> Iterator[str]:
    for number, line in enumerate(_LINE.finditer(text), start=1):
        if line.end() - line.start() > MAX_LINE_LENGTH:
            raise UnreadableFile(LONG_LINE, number=number)
        yield line[0]
