"""The minutes of a meeting: stored entries and the workbook (domain §9.7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from django.utils.translation import gettext as _

from improvement.enums import Decision
from improvement.models import AgendaItem, AnalysisMeeting
from satisfaction.core.formats import format_iso_day, format_iso_minute
from satisfaction.sheets.writing import ExportColumn, ExportSheet, write_workbook

from .queries import agenda_items

MAX_ROW_CHARACTERS = 800
"""Maximum number of characters in one row of the workbook."""


@dataclass(frozen=True)
class MinutesEntry:
    """The minutes' text on one item, beside its decision. `problem`: the project's problem."""

    crews: list[str] = field(default_factory=list)
    measure: str = ""
    problem: str = ""
    decided_measure: str = ""
    responsible: str = ""
    technician: str = ""
    visitor: str = ""
    decided_by: str = ""


@dataclass(frozen=True)
class MeetingNames:
    """Names of the people of a meeting."""

    planned_by: str = ""
    opened_by: str = ""
    closed_by: str = ""
    attendees: list[str] = field(default_factory=list)


def freeze_minutes(meeting: AnalysisMeeting) -> None:
    """Stores the entry of every item and the names of chair and attendees, which do not change afterwards.

    The caller saves the meeting itself.
    """
    meeting.names = asdict(_current_names(meeting))
    items = list(agenda_items(meeting).prefetch_related("project__crews"))
    for item in items:
        item.told = asdict(_current_entry(item))
    AgendaItem.objects.bulk_update(items, ["told"], batch_size=500)


def minutes_entry(item: AgendaItem) -> MinutesEntry:
    """Returns the entry stored when the meeting closed; before that the current one."""
    return MinutesEntry(**item.told) if item.told else _current_entry(item)


def meeting_names(meeting: AnalysisMeeting) -> MeetingNames:
    """Returns the names stored when the meeting closed; before that the current ones."""
    return MeetingNames(**meeting.names) if meeting.names else _current_names(meeting)


def convener_name(meeting: AnalysisMeeting) -> str:
    """Returns the name of the person who planned the meeting; once it is closed, the stored name."""
    return str(meeting.names.get("planned_by") or meeting.planned_by)


def _current_names(meeting: AnalysisMeeting) -> MeetingNames:
    return MeetingNames(
        planned_by=str(meeting.planned_by),
        opened_by=str(meeting.opened_by or ""),
        closed_by=str(meeting.closed_by or ""),
        attendees=[str(person) for person in meeting.attendees.all()],
    )


def _current_entry(item: AgendaItem) -> MinutesEntry:
    project, revisit = item.project, item.revisit
    if revisit is not None:
        crews = [str(revisit.order.crew)] if revisit.order.crew else []
    elif item.proposal.get("orders"):
        crews = sorted({order["crew_name"] for order in item.proposal["orders"]} - {""})
    else:
        crews = [str(crew) for crew in project.crews.all()] if project else []
    return MinutesEntry(
        crews=crews,
        measure=revisit.measure if revisit else "",
        problem=project.problem if project else "",
        decided_measure=project.decided_measure if project and item.decision != Decision.DEFERRED else "",
        responsible=str(project.responsible) if project else "",
        technician=str(revisit.order.technician or "") if revisit else "",
        visitor=str(revisit.visited_by or "") if revisit else "",
        decided_by=str(item.decided_by or ""),
    )


def write_minutes(
    target: BinaryIO,
    meeting: AnalysisMeeting,
    items: Sequence[AgendaItem],
    information: dict[str, Any],
    *,
    shows_minutes: bool,
) -> None:
    """Writes three sheets: the meeting, its decisions, and the information."""
    sheets = [
        _meeting_sheet(meeting, items, shows_minutes=shows_minutes),
        _decision_sheet(items),
        _information_sheet(information),
    ]
    write_workbook(target, sheets)


def item_subject(item: AgendaItem) -> str:
    """Returns the subject of an item in one line."""
    if item.revisit is not None:
        return item.revisit.order.number
    if item.alike:
        return " · ".join(f"{label} {name}" for label, name in item.alike)
    return minutes_entry(item).problem


def item_crews(item: AgendaItem) -> str:
    """Returns the names of the crews concerned."""
    names = _("、").join(minutes_entry(item).crews)
    return names if names or item.revisit is not None or item.proposal.get("orders") else _("全中心")


def decision_in_words(item: AgendaItem) -> str:
    """Returns the decision in words, also for an undecided item."""
    return str(item.get_decision_display()) if item.decision else _("未决定")


def decisions_in_words(counts: Mapping[str, int]) -> str:
    """Returns the number of items by decision in words. The key '' counts undecided items."""
    parts = [(str(decision.label), counts.get(decision, 0)) for decision in Decision]
    parts.append((_("未决定"), counts.get("", 0)))
    return " · ".join(f"{label} {n}" for label, n in parts if n)


def _meeting_sheet(
    meeting: AnalysisMeeting, items: Iterable[AgendaItem], *, shows_minutes: bool
) -> ExportSheet:
    names = meeting_names(meeting)
    rows = [
        (_("月份"), f"{meeting.month:%Y-%m}"),
        (_("计划时间"), meeting.planned_at),
        (_("地点"), meeting.place),
        (_("开始时间"), meeting.opened_at),
        (_("结束时间"), meeting.closed_at),
        (_("主持人"), names.opened_by),
        (_("参加人"), _("、").join(filter(None, [*names.attendees, meeting.other_attendees]))),
        (_("决定"), decisions_in_words(Counter(item.decision for item in items))),
        *(_paragraphs(meeting.minutes) if shows_minutes else []),
    ]
    columns = [ExportColumn(_("项目"), 14), ExportColumn(_("内容"), 90, "raw", wrap=True)]
    written = [(name, _format_value(value)) for name, value in rows]
    return ExportSheet(_("故障分析会纪要"), columns, written)


def _paragraphs(minutes: str) -> Iterator[tuple[str, str]]:
    """Splits long minutes into rows: a row of a workbook is at most half a page high."""
    name = _("纪要")
    for paragraph in minutes.split("\n") if minutes else [""]:
        for start in range(0, max(len(paragraph), 1), MAX_ROW_CHARACTERS):
            yield name, paragraph[start : start + MAX_ROW_CHARACTERS]
            name = ""


def _format_value(value: Any) -> Any:
    return format_iso_minute(value) if isinstance(value, datetime) else value or ""


def _decision_sheet(items: Iterable[AgendaItem]) -> ExportSheet:
    columns = [
        ExportColumn(_("序号"), 6, "integer"),
        ExportColumn(_("类别"), 9),
        ExportColumn(_("议题"), 18),
        ExportColumn(_("所属工班"), 11),
        ExportColumn(_("工长整改措施和建议"), 24),
        ExportColumn(_("决定"), 10),
        ExportColumn(_("改善项目"), 18),
        ExportColumn(_("会议讨论确定整改措施"), 24),
        ExportColumn(_("负责人"), 8),
        ExportColumn(_("说明"), 18),
        ExportColumn(_("决定人"), 8),
        ExportColumn(_("决定时间"), 19, "datetime"),
    ]
    return ExportSheet(_("议题与决定"), columns, _decision_rows(items), frozen_columns=1)


def _decision_rows(items: Iterable[AgendaItem]) -> Iterator[list[object]]:
    for item in items:
        entry = minutes_entry(item)
        yield [
            item.position,
            str(item.get_kind_display()),
            item_subject(item),
            item_crews(item),
            entry.measure,
            decision_in_words(item),
            entry.problem,
            entry.decided_measure,
            entry.responsible,
            item.reason,
            entry.decided_by,
            item.decided_at,
        ]


def _information_sheet(information: dict[str, Any]) -> ExportSheet:
    columns = [
        ExportColumn(_("类别"), 16),
        ExportColumn(_("内容"), 50),
        ExportColumn(_("工班"), 16),
        ExportColumn(_("责任人"), 12),
        ExportColumn(_("期限"), 14),
    ]
    revisits = [
        [_("逾期的回访"), row["number"], row["crew_name"], "", _day(row["due_at"])]
        for row in information.get("revisits", [])
    ]
    steps = [
        [_("逾期的步骤"), f"{row['problem']} — {row['what']}", row["crew_name"], row["who"], row["due_on"]]
        for row in information.get("steps", [])
    ]
    return ExportSheet(_("供了解"), columns, [*revisits, *steps])


def _day(moment: str | None) -> str:
    return format_iso_day(datetime.fromisoformat(moment)) if moment else ""
