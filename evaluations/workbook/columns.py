"""The columns of the daily fault workbook in order: order columns, then evaluation columns (domain §11)."""

from __future__ import annotations

from collections.abc import Sequence

from evaluations.enums import Group
from satisfaction.sheets.headers import match_headers
from workorders.intake.columns import NUMBER, ORDER_COLUMNS, WorkbookColumn, names_by_field

EVALUATION_COLUMNS = (
    WorkbookColumn("self_points", "工长测评分值", "Foreman's points", ("self-evaluation points",)),
    WorkbookColumn("self_comment", "工长评语", "Foreman's comment", ("self-evaluation comment",)),
    WorkbookColumn("dispatcher_caller", "调度测评人", "Dispatcher"),
    WorkbookColumn("dispatcher_points", "调度测评分值", "Dispatcher's points"),
    WorkbookColumn("dispatcher_summary", "调度测评情况统计", "Dispatcher's call summary"),
    WorkbookColumn("manager_caller", "管理人员测评人", "Manager"),
    WorkbookColumn("manager_points", "管理人员测评分值", "Manager's points"),
    WorkbookColumn("manager_summary", "管理人员测评情况统计", "Manager's call summary"),
    WorkbookColumn("total", "分值累计", "Points in total", ("total points", "points")),
    WorkbookColumn(
        "words",
        "不满意问题和建议统计",
        "Problems and suggestions",
        ("不满意问题和提议统计", "dissatisfaction problems and suggestions"),
    ),
)
COLUMNS = (*ORDER_COLUMNS, *EVALUATION_COLUMNS)
NAMES = names_by_field(COLUMNS)
HEADER_KEY = NUMBER.names
DISSATISFIED = (
    "number", "closed_at", "crew", "technician", "reporter_name", "reporter_phone", "reporter_location", "equipment",
    "fault", "cause", "action", "self_points", "self_comment", "dispatcher_caller", "dispatcher_summary",
    "manager_caller", "manager_summary", "words",
)  # fmt: skip
"""The columns of the sheet of dissatisfied orders."""
GROUPS = (Group.DISPATCHER, Group.MANAGER)


def title_of(field: str) -> str:
    return next((column.title for column in COLUMNS if column.field == field), "")


def is_further_sheet(columns: Sequence[str]) -> bool:
    """Returns whether the columns are those of our export's sheet of dissatisfied orders (domain §11).

    The orders of that sheet are also in the first sheet.
    """
    places, unknown = match_headers(columns, NAMES)
    return not unknown and tuple(sorted(places, key=places.__getitem__)) == DISSATISFIED
