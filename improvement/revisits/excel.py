"""The revisit form as Excel: a sheet each, laid out like the printed page (domain §9)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import BinaryIO

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from satisfaction.core.errors import Refused
from satisfaction.sheets.cell_writer import storable_text

from .paper import Paper, labels
from .paper_layout import lines_of

MOST_FORMS = 500
FONT = "Microsoft YaHei"
PAPER_A4 = 9
PER_LINE = 34
LINE_HEIGHT = 17.0
EDGE = Side(style="thin", color="404040")
FRAME = Border(left=EDGE, right=EDGE, top=EDGE, bottom=EDGE)
SHADE = PatternFill("solid", fgColor="F2F4F7")


def write_forms(target: BinaryIO, papers: Sequence[Paper]) -> None:
    """One sheet a form, named by its order number; each prints on one A4 page.

    Refused when there is none, or more than a workbook should hold.
    """
    if not papers:
        raise Refused(_("这个月还没有提交的回访表。"))
    if len(papers) > MOST_FORMS:
        raise Refused(_("一个月的回访表超过 %(n)d 张,请按工班分别导出。") % {"n": MOST_FORMS})
    book = Workbook()
    taken: set[str] = set()
    for paper in papers:
        page = book.create_sheet(_title(paper.number, taken))
        _lay_out(page)
        _write(page, paper)
    book.remove(book.worksheets[0])
    book.save(target)


def _write(page: Worksheet, paper: Paper) -> None:
    """Four columns: two small fields a row, then the long ones across."""
    names = labels()
    long = [paper.words, "\n".join(map(str, paper.boxes)), paper.findings, paper.measure]
    _put(page, "A1", _("评价不满意回访表"), Font(name=FONT, size=16, bold=True), across="A1:D1")
    page["A1"].alignment = Alignment(horizontal="center", vertical="center")
    for n, (name, value) in enumerate(zip(names, paper.small, strict=False)):
        row, column = 3 + n // 2, "AC"[n % 2]
        _head(page, f"{column}{row}", name)
        _field(page, f"{'BD'[n % 2]}{row}", value)
    for row, (name, value, least) in enumerate(
        zip(names[len(paper.small) :], long, (5, 4, 9, 9), strict=True), start=7
    ):
        _head(page, f"A{row}", name)
        _field(page, f"B{row}", value, across=f"B{row}:D{row}")
        page.row_dimensions[row].height = min(
            400.0, LINE_HEIGHT * (1 + max(least, len(lines_of(value, PER_LINE))))
        )
    _put(page, "A12", _("报修人签字:"), Font(name=FONT, size=10.5), across="A12:B12")
    _put(page, "C12", _("工长签字:"), Font(name=FONT, size=10.5), across="C12:D12")


def _lay_out(page: Worksheet) -> None:
    for column, width in zip("ABCD", (16, 30, 14, 30), strict=True):
        page.column_dimensions[column].width = width
    page.row_dimensions[1].height = 36
    for row in range(3, 7):
        page.row_dimensions[row].height = 32
    page.row_dimensions[12].height = 48
    page.page_setup.paperSize = PAPER_A4
    page.page_setup.orientation = "portrait"
    page.page_setup.fitToWidth = page.page_setup.fitToHeight = 1
    page.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    page.print_options.horizontalCentered = True
    page.print_area = "A1:D12"


def _head(page: Worksheet, cell: str, text: str) -> None:
    _put(page, cell, text, Font(name=FONT, size=10.5, bold=True))
    page[cell].fill, page[cell].border = SHADE, FRAME


def _field(page: Worksheet, cell: str, text: str, across: str = "") -> None:
    _put(page, cell, text, Font(name=FONT, size=10.5), across=across)
    for row in page[across] if across else ((page[cell],),):
        for one in row:
            one.border = FRAME


def _put(page: Worksheet, cell: str, text: str, font: Font, *, across: str = "") -> None:
    """As text, whatever it begins with."""
    target = page[cell]
    target.value = storable_text(text) or None
    if text:
        target.data_type = "s"
    target.font, target.number_format = font, "@"
    target.alignment = Alignment(vertical="center", wrap_text=True)
    if across:
        page.merge_cells(across)


def _title(number: str, taken: set[str]) -> str:
    """A sheet's name that Excel accepts, and that no other sheet has."""
    name = plain = re.sub(r"[\[\]:*?/\\']", "-", storable_text(number))[:28] or "-"
    n = 1
    while name.casefold() in taken:
        n += 1
        name = f"{plain[:26]}({n})"
    taken.add(name.casefold())
    return name
