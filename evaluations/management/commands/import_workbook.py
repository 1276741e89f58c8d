"""`manage.py import_workbook FILE`: imports a daily fault workbook (domain §11)."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from evaluations.workbook.import_ import import_workbook
from evaluations.workbook.imported import Imported, WorkbookRowError, document
from evaluations.workbook.tasks import catch_up_soon
from satisfaction.core.commands import CommandResult, ContractCommand, existing_file

MAX_LISTED = 20


class Command(ContractCommand):
    help = "导入每日故障统计工作簿(.xlsx .xls .csv .csv.gz) / take in a daily fault workbook"

    def contract_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE")
        parser.add_argument(
            "--create-people",
            action="store_true",
            help=_("建立文件中未知的工班、维修人和测评人(测评人为停用账号)"),
        )
        parser.add_argument("--dry-run", action="store_true", help=_("只检查,不保存"))

    def perform(self, *, file: str, create_people: bool, dry_run: bool, **options: Any) -> CommandResult:
        path = existing_file(file)
        imported = import_workbook(
            path,
            filename=path.name,
            now=timezone.now(),
            create_people=create_people,
            dry_run=dry_run,
            progress=self.bar,
        )
        if not dry_run and not settings.EMBEDDED_WORKER:
            # An embedded worker runs in another process; its beat picks the work up within five minutes.
            catch_up_soon()
        return CommandResult(
            document(imported), in_part=bool(imported.rejected), summary=import_summary(imported)
        )

    def bar(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{done} / {total}", lambda line: line, ending="\n" if done == total else "")


def import_summary(imported: Imported) -> str:
    """Returns the counts and the first rejected rows; the workbook named at the end contains all of them."""
    lines = [
        _(
            "%(rows)s 行:新建 %(created)s,更新 %(updated)s,无变化 %(unchanged)s,拒绝 %(rejected)s;"
            "其中资料不全 %(incomplete)s。"
        )
        % vars(imported)
    ]
    if imported.near_identical:
        lines.append(_("近似工单 %(n)d 张,请核对是否把一次维修拆成了几张。") % {"n": imported.near_identical})
    if imported.unknown_columns:
        lines.append(_("未识别的列:%(columns)s") % {"columns": _("、").join(imported.unknown_columns)})
    if imported.left_out:
        named = [_("第 %(row)s 行“%(value)s”") % vars(row) for row in imported.left_out[:MAX_LISTED]]
        lines.append(_("不是工单、没有导入的行:%(rows)s") % {"rows": _("、").join(named)})
    lines += sheet_lines(imported)
    lines += [error_line(error) for error in imported.errors[:MAX_LISTED]]
    if imported.rejected_file:
        lines.append(_("拒绝的行:%(file)s") % {"file": imported.rejected_file})
    return "\n".join(lines)


def sheet_lines(imported: Imported) -> list[str]:
    """Returns the sheets read and not read, when there are several, and the number of hidden rows."""
    read = [_("“%(name)s”(%(rows)d 行)") % vars(sheet) for sheet in imported.sheets if sheet.read]
    unread = [f"“{sheet.name}”" for sheet in imported.sheets if not sheet.read]
    lines = []
    if len(read) > 1 or unread:
        lines.append(_("读取的表:%(sheets)s") % {"sheets": _("、").join(read)})
    if unread:
        lines.append(
            _("没有读的表(隐藏、没有表头或是本系统导出的附表):%(sheets)s") % {"sheets": _("、").join(unread)}
        )
    if imported.hidden_rows:
        lines.append(_("其中 %(rows)d 行在文件中是隐藏的(如筛选),也已读取") % {"rows": imported.hidden_rows})
    return lines


def error_line(error: WorkbookRowError) -> str:
    if error.sheet:
        return _("表“%(sheet)s”第 %(row)s 行 %(column)s“%(value)s”:%(message)s") % vars(error)
    return _("第 %(row)s 行 %(column)s“%(value)s”:%(message)s") % vars(error)
