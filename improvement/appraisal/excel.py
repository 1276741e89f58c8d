"""The annual appraisal as an Excel workbook: technicians, crews, awards."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from typing import BinaryIO

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from evaluations.enums import BonusState
from evaluations.models import Award
from satisfaction.core.formats import two_decimals
from satisfaction.sheets.writing import ColumnKind, ExportColumn, ExportSheet, write_workbook

from .report import Appraisal, AppraisalLine


def write_appraisal(target: BinaryIO, appraisal: Appraisal) -> None:
    """Writes the numbers of the page."""
    sheets = [
        year_sheet(_("工班"), appraisal, appraisal.crews, is_technicians=False),
        year_awards_sheet(appraisal),
    ]
    if appraisal.technicians:
        sheets.insert(0, year_sheet(_("维修人"), appraisal, appraisal.technicians, is_technicians=True))
    write_workbook(target, sheets)


def year_sheet(
    title: str, appraisal: Appraisal, lines: list[AppraisalLine], *, is_technicians: bool
) -> ExportSheet:
    who = [ExportColumn(_("工号"), 10), ExportColumn(_("姓名"), 12), ExportColumn(_("工班"), 14)]
    columns = [
        *(who if is_technicians else [ExportColumn(_("工班"), 16)]),
        *month_columns(appraisal),
        *year_columns(),
    ]
    heading = _("%(year)d 年度评优 · %(title)s(只计已结算月份)") % {"year": appraisal.year, "title": title}
    rows = (line_cells(line, is_technicians=is_technicians) for line in lines)
    return ExportSheet(title, columns, rows, heading=heading, frozen_columns=3 if is_technicians else 1)


def month_columns(appraisal: Appraisal) -> Iterator[ExportColumn]:
    for month, is_settled in appraisal.months:
        name = {"month": date_format(month, _("n月"))}
        mark = "" if is_settled else _("(未结算)")
        yield ExportColumn(_("%(month)s得分") % name + mark, 9, "decimal")
        yield ExportColumn(_("%(month)s名次") % name + mark, 7, "integer")


def year_columns() -> list[ExportColumn]:
    """Returns the columns of the whole year; `line_cells` fills them in the same order."""
    names: tuple[tuple[str, int, ColumnKind], ...] = (
        (_("有得分月数"), 9, "integer"),
        (_("平均月得分"), 10, "decimal"),
        (_("应评工单"), 9, "integer"),
        (_("参与工单"), 9, "integer"),
        (_("总分"), 9, "integer"),
        (_("全年平均分"), 10, "decimal"),
        (_("不满意"), 8, "integer"),
        (_("二次报修"), 9, "integer"),
        (_("应做不满意回访"), 11, "integer"),
        (_("已交回访表"), 10, "integer"),
        (_("获奖次数"), 9, "integer"),
        (_("获得加分"), 9, "decimal"),
        (_("已兑现"), 9, "decimal"),
        (_("待通过"), 9, "decimal"),
        (_("未通过"), 9, "decimal"),
        (_("上年兑现计入本年"), 12, "decimal"),
    )
    return [ExportColumn(name, width, kind) for name, width, kind in names]


def line_cells(line: AppraisalLine, *, is_technicians: bool) -> list[object]:
    """Returns one row: name, score and rank of each month, sums of the year."""
    who: list[object] = [line.employee_no, line.name, line.crew] if is_technicians else [line.name]
    months: list[object] = []
    for month in line.cells:
        months += [rounded(month.score), month.rank] if month else [None, None]
    return [
        *who,
        *months,
        len(line.scores),
        rounded(line.average),
        line.orders,
        line.taking_part,
        line.points,
        rounded(line.mean),
        line.dissatisfied,
        line.repeat_repairs,
        line.revisits,
        line.handed_in,
        len(line.awards),
        line.bonus,
        line.credited,
        line.pending,
        line.declined,
        line.counts_now,
    ]


def rounded(number: Fraction | None) -> Decimal | None:
    """Returns the number with two decimals, half up, as on the pages."""
    text = two_decimals(number)
    return Decimal(text) if text is not None else None


def year_awards_sheet(appraisal: Appraisal) -> ExportSheet:
    """Returns awards of the previous year whose bonus counts in this year, then awards of this year."""
    columns = [
        ExportColumn(_("月份"), 10),
        ExportColumn(_("奖项"), 12),
        ExportColumn(_("获奖者"), 20),
        ExportColumn(_("加分"), 8, "decimal"),
        ExportColumn(_("加分状态"), 16),
        ExportColumn(_("计入年度"), 10, "integer"),
        ExportColumn(_("决定日期"), 12, "raw"),
        ExportColumn(_("文号"), 20),
    ]
    awards = [*appraisal.counting, *appraisal.awards]
    return ExportSheet(_("奖项"), columns, (award_cells(award) for award in awards), frozen_columns=1)


def award_cells(award: Award) -> list[object]:
    return [
        f"{award.settlement.month:%Y-%m}",
        award.get_kind_display(),
        str(award.technician or award.crew),
        award.bonus,
        award.get_bonus_state_display(),
        award.credited_in if award.bonus_state == BonusState.CREDITED else None,
        award.decided_on,
        award.reference,
    ]
