"""Exports the daily fault workbook of one or more days, limited to what the reader may see (domain §11)."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from satisfaction.core.errors import Refused
from satisfaction.sheets.writing import write_workbook

from .audience import COMMAND, Reader, reader_of
from .sheets import DayBook, workbook_sheets

__all__ = ["COMMAND", "Reader", "export_workbook", "filename_of", "reader_of"]


def export_workbook(
    target: str | Path | BinaryIO, *, first: date, last: date, reader: Reader, now: datetime
) -> int:
    """Writes orders closed from `first` to `last` (inclusive) to a path or a binary file; returns how many.

    Cells of a rating hidden by domain §4 are blank; phones are masked unless the reader may see them.
    Raises Refused: the range ends before it begins, or there are more rows than a sheet can hold.
    """
    if last < first:
        raise Refused(_("结束日期早于开始日期。"))
    book = DayBook()
    write_workbook(target, workbook_sheets(first, last, reader, book, now=now))
    return book.orders


def filename_of(first: date, last: date) -> str:
    period = f"{first}" if first == last else f"{first}_{last}"
    return _("每日故障统计_%(period)s.xlsx") % {"period": period}
