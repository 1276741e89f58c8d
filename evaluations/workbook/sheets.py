"""The three sheets of the workbook: orders, daily scores by technician, dissatisfied orders (domain §11)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from operator import attrgetter
from typing import Any

from django.utils.translation import gettext as _

from evaluations.enums import Rating
from evaluations.models import EvaluationPolicy
from evaluations.scores.daily import daily_rows
from evaluations.scores.rules import PointTally
from satisfaction.sheets.writing import HEADER_FILL, ColumnKind, ExportColumn, ExportSheet

from .audience import Reader
from .columns import COLUMNS, DISSATISFIED
from .rows import shown_rows
from .stored_cells import CellValues

EVALUATED = "E2EFDA"
"""Header fill of the evaluation columns (domain §11)."""
WIDE = {
    "number": 18, "reporter_location": 18, "equipment": 16, "fault": 28, "cause": 20, "action": 26, "crew": 12,
    "self_comment": 24, "dispatcher_summary": 24, "manager_summary": 22, "words": 30, "original": 18,
    "reporter_phone": 14,
}  # fmt: skip
MOMENTS = {"reported_at", "first_contact_at", "finished_at", "closed_at"}
INTEGERS = {"self_points", "dispatcher_points", "manager_points", "total"}

PersonDay = tuple[date, str, str, str]
"""Day, crew, employee number, name."""


@dataclass
class DayBook:
    """Data for the second and third sheets, collected while the rows of the first are written."""

    orders: int = 0
    tallies: dict[PersonDay, PointTally] = field(default_factory=lambda: defaultdict(PointTally))
    dissatisfied: list[CellValues] = field(default_factory=list)

    def add(self, cells: CellValues, row: dict[str, Any]) -> None:
        self.orders += 1
        shows_both = row["shows_self"] and row["shows_callback"]
        if row["in_scope"]:
            who = (
                row["closed_on"],
                row["crew__name"],
                row["technician__employee_no"],
                row["technician__name"],
            )
            self.tallies[who] += tally_of(row) if shows_both and row["takes_part"] else PointTally(orders=1)
        if row["shows_callback"] and row["callback__rating"] == Rating.DISSATISFIED:
            self.dissatisfied.append(cells)


def tally_of(row: dict[str, Any]) -> PointTally:
    """Returns the tally of one order that takes part."""
    rating = row["callback__rating"]
    return PointTally(
        orders=1,
        taking_part=1,
        self_points=row["own_points"],
        callback_points=row["callback__points"],
        satisfied=rating == Rating.SATISFIED,
        basically_satisfied=rating == Rating.BASICALLY_SATISFIED,
        dissatisfied=rating == Rating.DISSATISFIED,
    )


def workbook_sheets(
    first: date, last: date, reader: Reader, book: DayBook, *, now: datetime
) -> Iterator[ExportSheet]:
    """Yields the sheets in order. Writing the first fills `book`; finish it before requesting the others."""
    period = f"{first}" if first == last else f"{first} — {last}"
    yield ExportSheet(
        _("每日故障统计"),
        [column_of(name) for name in FIELDS],
        _order_rows(first, last, reader, book, now=now),
        heading=_("每日故障统计 %(period)s") % {"period": period},
        frozen_columns=1,
    )
    yield ExportSheet(
        _("每日得分"),
        [ExportColumn(title, width, kind) for title, width, kind, _value in score_columns()],
        _score_rows(first, last, reader, book),
        heading=_("维修人每日得分 %(period)s") % {"period": period},
        frozen_columns=3,
    )
    yield ExportSheet(
        _("不满意工单"),
        [column_of(name) for name in DISSATISFIED],
        ([cells.get(name) for name in DISSATISFIED] for cells in book.dissatisfied),
        heading=_("回访不满意的工单 %(period)s") % {"period": period},
        frozen_columns=1,
    )


FIELDS = tuple(column.field for column in COLUMNS)
BY_FIELD = {column.field: column for column in COLUMNS}


def column_of(name: str) -> ExportColumn:
    kind: ColumnKind = "datetime" if name in MOMENTS else "integer" if name in INTEGERS else "text"
    width = WIDE.get(name, 19 if name in MOMENTS else 12)
    is_order = FIELDS.index(name) < FIELDS.index("self_points")
    fill = HEADER_FILL if is_order else EVALUATED
    return ExportColumn(BY_FIELD[name].title, width, kind, fill)


def _order_rows(
    first: date, last: date, reader: Reader, book: DayBook, *, now: datetime
) -> Iterator[list[object]]:
    for cells, row in shown_rows(first, last, reader, now=now):
        book.add(cells, row)
        yield [cells.get(name) for name in FIELDS]


def score_columns() -> list[tuple[str, float, ColumnKind, Any]]:
    """Returns (title, width, kind, getter of a tally's number) for the columns of the second sheet.

    The first four columns (day, crew, employee number, name) have no getter.
    """
    who: list[tuple[str, float, ColumnKind, Any]] = [
        (_("日期"), 12, "raw", None),
        (_("工班"), 14, "text", None),
        (_("工号"), 12, "text", None),
        (_("维修人"), 14, "text", None),
    ]
    numbers = [
        (_("应评工单"), "orders"),
        (_("参与评价"), "taking_part"),
        (_("工长测评分值"), "self_points"),
        (_("回访测评分值"), "callback_points"),
        (_("分值累计"), "points"),
        (_("满意"), "satisfied"),
        (_("基本满意"), "basically_satisfied"),
        (_("不满意"), "dissatisfied"),
    ]
    return [*who, *((title, 12, "integer", attrgetter(name)) for title, name in numbers)]


def _score_rows(first: date, last: date, reader: Reader, book: DayBook) -> Iterator[list[object]]:
    """Yields the official daily rows or, if `reader.sums_rows`, the sums of the first sheet's rows."""
    values = [value for *_rest, value in score_columns() if value]
    rows = book.tallies if reader.sums_rows else official_rows(first, last)
    for who in sorted(rows):
        yield [*who, *(value(rows[who]) for value in values)]


def official_rows(first: date, last: date) -> dict[PersonDay, PointTally]:
    """Returns the daily scores; stored ones for a settled month, none before the first policy."""
    begins_on = EvaluationPolicy.objects.order_by("begins_on").values_list("begins_on", flat=True).first()
    rows = daily_rows(max(first, begins_on), last) if begins_on else []
    return {
        (row.day, row.crew.name, row.technician.employee_no, row.technician.name): row.tally for row in rows
    }
