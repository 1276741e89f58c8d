"""The result of an import, as pages and commands show it (domain §11)."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from satisfaction.sheets.tables import SheetSummary


@dataclass(frozen=True)
class WorkbookRowError:
    """One error. `row`: Excel's row number; `column`: the file's header; `value`: the cell as text.

    `sheet` is set only if several sheets were read.
    """

    row: int
    column: str
    value: str
    message: str
    sheet: str = ""

    def document(self) -> dict[str, object]:
        """Returns the fields as a dict; includes `sheet` only if several sheets were read."""
        found = asdict(self)
        return found if self.sheet else {key: value for key, value in found.items() if key != "sheet"}


@dataclass(frozen=True)
class IgnoredRow:
    """A row that is not an order: a total, a remark, a signature. `value`: text of its first filled cell."""

    row: int | str  # includes the sheet if several sheets were read
    value: str


@dataclass(frozen=True)
class Imported:
    """The result of an import: rows = created + updated + unchanged + rejected, without `left_out`.

    `incomplete` rows are accepted; `waiting` rows count as unchanged until a lead confirms them. `errors`
    holds at most 1,000; `rejected_file` has all of them (None: nothing was rejected, or a dry run).
    `ignored_evaluations`: rows whose evaluations were not requested.
    `sheets`: all worksheets of the file, read or not. `hidden_rows`: rows hidden in the file, mostly by a
    filter.
    `near_identical`: accepted orders that look like parts of one job (`workorders.near_identical`).
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
    """Returns the document that `import_workbook --json` prints; docs/contract.md defines the keys."""
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
