"""The columns of the daily fault workbook, in their order: what happened, and what people thought (三.10.1, §11)."""

from __future__ import annotations

from workorders.domain.columns import NUMBER, ORDER_COLUMNS, Column, names_by_field

from ...enums import Group

EVALUATION_COLUMNS = (
    Column("self_points", "工长测评分值", "Foreman's points", ("self-evaluation points",)),
    Column("self_comment", "工长评语", "Foreman's comment", ("self-evaluation comment",)),
    Column("dispatcher_caller", "调度测评人", "Dispatcher"),
    Column("dispatcher_points", "调度测评分值", "Dispatcher's points"),
    Column("dispatcher_summary", "调度测评情况统计", "Dispatcher's call summary"),
    Column("manager_caller", "管理人员测评人", "Manager"),
    Column("manager_points", "管理人员测评分值", "Manager's points"),
    Column("manager_summary", "管理人员测评情况统计", "Manager's call summary"),
    Column("total", "分值累计", "Points in total", ("total points", "points")),
    Column(
        "words",
        "不满意问题和建议统计",
        "Problems and suggestions",
        ("不满意问题和提议统计", "dissatisfaction problems and suggestions"),
    ),
)
COLUMNS = (*ORDER_COLUMNS, *EVALUATION_COLUMNS)
NAMES = names_by_field(COLUMNS)
HEADER_KEY = NUMBER.names
GROUPS = (Group.DISPATCHER, Group.MANAGER)


def title_of(field: str) -> str:
    return next((column.title for column in COLUMNS if column.field == field), "")
