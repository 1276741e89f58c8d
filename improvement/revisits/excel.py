"""Revisit forms as a workbook: one sheet per form, laid out like the printed page (domain §9)."""

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

from .paper import RevisitPaper, field_labels
from .paper_layout import wrap_text

MAX_FORMS = 500
FONT = "Microsoft YaHei"
PAPER_A4 = 9
CHARACTERS_PER_LINE = 34
LINE_HEIGHT = 17.0
EDGE = Side(style="thin", color="404040")
FRAME = Border(left=EDGE, right=EDGE, top=EDGE, bottom=EDGE)
SHADE = PatternFill("solid", fgColor="F2F4F7")


def write_forms(target: BinaryIO, papers: Sequence[RevisitPaper]) -> None:
    """Writes one sheet per form, named by its order number; each prints on one A4 page.

    Raises Refused when there are no forms or more than MAX_FORMS.
    """
    if not papers:
        raise Refused(_("这个月还没有提交的回访表。"))
    if len(papers) > MAX_FORMS:
        raise Refused(_("一个月的回访表超过 %(n)d 张,请按工班分别导出。") % {"n": MAX_FORMS})
    book = Workbook()
    taken: set[str] = set()
    for paper in papers:
        page = book.create_sheet(_sheet_title(paper.number, taken))
        _set_page_layout(page)
        _write_form(page, paper)
    book.remove(book.worksheets[0])
    book.save(target)


def _write_form(page: Worksheet, paper: RevisitPaper) -> None:
    """Writes four columns: two small fields per row, then the long fields across all columns."""
    names = field_labels()
    long = [paper.words, "\n".join(map(str, paper.boxes)), paper.findings, paper.measure]
    _write_cell(page, "A1", _("评价不满意回访表"), Font(name=FONT, size=16, bold=True), across="A1:D1")
    page["A1"].alignment = Alignment(horizontal="center", vertical="center")
    for n, (name, value) in enumerate(zip(names, paper.small, strict=False)):
        row, column = 3 + n // 2, "AC"[n % 2]
        _write_label(page, f"{column}{row}", name)
        _write_field(page, f"{'BD'[n % 2]}{row}", value)
    for row, (name, value, least) in enumerate(
        zip(names[len(paper.small) :], long, (5, 4, 9, 9), strict=True), start=7
    ):
        _write_label(page, f"A{row}", name)
        _write_field(page, f"B{row}", value, across=f"B{row}:D{row}")
        page.row_dimensions[row].height = min(
            400.0, LINE_HEIGHT * (1 + max(least, len(wrap_text(value, CHARACTERS_PER_LINE))))
        )
    _write_cell(page, "A12", _("报修人签字:"), Font(name=FONT, size=10.5), across="A12:B12")
    _write_cell(page, "C12", _("工长签字:"), Font(name=FONT, size=10.5), across="C12:D12")


def _set_page_layout(page: Worksheet) -> None:
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


def _write_label(page: Worksheet, cell: str, text: str) -> None:
    _write_cell(page, cell, text, Font(name=FONT, size=10.5, bold=True))
    page[cell].fill, page[cell].border = SHADE, FRAME


def _write_field(page: Worksheet, cell: str, text: str, across: str = "") -> None:
    _write_cell(page, cell, text, Font(name=FONT, size=10.5), across=across)
    for row in page[across] if across else ((page[cell],),):
        for one in row:
            one.border = FRAME


def _write_cell(page: Worksheet, cell: str, text: str, font: Font, *, across: str = "") -> None:
    """Stores `text` as text, also if it looks like a formula."""
    target = page[cell]
    target.value = storable_text(text) or None
    if text:
        target.data_type = "s"
    target.font, target.number_format = font, "@"
    target.alignment = Alignment(vertical="center", wrap_text=True)
    if across:
        page.merge_cells(across)


def _sheet_title(number: str, taken: set[str]) -> str:
    """Returns a unique sheet name that Excel accepts."""
    name = plain = re.sub(r"[\[\]:*?/\\']", "-", storable_text(number))[:28] or "-"
    n = 1
    while name.casefold() in taken:
        n += 1
        name = f"{plain[:26]}({n})"
    taken.add(name.casefold())
    return name
