"""Workbooks for uploads: rows by column name, written as CSV."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

from django.utils import timezone

from evaluations.workbook.import_ import import_workbook
from evaluations.workbook.imported import Imported

NOW = timezone.make_aware(datetime(2026, 5, 12, 8, 30))

COMPLETE = {
    "工单号": "WX-1",
    "报修时间": "2026-05-11 10:00",
    "报修人": "张工",
    "报修人电话": "13800001111",
    "报修人位置": "二号机房",
    "设备/系统": "终端",
    "故障描述": "无显示",
    "故障原因": "电源",
    "处理措施": "更换",
    "所属工班": "工班甲",
    "维修人工号": "0042",
    "维修人": "李四",
    "首次联系时间": "2026-05-11 10:20",
    "完成时间": "2026-05-11 15:00",
    "关闭时间": "2026-05-11 16:00:05",
    "工单类型": "故障",
    "登记渠道": "统一报修电话",
    "二次报修(原工单号)": "",
}
EVALUATED = {
    **COMPLETE,
    "工长测评分值": "10",
    "工长评语": "处理及时",
    "调度测评人": "王调度",
    "调度测评分值": "8",
    "调度测评情况统计": "响应及时",
    "管理人员测评人": "",
    "管理人员测评分值": "",
    "管理人员测评情况统计": "",
    "分值累计": "18",
    "不满意问题和建议统计": "",
}


def order(number: str = "WX-1", **cells: str) -> dict[str, str]:
    """A complete row; `cells` by Chinese column name."""
    return {**COMPLETE, "工单号": number, **cells}


def evaluated(number: str = "WX-1", **cells: str) -> dict[str, str]:
    return {**EVALUATED, "工单号": number, **cells}


def as_csv(*rows: dict[str, str]) -> bytes:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    output = io.StringIO()
    writer = csv.DictWriter(output, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return output.getvalue().encode()


def take(*rows: dict[str, str], now: datetime = NOW, **options: Any) -> Imported:
    """Imports the rows; creates people by default."""
    options.setdefault("create_people", True)
    return import_workbook(as_csv(*rows), filename="日报.csv", now=now, **options)


def counts(imported: Imported) -> dict[str, int]:
    """Returns the counts that are not zero."""
    names = ("created", "updated", "unchanged", "rejected", "incomplete")
    return {name: getattr(imported, name) for name in names if getattr(imported, name)}


def rejections(imported: Imported) -> list[tuple[int, str]]:
    """(row, column) of each error."""
    return [(error.row, error.column) for error in imported.errors]
