"""What became of the rows of a file, as pages and commands show it (domain §11)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from satisfaction.sheets.tables import SheetSummary


@dataclass(frozen=True)
class WorkbookRowError:
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
class IgnoredRow:
    """A row that is no order: a total, a remark, a signature. `value` is the text of its first filled cell."""

    row: int | str  # with its sheet when several were read
    value: str


@dataclass(frozen=True)
class Imported:
    """What became of a file's rows: rows = created + updated + unchanged + rejected; `left_out` are not among them.

    `incomplete` are among the accepted, `waiting` among the unchanged: a lead must confirm them. At most 1,000
    `errors`; all of them stand in `rejected_file` (None: nothing was rejected, or a dry run). `ignored_evaluations`:
    rows whose evaluations were not asked for.
    `sheets`: the worksheets of the file, read or not. `hidden_rows`: rows that the file hides, by a filter mostly.
    `near_identical`: accepted orders of the file that look like one job in parts (`workorders.near_identical`).
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
    errors: tuple[WorkbookRowError, ...]
    rejected_file: str | None = None
    ignored_evaluations: int = 0
    waiting: int = 0
    left_out: tuple[IgnoredRow, ...] = ()
    sheets: tuple[SheetSummary, ...] = ()
    hidden_rows: int = 0
    near_identical: int = 0


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
