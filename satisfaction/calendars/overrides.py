"""Importing and exporting exceptions of the calendar: read → preview → store (domain §2.1).

The make-up days of a year are published late in the year before; no package has them earlier, so admins
import them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

from celery import current_app
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from satisfaction.core.errors import Refused
from satisfaction.core.history import set_change_author
from satisfaction.core.person import Person
from satisfaction.sheets import cells
from satisfaction.sheets.headers import display_name, match_headers, normalise_header
from satisfaction.sheets.reading import read_table
from satisfaction.sheets.tables import RawCell, UnreadableCell
from satisfaction.sheets.writing import ExportColumn, ExportSheet, write_workbook

from .models import CalendarOverride

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "day": ("日期", "day", "date"),
    "is_service_day": ("是服务日", "is_service_day", "服务日", "上班", "service day", "working day"),
    "name": ("说明", "name", "名称", "note"),
}
YES = ("是", "上班", "补班", "调休上班", "yes", "y", "true", "1", "√")
NO = ("否", "不是", "休息", "放假", "休", "no", "n", "false", "0", "×")
ANSWERS = {normalise_header(word): is_open for words, is_open in ((YES, True), (NO, False)) for word in words}
WIDTHS = {"day": 14, "is_service_day": 12, "name": 40}
MAX_NAME_LENGTH = CalendarOverride._meta.get_field("name").max_length or 0


class OverrideAction(models.TextChoices):
    """What the import does with a row."""

    CREATED = "created", gettext_lazy("新增")
    UPDATED = "updated", gettext_lazy("更新")
    UNCHANGED = "unchanged", gettext_lazy("未变")
    REJECTED = "rejected", gettext_lazy("拒绝")


@dataclass(frozen=True)
class OverrideRow:
    """One checked row of the file, ready for JSON: `day` is YYYY-MM-DD, `problem` is why it is rejected."""

    number: int | str  # with the name of the sheet if several were read
    day: str
    is_service_day: bool | None
    name: str
    problem: str = ""


@dataclass(frozen=True)
class OverrideFile:
    rows: list[OverrideRow]
    unknown_columns: list[str]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> OverrideFile:
        return cls([OverrideRow(**row) for row in data["rows"]], data["unknown_columns"])


@dataclass(frozen=True)
class OverrideResult:
    row: OverrideRow
    what: OverrideAction


def read_overrides(source: str | Path | bytes, *, filename: str) -> OverrideFile:
    """Reads `.xlsx`, `.xls` or `.csv` with columns in Chinese or English.

    Raises Refused if the file cannot be read or lacks a required column. An invalid row has a `problem`; so
    has the second of two different rows for one day.
    """
    table = read_table(source, filename=filename, header_key=COLUMNS["day"], names=COLUMNS)
    found, unknown = match_headers(table.columns, COLUMNS)
    if "is_service_day" not in found:
        raise Refused(_("文件里没有“是服务日”一列:请写明每一天是不是服务日(是/否)。"))
    rows = [
        _row(row.label, {field: row.cells[i] for field, i in found.items()}, date1904=table.date1904)
        for row in table.rows
    ]
    return OverrideFile(_without_contradictions(rows), unknown)


def _row(number: int | str, raw: Mapping[str, RawCell], *, date1904: bool) -> OverrideRow:
    name, answer = cells.display_text(raw.get("name")), cells.display_text(raw["is_service_day"])
    day, problem = _day(raw["day"], date1904=date1904)
    is_service_day = ANSWERS.get(normalise_header(answer))
    unread = next((cell for cell in raw.values() if isinstance(cell, UnreadableCell)), None)
    if unread:
        problem = unread.reason
    if not problem and is_service_day is None:
        problem = _("“%(value)s”看不出是不是服务日,请写“是”或“否”。") % {"value": answer[:40]}
    if not problem and len(name) > MAX_NAME_LENGTH:
        problem = _("说明最多 %(most)d 个字。") % {"most": MAX_NAME_LENGTH}
    return OverrideRow(number, day, is_service_day, name, problem)


def _day(raw: RawCell, *, date1904: bool) -> tuple[str, str]:
    """Returns (YYYY-MM-DD, ""), or the cell's text and the problem."""
    try:
        moment = cells.parse_moment(raw, ZoneInfo("UTC"), date1904=date1904)
    except ValueError:
        value = cells.display_text(raw)
        return value, _("“%(text)s”不是日期,请写成 YYYY-MM-DD。") % {"text": value[:40]}
    return (moment.date().isoformat(), "") if moment else ("", _("没有日期,请填写。"))


def _without_contradictions(rows: Iterable[OverrideRow]) -> list[OverrideRow]:
    first: dict[str, OverrideRow] = {}
    checked = []
    for row in rows:
        known = first.setdefault(row.day, row) if not row.problem else row
        if (known.is_service_day, known.name) != (row.is_service_day, row.name):
            problem = _("这一天在第 %(row)s 行写得不一样。") % {"row": known.number}
            row = replace(row, problem=problem)
        checked.append(row)
    return checked


def import_overrides(file: OverrideFile, *, by: Person, dry_run: bool = False) -> list[OverrideResult]:
    """Stores the valid rows; days that are not in the file are unchanged.

    `dry_run`: the same result, nothing stored. Repeating the import changes nothing. Open deadlines are
    recomputed soon after the commit.
    """
    with transaction.atomic():
        days = [date.fromisoformat(row.day) for row in file.rows if not row.problem]
        known = {
            f"{override.day}": override
            for override in CalendarOverride.objects.select_for_update().filter(day__in=days)
        }
        lines = [_take_in(row, known, by=by, dry_run=dry_run) for row in file.rows]
        if not dry_run and {line.what for line in lines} & {OverrideAction.CREATED, OverrideAction.UPDATED}:
            recompute_deadlines_soon()
    return lines


def _take_in(
    row: OverrideRow, known: dict[str, CalendarOverride], *, by: Person, dry_run: bool
) -> OverrideResult:
    if row.problem:
        return OverrideResult(row, OverrideAction.REJECTED)
    override = known.get(row.day)
    if override and (override.is_service_day, override.name) == (row.is_service_day, row.name):
        return OverrideResult(row, OverrideAction.UNCHANGED)
    what = OverrideAction.UPDATED if override else OverrideAction.CREATED
    override = override or CalendarOverride(day=date.fromisoformat(row.day))
    override.is_service_day, override.name, override.entered_by = bool(row.is_service_day), row.name, by
    known[row.day] = override
    if not dry_run:
        set_change_author(override, by=by)
        override.save()
    return OverrideResult(row, what)


def recompute_deadlines_soon() -> None:
    """Starts `catch_up` after the commit instead of at the next beat; it recomputes open deadlines."""
    transaction.on_commit(lambda: current_app.send_task("portal.catch_up"), robust=True)


def export_overrides(target: BinaryIO) -> None:
    """Writes the exceptions as a workbook that can be edited and imported again."""
    overrides = CalendarOverride.objects.order_by("day").values_list("day", "is_service_day", "name")
    columns = [ExportColumn(display_name(COLUMNS[field]), width) for field, width in WIDTHS.items()]
    rows = ((f"{day}", display_name(YES if is_open else NO), name) for day, is_open, name in overrides)
    write_workbook(target, [ExportSheet(_("日历调整"), columns, rows)])
