"""Taking in a daily fault workbook: orders, and for who may the evaluations in them (三.10.1, §11)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryFile
from typing import TypeVar
from uuid import uuid4

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from satisfaction.accounts.models import User
from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.core.errors import Refused
from satisfaction.core.roles import Role
from satisfaction.sheets.cells import display_text
from satisfaction.sheets.headers import match_headers
from satisfaction.sheets.reading import read_table
from satisfaction.sheets.tables import RawCell, SheetSummary, UploadedTable, is_blank_cell
from satisfaction.sheets.tables import TableRow as SheetRow
from satisfaction.sheets.writing import write_rejected_rows
from workorders.intake.notes import is_note
from workorders.intake.rows import OrderCells, Problem, read_cells
from workorders.intake.take_in import Row, Taken, take_in
from workorders.near_identical import OrderFacts, near_identical
from workorders.phones import is_masked, phone_key

from .cells import EvaluationCells
from .columns import EVALUATION_COLUMNS, HEADER_KEY, NAMES, is_further_sheet, title_of
from .review import WorkbookReviewer

MOST_ERRORS = 1_000
LONGEST_NOTE = 60  # characters shown of a row that is no order
COUNTED = ("rows", "created", "updated", "unchanged", "rejected", "incomplete", "waiting", "near_identical")
REJECTED = "rejected"
"""Folder under MEDIA_ROOT that holds the workbooks of rejected rows."""
Progress = Callable[[int, int], object]
Place = tuple[str, int]
"""Sheet ("" when only one was read) and row."""
Why = dict[Place, list[Problem]]
C = TypeVar("C", OrderCells, EvaluationCells)


@dataclass(frozen=True)
class RowError:
    """`row` as Excel numbers it, `column` as the file calls it, `value` as text; `sheet` when several were read."""

    row: int
    column: str
    value: str
    message: str
    sheet: str = ""

    def document(self) -> dict[str, object]:
        """`sheet` is named only when several were read."""
        found = asdict(self)
        return found if self.sheet else {key: value for key, value in found.items() if key != "sheet"}


@dataclass(frozen=True)
class LeftOut:
    """A row that is no order: a total, a remark, a signature. `value` is what its first filled cell says."""

    row: int | str  # with its sheet when several were read
    value: str


@dataclass(frozen=True)
class Imported:
    """What became of a file's rows: rows = created + updated + unchanged + rejected; `left_out` are not among them.

    `incomplete` are among those taken in, `waiting` among the unchanged: a lead must confirm them. At most 1,000
    `errors`; all of them stand in `rejected_file` (None: nothing was rejected, or a dry run). `ignored_evaluations`:
    rows whose evaluations were not asked for.
    `sheets`: the worksheets of the file, read or not. `hidden_rows`: rows that the file hides, by a filter mostly.
    `near_identical`: accepted orders of the file that look like one job in parts (`workorders.rules`).
    """

    rows: int
    created: int
    updated: int
    unchanged: int
    rejected: int
    incomplete: int
    new_crews: tuple[str, ...]
    new_technicians: tuple[str, ...]
    unknown_columns: tuple[str, ...]
    errors: tuple[RowError, ...]
    rejected_file: str | None = None
    ignored_evaluations: int = 0
    waiting: int = 0
    left_out: tuple[LeftOut, ...] = ()
    sheets: tuple[SheetSummary, ...] = ()
    hidden_rows: int = 0
    near_identical: int = 0


def import_workbook(
    source: str | Path | bytes,
    *,
    filename: str,
    now: datetime,
    by: User | None = None,
    create_people: bool = False,
    with_evaluations: bool = True,
    dry_run: bool = False,
    progress: Progress = lambda done, total: None,
) -> Imported:
    """Takes in the good rows step by step, and puts the others into a workbook of rejected rows.

    `create_people`: unknown crews and technicians are created, unknown callers as inactive people; else such
    rows are rejected. A dry run says the same and writes nothing. The same file again changes nothing.
    Refused: a file that cannot be read, rejected rows that cannot be written.
    """
    if not dry_run:
        _folder_for_rejected()  # before anything is stored
    table = read_table(
        source, filename=filename, header_key=HEADER_KEY, names=NAMES, is_left_out=is_further_sheet
    )
    places, unknown_columns = match_headers(table.columns, NAMES)
    reader = _Reader(table, places, with_evaluations=with_evaluations)
    rows = reader.read(progress)
    reviewer = WorkbookReviewer(now=now, by=by, create_people=create_people)
    taken = take_in(
        rows,
        now=now,
        by=by,
        create_people=create_people,
        reviewer=reviewer,
        must_confirm=by is not None and not by.has_role(Role.ADMIN),
        is_stored=not dry_run,
    )
    for place, problem in taken.rejected:
        reader.why[place] = [problem]
    rejected_file = None if dry_run else _write_rejected(table, reader, now=now, filename=filename)
    imported = _result(table, reader, taken, tuple(unknown_columns), rejected_file, rows)
    if not dry_run:
        _record(imported, filename=filename, by=by, now=now)
    return imported


def _record(imported: Imported, *, filename: str, by: User | None, now: datetime) -> None:
    """Who brought which file, and what became of its rows (domain §12)."""
    counts = {name: getattr(imported, name) for name in COUNTED}
    record_event(AuditKind.IMPORTED, by=by, at=now, about=filename, details=counts)


class _Reader:
    """Reads the rows of one table; `why` collects what is wrong, by row."""

    def __init__(self, table: UploadedTable, places: Mapping[str, int], *, with_evaluations: bool) -> None:
        self.table, self.places, self.with_evaluations = table, places, with_evaluations
        self.tz = timezone.get_default_timezone()
        self.why: Why = {}
        self.ignored_evaluations = 0
        self.left_out: list[LeftOut] = []
        self.rated_places = [places[c.field] for c in EVALUATION_COLUMNS if c.field in places]

    def read(self, progress: Progress) -> list[Row]:
        rows = []
        for done, sheet_row in enumerate(self.table.rows, start=1):
            row = self._row(sheet_row)
            if row:
                rows.append(row)
            if done % 1_000 == 0:
                progress(done, len(self.table.rows))
        return rows

    def _row(self, row: SheetRow) -> Row | None:
        number = row.cells[self.places["number"]] if "number" in self.places else ""
        if is_note(number, row.cells):
            value = next(cell for cell in row.cells if not is_blank_cell(cell))
            self.left_out.append(LeftOut(row.label, display_text(value)[:LONGEST_NOTE]))
            return None
        if len(row.cells) > len(self.table.columns):
            self.why[row.place] = [Problem("", _("这一行的列数多于表头:单元格里的分隔符没有加引号"))]
            return None
        order = self._cells(OrderCells, row)
        more = self._more(row)
        if order is None or row.place in self.why:
            return None
        return Row(row.number, order, order.said(), more, row.sheet)

    def _more(self, row: SheetRow) -> EvaluationCells | None:
        if all(is_blank_cell(row.cells[place]) for place in self.rated_places):
            return None
        if not self.with_evaluations:
            self.ignored_evaluations += 1
            return None
        cells = self._cells(EvaluationCells, row)
        return cells if cells and cells.said else None

    def _cells(self, model: type[C], row: SheetRow) -> C | None:
        found = read_cells(model, self.places, row.cells, tz=self.tz, date1904=self.table.date1904)
        if isinstance(found, list):
            self.why.setdefault(row.place, []).extend(found)
            return None
        return found

    def column(self, field: str) -> str:
        return self.table.columns[self.places[field]] if field in self.places else title_of(field)

    def value(self, field: str, cells: list[RawCell]) -> str:
        return display_text(cells[self.places[field]]) if field in self.places else ""

    def reason(self, row: SheetRow) -> str:
        """All that is wrong with a row, for the first column of the workbook of rejected rows."""
        named = [(self.column(problem.field), problem.message) for problem in self.why[row.place]]
        colon = _("：")
        reasons = _("；").join(
            f"{column}{colon}{message}" if column else message for column, message in named
        )
        if not row.sheet:
            return reasons
        place = _("表“%(sheet)s”第 %(row)d 行") % {"sheet": row.sheet, "row": row.number}
        return f"{place}{colon}{reasons}"


def _write_rejected(table: UploadedTable, reader: _Reader, *, now: datetime, filename: str) -> str | None:
    """The path of the workbook of rejected rows, None when there are none; Refused when it cannot be written."""
    if not reader.why:
        return None
    stem = Path(filename).name.partition(".")[0][:40]
    path = _folder_for_rejected() / f"{stem}-{timezone.localtime(now):%Y%m%d-%H%M%S}-{uuid4().hex[:8]}.xlsx"
    rows = ((reader.reason(row), row.cells) for row in table.rows if row.place in reader.why)
    try:
        write_rejected_rows(path, table.columns, rows, date1904=table.date1904)
        path.chmod(0o600)
    except OSError as error:
        raise Refused(
            _("好的行已导入;拒绝的行写不进“%(folder)s”(%(why)s):请检查磁盘空间和权限,再导入一次同一个文件。")
            % {"folder": path.parent, "why": error.strerror or error}
        ) from error
    return str(path)


def _folder_for_rejected() -> Path:
    """Where rejected rows are put; Refused when nothing can be written there."""
    folder = Path(settings.MEDIA_ROOT) / REJECTED
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        TemporaryFile(dir=folder).close()
    except OSError as error:
        raise Refused(
            _("拒绝的行写不进“%(folder)s”(%(why)s),因此没有导入:请检查磁盘空间和权限。")
            % {"folder": folder, "why": error.strerror or error}
        ) from error
    return folder


def expire_rejected(*, now: datetime) -> int:
    """Deletes workbooks of rejected rows older than `FILES_KEPT_DAYS`; how many."""
    folder = Path(settings.MEDIA_ROOT) / REJECTED
    before = (now - timedelta(days=settings.FILES_KEPT_DAYS)).timestamp()
    old = [path for path in folder.glob("*.xlsx") if path.stat().st_mtime < before] if folder.is_dir() else []
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def _errors(table: UploadedTable, reader: _Reader) -> tuple[RowError, ...]:
    errors: list[RowError] = []
    for row in table.rows if reader.why else ():
        for problem in reader.why.get(row.place, ()):
            column, value = reader.column(problem.field), reader.value(problem.field, row.cells)
            errors.append(RowError(row.number, column, value, problem.message, row.sheet))
        if len(errors) >= MOST_ERRORS:
            break
    return tuple(errors[:MOST_ERRORS])


def _result(
    table: UploadedTable,
    reader: _Reader,
    taken: Taken,
    unknown_columns: tuple[str, ...],
    rejected_file: str | None,
    rows: list[Row],
) -> Imported:
    return Imported(
        rows=len(table.rows) - len(reader.left_out),
        created=taken.created,
        updated=taken.updated,
        unchanged=taken.unchanged,
        rejected=len(reader.why),
        incomplete=taken.incomplete,
        waiting=taken.waiting,
        new_crews=tuple(taken.new_crews),
        new_technicians=tuple(taken.new_technicians),
        unknown_columns=unknown_columns,
        errors=_errors(table, reader),
        rejected_file=rejected_file,
        ignored_evaluations=reader.ignored_evaluations,
        left_out=tuple(reader.left_out),
        sheets=table.sheets,
        hidden_rows=table.hidden_rows,
        near_identical=len(near_identical(_facts(row) for row in rows if row.place not in reader.why)),
    )


def _facts(row: Row) -> OrderFacts:
    cells = row.cells
    reporter = "" if is_masked(cells.reporter_phone) else phone_key(cells.reporter_phone)
    return OrderFacts(
        cells.number, cells.employee_no, cells.closed_at, reporter, cells.equipment, cells.fault
    )


def document(imported: Imported) -> dict[str, object]:
    """What `import_workbook --json` prints; keys as the contract names them."""
    return {
        "rows": imported.rows,
        "created": imported.created,
        "updated": imported.updated,
        "unchanged": imported.unchanged,
        "rejected": imported.rejected,
        "incomplete": imported.incomplete,
        "waiting": imported.waiting,
        "near_identical": imported.near_identical,
        "new_crews": len(imported.new_crews),
        "new_technicians": len(imported.new_technicians),
        "unknown_columns": list(imported.unknown_columns),
        "errors": [error.document() for error in imported.errors],
        "rejected_file": imported.rejected_file,
        "left_out": [vars(row) for row in imported.left_out],
        "sheets": [asdict(sheet) for sheet in imported.sheets],
        "hidden_rows": imported.hidden_rows,
    }
