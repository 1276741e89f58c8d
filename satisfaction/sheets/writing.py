"""Writing workbooks: exports, and the workbook of rejected rows (domain §11.5).

A text is stored as text whatever it begins with; the same content gives the same bytes.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from pathlib import Path
from typing import BinaryIO, Literal

from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import Cell, WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from satisfaction.core.errors import Refused

from .archives import discard_workbook, save_workbook
from .cell_writer import FORMATS, CellWriter, WriteOnlySheet, storable_text
from .headers import REASON_COLUMN, is_reason_column
from .printing import MARGIN, page_layout, row_height
from .tables import RawCell

ColumnKind = Literal["text", "datetime", "integer", "decimal", "raw"]

MAX_ROWS = 1_048_576  # of a sheet including its header
HEADER_FILL = "DCE6F1"
REASON_FILL = "F8CBAD"
_REASON_WIDTH, _RAW_WIDTH = 48, 16
MIN_HEADER_HEIGHT = 30.0
BOLD_FACTOR = 1.1  # width of bold letters


@dataclass(frozen=True)
class ExportColumn:
    """A column.

    `kind`: how cells are stored; phones and order numbers are "text", else Excel drops their zeros.

    "raw" stores each value by its type. `width` in characters; `fill` is the colour of the header (RRGGBB).
    Text columns wrap, so that printed text does not overlap the next column.
    """

    title: str
    width: float = 14
    kind: ColumnKind = "text"
    fill: str = HEADER_FILL
    wrap: bool = False

    @property
    def wraps(self) -> bool:
        return self.wrap or self.kind == "text"


@dataclass(frozen=True)
class ExportSheet:
    """A sheet. `heading`: a row above the header.

    `frozen_columns`: number of columns that stay visible and repeat on every printed page. `printed_columns`:
    number of columns that are printed (None: all); the others are for the screen only.
    """

    title: str
    columns: Sequence[ExportColumn]
    rows: Iterable[Sequence[object]]
    heading: str | None = None
    frozen_columns: int = 0
    printed_columns: int | None = None


def write_workbook(
    target: str | Path | BinaryIO,
    sheets: Iterable[ExportSheet],
    *,
    tz: tzinfo | None = None,
    date1904: bool = False,
) -> None:
    """Writes the sheets to a path or an open binary file; consumes the rows one by one.

    Times are written as local times of `tz` (default: the centre's zone), to the second. Characters that a
    workbook cannot store are removed; a text of more than 32,767 characters is truncated and marked. Raises
    Refused if a sheet has more rows than Excel allows; then nothing is written.
    """
    book = Workbook(write_only=True)
    if date1904:
        book.epoch = CALENDAR_MAC_1904
    try:
        for sheet in sheets:
            _write_sheet(book, sheet, tz or timezone.get_default_timezone())
        save_workbook(book, target)
    except BaseException:
        discard_workbook(book)
        raise


def write_rejected_rows(
    target: str | Path | BinaryIO,
    columns: Sequence[str],
    rows_with_reasons: Iterable[tuple[str, Sequence[RawCell]]],
    *,
    date1904: bool = False,
) -> None:
    """Writes rejected rows unchanged with their reason in front, ready to be corrected and uploaded again.

    `rows_with_reasons`: (reason, raw cells from `read_table`). An earlier column of reasons is replaced.
    `date1904` as in the table that was read.
    """
    kept = [index for index, column in enumerate(columns) if not is_reason_column(column)]
    titles = [ExportColumn(columns[index], _RAW_WIDTH, "raw", wrap=True) for index in kept]
    reason = ExportColumn(REASON_COLUMN, _REASON_WIDTH, "text", REASON_FILL, wrap=True)

    def rows() -> Iterator[list[object]]:
        for why, cells in rows_with_reasons:
            slipped = cells[len(columns) :]
            yield [why, *(cells[index] for index in kept if index < len(cells)), *slipped]

    sheet = ExportSheet(_("拒绝的行"), [reason, *titles], rows(), frozen_columns=1)
    write_workbook(target, [sheet], date1904=date1904)


def _write_sheet(book: Workbook, sheet: ExportSheet, tz: tzinfo) -> None:
    page: WriteOnlySheet = book.create_sheet(_title(sheet.title))
    header_row = 2 if sheet.heading else 1
    _lay_out(page, sheet, header_row)
    if sheet.heading:
        page.append([_heading_cell(page, sheet.heading)])
    page.append([_header_cell(page, column) for column in sheet.columns])
    last = _write_rows(page, sheet, header_row, tz)
    if sheet.columns:
        page.auto_filter.ref = f"A{header_row}:{get_column_letter(len(sheet.columns))}{last}"
    if sheet.printed_columns:
        page.print_area = f"A1:{get_column_letter(sheet.printed_columns)}{last}"


def _write_rows(page: WriteOnlySheet, sheet: ExportSheet, header_row: int, tz: tzinfo) -> int:
    """Returns the number of the last row."""
    writer = CellWriter(page, [(column.kind, column.wraps) for column in sheet.columns], tz)
    wrapping = [(index, column.width) for index, column in enumerate(sheet.columns) if column.wraps]
    number = header_row
    for number, row in enumerate(sheet.rows, start=header_row + 1):
        if number > MAX_ROWS:
            raise Refused(_("一张 Excel 表放不下这么多行：请选短一些的日期范围，分几次导出。"))
        height = row_height(
            [
                (text, width)
                for index, width in wrapping
                if index < len(row) and isinstance(text := row[index], str)
            ]
        )
        if height is None:
            page.append(writer.cells(row))
            continue
        page.row_dimensions[number].height = height
        page.append(writer.cells(row))
        del page.row_dimensions[number]  # already written; saves memory in long sheets
    return number


def _title(title: str) -> str:
    """Returns a title that Excel accepts, short enough to append a number if two sheets share it."""
    allowed = "".join("-" if character in "[]:*?/\\" else character for character in storable_text(title))
    return allowed.strip("' ")[:28] or "Sheet"


def _lay_out(page: WriteOnlySheet, sheet: ExportSheet, header_row: int) -> None:
    """Sets what must be written before the first row: widths, frozen panes, paper."""
    for index, column in enumerate(sheet.columns, start=1):
        dimension = page.column_dimensions[get_column_letter(index)]
        dimension.width = column.width
        dimension.number_format = FORMATS.get(column.kind, "General")
    page.freeze_panes = f"{get_column_letter(sheet.frozen_columns + 1)}{header_row + 1}"
    heights = [row_height([(column.title, column.width / BOLD_FACTOR)]) or 0 for column in sheet.columns]
    page.row_dimensions[header_row].height = max([MIN_HEADER_HEIGHT, *heights])
    _set_paper(page, sheet, header_row)


def _set_paper(page: WriteOnlySheet, sheet: ExportSheet, header_row: int) -> None:
    """Sets landscape, repeated header and frozen columns, and page order over, then down."""
    printed = [column.width for column in sheet.columns[: sheet.printed_columns]]
    layout = page_layout(printed, repeated=sheet.frozen_columns)
    page.print_title_rows = f"1:{header_row}"
    if sheet.frozen_columns and layout.pages > 1:
        page.print_title_cols = f"A:{get_column_letter(sheet.frozen_columns)}"
    setup, margins = page.page_setup, page.page_margins
    setup.orientation, setup.paperSize = "landscape", layout.paper
    setup.fitToWidth, setup.fitToHeight = layout.pages, 0  # any number of pages down
    setup.pageOrder = "overThenDown"
    page.sheet_properties.pageSetUpPr.fitToPage = True
    margins.left = margins.right = MARGIN / 72
    margins.top, margins.bottom, margins.header, margins.footer = 0.5, 0.6, 0.3, 0.3
    page.print_options.gridLines = True
    page.oddFooter.center.text = "&P / &N"


def _heading_cell(page: WriteOnlySheet, heading: str) -> Cell:
    cell = WriteOnlyCell(page, storable_text(heading))
    cell.data_type = "s"
    cell.font = Font(bold=True, size=14)
    return cell


def _header_cell(page: WriteOnlySheet, column: ExportColumn) -> Cell:
    cell = WriteOnlyCell(page, storable_text(column.title))
    cell.data_type = "s"
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor=column.fill)
    cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    cell.border = Border(bottom=Side(style="thin", color="8EA9C8"))
    return cell
