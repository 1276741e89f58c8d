"""Imports a daily fault workbook: orders and, if requested, their evaluations (domain §11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from satisfaction.accounts.models import User
from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.core.roles import Role
from satisfaction.sheets.headers import match_headers
from satisfaction.sheets.reading import read_table
from workorders.intake.plan import ImportResult

from .columns import HEADER_KEY, NAMES, is_further_sheet
from .file_rows import FileRows
from .import_rows import import_rows
from .imported import Imported
from .rejected_rows import folder_for_rejected, store_rejected_rows

COUNTED = ("rows", "created", "updated", "unchanged", "rejected", "incomplete", "waiting", "near_identical")
PROGRESS_EVERY = 1_000
ProgressCallback = Callable[[int, int], object]


def import_workbook(
    source: str | Path | bytes,
    *,
    filename: str,
    now: datetime,
    by: User | None = None,
    create_people: bool = False,
    with_evaluations: bool = True,
    dry_run: bool = False,
    progress: ProgressCallback = lambda done, total: None,
) -> Imported:
    """Imports the valid rows step by step, and writes the others to a workbook of rejected rows.

    `create_people`: creates unknown crews and technicians, and unknown callers as inactive people;
    otherwise such rows are rejected. A dry run returns the same result and writes nothing. Importing the
    same file again changes nothing. Raises Refused: the file cannot be read, or the rejected rows cannot be
    written.
    """
    if not dry_run:
        folder_for_rejected()  # before anything is stored
    table = read_table(
        source, filename=filename, header_key=HEADER_KEY, names=NAMES, is_left_out=is_further_sheet
    )
    places, unknown_columns = match_headers(table.columns, NAMES)
    file = FileRows(table, places, with_evaluations=with_evaluations)
    for done, row in enumerate(table.rows, start=1):
        file.add(row)
        if done % PROGRESS_EVERY == 0:
            progress(done, len(table.rows))
    result = import_rows(
        file.orders,
        evaluations=file.evaluations,
        now=now,
        by=by,
        create_people=create_people,
        must_confirm=by is not None and not by.has_role(Role.ADMIN),
        is_stored=not dry_run,
    )
    file.problems |= {place: [problem] for place, problem in result.rejected.items()}
    rejected_file = None
    if file.problems and not dry_run:
        rejected_file = store_rejected_rows(file.rejected(), table, filename=filename, now=now)
    imported = _imported(file, result, tuple(unknown_columns), rejected_file)
    if not dry_run:
        _record(imported, filename=filename, by=by, now=now)
    return imported


def _imported(
    file: FileRows, result: ImportResult, unknown_columns: tuple[str, ...], rejected_file: str | None
) -> Imported:
    return Imported(
        rows=len(file.table.rows) - len(file.left_out),
        created=result.created,
        updated=result.updated,
        unchanged=result.unchanged,
        rejected=len(file.problems),
        incomplete=result.incomplete,
        waiting=result.waiting,
        new_crews=result.new_crews,
        new_technicians=result.new_technicians,
        unknown_columns=unknown_columns,
        errors=file.errors(),
        rejected_file=rejected_file,
        ignored_evaluations=file.ignored_evaluations,
        left_out=tuple(file.left_out),
        sheets=file.table.sheets,
        hidden_rows=file.table.hidden_rows,
        near_identical=file.near_identical(),
    )


def _record(imported: Imported, *, filename: str, by: User | None, now: datetime) -> None:
    """Records the audit event: the person, the file, and the number of rows by result (domain §12)."""
    counts = {name: getattr(imported, name) for name in COUNTED}
    record_event(AuditKind.IMPORTED, by=by, at=now, about=filename, details=counts)
