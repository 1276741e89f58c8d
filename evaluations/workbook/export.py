"""The daily fault workbook of one or many days, as its reader may see it (domain §11)."""

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
    """Writes orders closed from `first` to `last` (both included) to a path or an open binary file; how many.

    Blank cells where domain §4 hides a side; phones masked unless the reader sees them. Refused: a range that ends
    before it begins, more rows than a sheet can hold.
    """
    if last < first:
        raise Refused(_("结束日期早于开始日期。"))
    book = DayBook()
    write_workbook(target, workbook_sheets(first, last, reader, book, now=now))
    return book.orders


def filename_of(first: date, last: date) -> str:
    period = f"{first}" if first == last else f"{first}_{last}"
    return _("每日故障统计_%(period)s.xlsx") % {"period": period}
