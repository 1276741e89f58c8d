"""The filtered audit trail as an Excel workbook, for heads and admins (domain §12)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from django.utils.translation import gettext as _

from satisfaction.sheets.writing import ExportColumn, ExportSheet, write_workbook

from .pages import all_entries
from .shapes import TrailQuery
from .wording import format_changes


def write_trail(target: BinaryIO, query: TrailQuery) -> int:
    """Writes all entries of the query and returns how many. Raises Refused if they exceed a sheet."""
    count = 0

    def rows() -> Iterator[list[object]]:
        nonlocal count
        for one in all_entries(query):
            count += 1
            who = one.who or _("系统")
            yield [one.at, who, one.what, one.about, format_changes(one.changes), one.words, one.address]

    columns = [
        ExportColumn(_("时间"), 20, "datetime"),
        ExportColumn(_("人员"), 16),
        ExportColumn(_("操作"), 24),
        ExportColumn(_("对象"), 24),
        ExportColumn(_("变更"), 60, wrap=True),
        ExportColumn(_("说明"), 40, wrap=True),
        ExportColumn(_("来源地址"), 18),
    ]
    write_workbook(target, [ExportSheet(_("操作记录"), columns, rows())])
    return count
