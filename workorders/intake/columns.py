"""The order columns of the daily fault workbook in Chinese and English (domain §11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import get_language


@dataclass(frozen=True)
class WorkbookColumn:
    """`zh` and `en` are written; `also` lists further spellings that are read.

    Case and spaces are ignored.
    """

    field: str
    zh: str
    en: str
    also: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        return self.en if speaks_english() else self.zh

    @property
    def names(self) -> tuple[str, ...]:
        return (self.zh, self.en, self.field, *self.also)


def speaks_english() -> bool:
    return (get_language() or "").startswith("en")


NUMBER = WorkbookColumn("number", "工单号", "Order number", ("order no", "order no.", "work order number"))
ORDER_COLUMNS = (
    NUMBER,
    WorkbookColumn("reported_at", "报修时间", "Reported at", ("reported", "report time", "time reported")),
    WorkbookColumn("reporter_name", "报修人", "Reporter", ("reporter's name",)),
    WorkbookColumn("reporter_phone", "报修人电话", "Reporter's phone", ("phone", "phone number", "报修电话")),
    WorkbookColumn("reporter_location", "报修人位置", "Reporter's location", ("location",)),
    WorkbookColumn("equipment", "设备/系统", "Equipment/system", ("设备系统",)),
    WorkbookColumn("fault", "故障描述", "Fault description"),
    WorkbookColumn("cause", "故障原因", "Cause of fault", ("fault cause",)),
    WorkbookColumn("action", "处理措施", "Action taken", ("measures taken",)),
    WorkbookColumn("crew", "所属工班", "Crew", ("工班", "crew name")),
    WorkbookColumn(
        "employee_no",
        "维修人工号",
        "Technician's employee number",
        ("employee number", "employee no.", "technician number", "technician no", "technician id", "工号"),
    ),
    WorkbookColumn(
        "technician", "维修人", "Technician", ("technician's name", "technician name", "维修人员")
    ),
    WorkbookColumn(
        "first_contact_at", "首次联系时间", "First contact at", ("first contact", "first contact time")
    ),
    WorkbookColumn(
        "finished_at", "完成时间", "Finished at", ("finished", "completed at", "completed", "completion time")
    ),
    WorkbookColumn("closed_at", "关闭时间", "Closed at", ("closed", "closing time", "time closed")),
    WorkbookColumn("kind", "工单类型", "Order type", ("work order type",)),
    WorkbookColumn("channel", "登记渠道", "Channel", ("registration channel", "registered through")),
    WorkbookColumn(
        "original",
        "二次报修(原工单号)",
        "Repeat repair (original order number)",
        ("original order number", "original number", "original order", "二次报修", "原工单号", "repeat of"),
    ),
)


def names_by_field(columns: Iterable[WorkbookColumn]) -> dict[str, tuple[str, ...]]:
    """Returns field → accepted names, the form that `sheets.match_headers` takes."""
    return {column.field: column.names for column in columns}


def titles(columns: Iterable[WorkbookColumn]) -> dict[str, str]:
    return {column.field: column.title for column in columns}
