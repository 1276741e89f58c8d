"""改善项目跟踪管理表 as a workbook: the six columns of domain §9.9 first, then further fields."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from django.utils.translation import gettext as _

from improvement.models import ImprovementProject, ProjectStep
from satisfaction.core.formats import format_iso_day
from satisfaction.sheets.writing import ExportColumn, ExportSheet, write_workbook

from .effects import effect_sentence
from .rules_effect import effect_from_json

PRINTED_COLUMNS = 10
"""Number of columns in the printed form; the others are for the screen."""


def write_tracking_table(target: BinaryIO, projects: Iterable[ImprovementProject]) -> None:
    """Writes one row per project. The projects have steps, crews, types and people loaded."""
    title = _("改善项目跟踪管理表")
    sheet = ExportSheet(
        title, _columns(), _rows(projects), heading=title, frozen_columns=1, printed_columns=PRINTED_COLUMNS
    )
    write_workbook(target, [sheet])


def _columns() -> list[ExportColumn]:
    return [
        ExportColumn(_("编号"), 6, "integer"),
        ExportColumn(_("改善问题描述"), 22),
        ExportColumn(_("问题来源"), 10),
        ExportColumn(_("初步整改措施"), 20),
        ExportColumn(_("会议讨论确定整改措施"), 20),
        ExportColumn(_("推进工作计划"), 30),
        ExportColumn(_("整改效果评定和确认"), 28),
        ExportColumn(_("状态"), 9),
        ExportColumn(_("相关工班"), 10),
        ExportColumn(_("负责人"), 8),
        ExportColumn(_("相关问题类型"), 20),
        ExportColumn(_("生效日"), 12),
        ExportColumn(_("提出人"), 12),
        ExportColumn(_("提出时间"), 19, "datetime"),
    ]


def _rows(projects: Iterable[ImprovementProject]) -> Iterator[list[object]]:
    for project in projects:
        yield [
            project.pk,
            project.problem,
            source_in_words(project),
            project.initial_measure,
            project.decided_measure,
            steps_text(project),
            effect_text(project),
            str(project.get_state_display()),
            crew_names(project),
            str(project.responsible),
            _("、").join(str(kind) for kind in project.problem_types.all()),
            f"{project.effective_on:%Y-%m-%d}" if project.effective_on else "",
            str(project.created_by),
            project.created_at,
        ]


def source_in_words(project: ImprovementProject) -> str:
    return " · ".join(filter(None, [project.get_source_display(), project.source_text]))


def steps_text(project: ImprovementProject) -> str:
    """Returns the steps, one per line."""
    return "\n".join(step_line(n, step) for n, step in enumerate(project.steps.all(), start=1))


def crew_names(project: ImprovementProject) -> str:
    return _("、").join(str(crew) for crew in project.crews.all()) or _("全中心")


def step_line(number: int, step: ProjectStep) -> str:
    """Returns content, crew and person, due day and completion of a step."""
    who = " ".join(str(one) for one in (step.crew, step.who) if one)
    done = _("完成 %(day)s") % {"day": step.done_on} if step.done_on else _("未完成")
    if step.done_on and step.reported_on and step.reported_on > step.due_on >= step.done_on:
        done += " " + _("逾期报告 %(day)s") % {"day": step.reported_on}
    words = _(",").join([who or "–", f"{_('期限')} {step.due_on}", done])
    return f"{number}. {step.what}" + _("(%(name)s)") % {"name": words}


def effect_text(project: ImprovementProject) -> str:
    """Returns the evaluation, the numbers, and the people who evaluated and confirmed."""
    effect = effect_from_json(project.effect_numbers)
    lines = [project.effect]
    if effect is not None:
        lines.append(
            _("生效前 %(before)s,生效后 %(after)s(各 %(days)d 天)。%(sentence)s")
            % {
                "before": f"{effect.before.hits}/{effect.before.rated}",
                "after": f"{effect.after.hits}/{effect.after.rated}",
                "days": effect.windows.days,
                "sentence": effect_sentence(effect),
            }
        )
    if project.evaluated_by and project.evaluated_at:
        lines.append(f"{_('评定')}{_(':')}{project.evaluated_by} {format_iso_day(project.evaluated_at)}")
    if project.confirmed_by and project.confirmed_at:
        lines.append(f"{_('确认')}{_(':')}{project.confirmed_by} {format_iso_day(project.confirmed_at)}")
    if project.cancelled_reason:
        lines.append(f"{_('取消原因')}{_(':')}{project.cancelled_reason}")
    return "\n".join(filter(None, lines))
