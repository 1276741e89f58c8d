"""The ranking of a month as a workbook, with the numbers of the page (domain §8, §12)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import BinaryIO

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from evaluations.enums import AwardKind
from satisfaction.core.formats import two_decimals
from satisfaction.sheets.writing import ExportColumn, ExportSheet, write_workbook
from workorders.models import Crew, Technician

from .month import MonthReport
from .month_lines import RankingLine


def write_month(target: BinaryIO, month: MonthReport) -> None:
    """Writes technicians and, if the viewer may see them, crews, orders left out and awards."""
    sheets = [technicians_sheet(month)]
    if month.crews:
        sheets.append(crews_sheet(month))
    if month.sees_totals:
        sheets.append(left_out_sheet(month))
    if month.awards:
        sheets.append(awards_sheet(month))
    write_workbook(target, sheets)


def month_filename(month: MonthReport) -> str:
    return _("月度排名_%(month)s.xlsx") % {"month": f"{month.month:%Y-%m}"}


def sheet_heading(month: MonthReport, title: str) -> str:
    """Returns month, state and formula."""
    state = str(month.state.label)
    if month.settlement:
        state += f" {date_format(localtime(month.settlement.settled_at), 'Y-m-d H:i')}"
    return _("%(month)s %(title)s · %(state)s · 得分 = 平均 + 数量 × %(weight)s") % {
        "month": f"{month.month:%Y-%m}",
        "title": title,
        "state": state,
        "weight": month.weight,
    }


# --- Technicians and crews ------------------------------------------------------------------------


def technicians_sheet(month: MonthReport) -> ExportSheet:
    """Returns the technicians that the viewer may see, by rank."""
    title = pgettext("复数", "维修人")
    columns = [
        ExportColumn(_("名次"), 7, "integer"),
        ExportColumn(_("工号"), 10),
        ExportColumn(_("姓名"), 14),
        ExportColumn(_("工班"), 14),
        *sum_columns(),
        ExportColumn(_("平均"), 9, "decimal"),
        ExportColumn(_("数量分"), 9, "decimal"),
        ExportColumn(_("得分"), 9, "decimal"),
        *rating_columns(),
        *compared_columns(month),
    ]
    rows = (
        [
            line.row["rank"],
            line.row["employee_no"],
            line.row["name"],
            line.row["crew"],
            *sum_cells(line),
            *score_cells(line),
            decimal_cell(line.row["score"]),
            *rating_cells(line),
            *compared_cells(month, line),
        ]
        for line in month.technicians
    )
    return ExportSheet(title, columns, rows, heading=sheet_heading(month, title), frozen_columns=3)


def crews_sheet(month: MonthReport) -> ExportSheet:
    """Returns the crews with both scores; the column heading marks the score that ranks."""
    title = pgettext("复数", "工班")
    ranks = _("(排名依据)")
    columns = [
        ExportColumn(_("名次"), 7, "integer"),
        ExportColumn(_("工班"), 16),
        ExportColumn(_("人数"), 7, "integer"),
        *sum_columns(),
        ExportColumn(_("平均"), 9, "decimal"),
        ExportColumn(_("数量分"), 9, "decimal"),
        ExportColumn(_("人均得分") + (ranks if month.is_per_head else ""), 12, "decimal"),
        ExportColumn(_("按全部工单得分") + ("" if month.is_per_head else ranks), 14, "decimal"),
        *rating_columns(),
        *compared_columns(month),
    ]
    rows = (
        [
            line.row["rank"],
            line.row["name"],
            line.row["technicians"],
            *sum_cells(line),
            *score_cells(line),
            decimal_cell(line.row["score_per_head"]),
            decimal_cell(line.row["score_pooled"]),
            *rating_cells(line),
            *compared_cells(month, line),
        ]
        for line in month.crews
    )
    return ExportSheet(title, columns, rows, heading=sheet_heading(month, title), frozen_columns=2)


def sum_columns() -> list[ExportColumn]:
    names = (_("应评工单"), _("参与工单"), _("自评分"), _("回访分"), _("总分"))
    return [ExportColumn(name, 9, "integer") for name in names]


def sum_cells(line: RankingLine) -> list[object]:
    return [line.row[name] for name in ("orders", "taking_part", "self_points", "callback_points", "points")]


def score_cells(line: RankingLine) -> list[object]:
    """Returns mean and volume; both None when no order took part."""
    if line.score is None:
        return [None, None]
    return [decimal_cell(line.score.mean), decimal_cell(line.score.volume)]


def rating_columns() -> list[ExportColumn]:
    names = (_("满意"), _("基本满意"), _("不满意"), _("二次报修"))
    return [*(ExportColumn(name, 9, "integer") for name in names), ExportColumn(_("名次说明"), 20)]


def rating_cells(line: RankingLine) -> list[object]:
    names = ("satisfied", "basically_satisfied", "dissatisfied", "repeat_repairs")
    return [*(line.row[name] for name in names), "; ".join(map(str, line.why))]


def compared_columns(month: MonthReport) -> list[ExportColumn]:
    """Returns the columns of the compared settlement."""
    if month.compared is None:
        return []
    when = date_format(localtime(month.compared.settled_at), "Y-m-d")
    return [
        ExportColumn(_("%(day)s 结算的名次") % {"day": when}, 12, "integer"),
        ExportColumn(_("%(day)s 结算的得分") % {"day": when}, 12, "decimal"),
    ]


def compared_cells(month: MonthReport, line: RankingLine) -> list[object]:
    if month.compared is None:
        return []
    return [line.before["rank"], decimal_cell(line.before["score"])] if line.before else [None, None]


def decimal_cell(number: Fraction | str | None) -> Decimal | None:
    """Returns the number with two decimals, half up, as on the page."""
    text = two_decimals(number) if isinstance(number, Fraction) else number
    return None if text is None else Decimal(text)


# --- Left out, awards -----------------------------------------------------------------------------


def left_out_sheet(month: MonthReport) -> ExportSheet:
    title = _("未参与的工单")
    columns = [
        ExportColumn(_("工单号"), 20),
        ExportColumn(_("关闭日"), 12),
        ExportColumn(_("工班"), 14),
        ExportColumn(_("维修人"), 16),
        ExportColumn(_("原因"), 30),
    ]
    return ExportSheet(
        title, columns, left_out_rows(month), heading=sheet_heading(month, title), frozen_columns=1
    )


def left_out_rows(month: MonthReport) -> Iterator[list[object]]:
    crews = Crew.objects.in_bulk({row["crew_id"] for row in month.left_out} - {None})
    people = Technician.objects.in_bulk({row["technician_id"] for row in month.left_out} - {None})
    for row in month.left_out:
        crew, technician = crews.get(row["crew_id"]), people.get(row["technician_id"])
        yield [row["number"], row["day"], crew and crew.name, technician and technician.name, str(row["why"])]


def awards_sheet(month: MonthReport) -> ExportSheet:
    """Returns the awards of the settlement in force; a shared first place has no award yet."""
    columns = [
        ExportColumn(_("奖项"), 12),
        ExportColumn(_("获奖者"), 20),
        ExportColumn(_("加分"), 8, "decimal"),
        ExportColumn(_("加分状态"), 18),
        ExportColumn(_("决定日期"), 12, "raw"),
        ExportColumn(_("文号"), 20),
        ExportColumn(_("指定理由"), 40),
    ]
    names = {"star": month.stars, "winning_crew": month.winning_crews}
    rows = (
        [
            award.get_kind_display(),
            "、".join(row["name"] for row in names[kind]),
            award.bonus,
            award.get_bonus_state_display(),
            award.decided_on,
            award.reference,
            award.named_reason,
        ]
        for kind in AwardKind.values
        if (award := month.awards.get(kind))
    )
    return ExportSheet(_("奖项"), columns, rows, heading=sheet_heading(month, _("奖项")), frozen_columns=1)
