"""Exporting a real month. Lower bound: writing the same cells as plain values with the same library."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date

from .import_workbook import import_month
from .measuring import Measurement, measure

FIRST, LAST = date(2016, 3, 1), date(2016, 3, 31)


def run() -> list[Measurement]:
    measure(import_month)
    month, peak = measure(export, FIRST, LAST)
    day, day_peak = measure(export, LAST, LAST)
    floor, _ = measure(write_only)
    return [
        Measurement("export, a month of 5,848 orders (floor: write cells)", month, peak, floor),
        Measurement("export, one day of them", day, day_peak),
    ]


def export(first: date, last: date) -> bytes:
    from django.utils import timezone

    from evaluations.workbook.export import COMMAND, export_workbook

    file = io.BytesIO()
    export_workbook(file, first=first, last=last, reader=COMMAND, now=timezone.now())
    return file.getvalue()


def write_only() -> Callable[[], None]:
    from openpyxl import Workbook, load_workbook

    pages = load_workbook(io.BytesIO(export(FIRST, LAST)), read_only=True).worksheets
    values = [list(page.iter_rows(values_only=True)) for page in pages]

    def write() -> None:
        book = Workbook(write_only=True)
        for rows in values:
            page = book.create_sheet()
            for row in rows:
                page.append(row)
        book.save(io.BytesIO())

    return write
