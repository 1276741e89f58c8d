"""Reads the rows of an uploaded table: orders, their evaluation cells, and their problems (domain §11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _

from satisfaction.sheets.cells import display_text
from satisfaction.sheets.tables import RawCell, TableRow, UploadedTable, is_blank_cell
from workorders.intake.notes import is_note
from workorders.intake.order_rows import OrderCells, OrderRow, Problem, RowPlace, read_cells
from workorders.near_identical import OrderFacts, near_identical
from workorders.phones import is_masked, phone_key

from .cells import EvaluationCells
from .columns import EVALUATION_COLUMNS, title_of
from .imported import IgnoredRow, WorkbookRowError

MAX_ERRORS = 1_000
MAX_NOTE_LENGTH = 60  # characters shown of a row that is not an order
RowCells = TypeVar("RowCells", OrderCells, EvaluationCells)


class FileRows:
    """The rows of one table. `evaluations` and `problems` are keyed by the row's place.

    `places`: field → column index. Rows that cannot be read are not in `orders`.
    """

    def __init__(self, table: UploadedTable, places: Mapping[str, int], *, with_evaluations: bool) -> None:
        self.table, self.places, self.with_evaluations = table, places, with_evaluations
        self.tz = timezone.get_default_timezone()
        self.orders: list[OrderRow] = []
        self.evaluations: dict[RowPlace, EvaluationCells] = {}
        self.problems: dict[RowPlace, list[Problem]] = {}
        self.ignored_evaluations = 0
        self.left_out: list[IgnoredRow] = []
        self.rated_places = [places[c.field] for c in EVALUATION_COLUMNS if c.field in places]

    def add(self, row: TableRow) -> None:
        """Reads one row of the table."""
        number = row.cells[self.places["number"]] if "number" in self.places else ""
        if is_note(number, row.cells):
            value = next(cell for cell in row.cells if not is_blank_cell(cell))
            self.left_out.append(IgnoredRow(row.label, display_text(value)[:MAX_NOTE_LENGTH]))
            return
        if len(row.cells) > len(self.table.columns):
            self.problems[row.place] = [Problem("", _("这一行的列数多于表头:单元格里的分隔符没有加引号"))]
            return
        order = self._cells(OrderCells, row)
        evaluation = self._evaluation(row)
        if order is None or row.place in self.problems:
            return
        self.orders.append(OrderRow.of(order, row=row.number, sheet=row.sheet))
        if evaluation:
            self.evaluations[row.place] = evaluation

    def _evaluation(self, row: TableRow) -> EvaluationCells | None:
        if all(is_blank_cell(row.cells[place]) for place in self.rated_places):
            return None
        if not self.with_evaluations:
            self.ignored_evaluations += 1
            return None
        cells = self._cells(EvaluationCells, row)
        return cells if cells and cells.values else None

    def _cells(self, model: type[RowCells], row: TableRow) -> RowCells | None:
        found = read_cells(model, self.places, row.cells, tz=self.tz, date1904=self.table.date1904)
        if isinstance(found, list):
            self.problems.setdefault(row.place, []).extend(found)
            return None
        return found

    def rejected(self) -> Iterator[tuple[str, list[RawCell]]]:
        """Returns (reason, cells) of each rejected row, in file order."""
        return ((self._reason(row), row.cells) for row in self.table.rows if row.place in self.problems)

    def errors(self) -> tuple[WorkbookRowError, ...]:
        """Returns the errors in file order, at most 1,000."""
        errors: list[WorkbookRowError] = []
        for row in self.table.rows if self.problems else ():
            for problem in self.problems.get(row.place, ()):
                column, value = self._column(problem.field), self._value(problem.field, row.cells)
                errors.append(WorkbookRowError(row.number, column, value, problem.message, row.sheet))
            if len(errors) >= MAX_ERRORS:
                break
        return tuple(errors[:MAX_ERRORS])

    def _column(self, field: str) -> str:
        return self.table.columns[self.places[field]] if field in self.places else title_of(field)

    def _value(self, field: str, cells: list[RawCell]) -> str:
        return display_text(cells[self.places[field]]) if field in self.places else ""

    def _reason(self, row: TableRow) -> str:
        """Returns all problems of a row as text, for the first column of the workbook of rejected rows."""
        named = [(self._column(problem.field), problem.message) for problem in self.problems[row.place]]
        colon = _("：")
        reasons = _("；").join(
            f"{column}{colon}{message}" if column else message for column, message in named
        )
        if not row.sheet:
            return reasons
        place = _("表“%(sheet)s”第 %(row)d 行") % {"sheet": row.sheet, "row": row.number}
        return f"{place}{colon}{reasons}"

    def near_identical(self) -> int:
        """Returns how many accepted orders look like parts of one job."""
        accepted = (row.cells for row in self.orders if row.place not in self.problems)
        return len(near_identical(_order_facts(cells) for cells in accepted))


def _order_facts(cells: OrderCells) -> OrderFacts:
    reporter = "" if is_masked(cells.reporter_phone) else phone_key(cells.reporter_phone)
    return OrderFacts(
        cells.number, cells.employee_no, cells.closed_at, reporter, cells.equipment, cells.fault
    )
