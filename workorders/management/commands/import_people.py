"""`import_people FILE [--links FILE.csv] [--json]`: people, roles, crews, crew leads, technicians."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.core.commands import CommandResult, ContractCommand, existing_file, output_file
from workorders.people.import_ import PeopleImport, What, import_people, links_of
from workorders.people.links_csv import LinksFile
from workorders.people.rows import read_people


class Command(ContractCommand):
    help = _("导入人员(.xlsx 或 .csv):用户名、姓名、角色、工班、工号、电话、邮箱")

    def contract_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help=_("人员文件,.xlsx 或 .csv"))
        parser.add_argument(
            "--links", metavar="FILE.csv", help=_("把一次性设置密码的链接写入此文件(72 小时内有效)")
        )

    def perform(self, *, file: str, links: str | None = None, **options: Any) -> CommandResult:
        path = existing_file(file)
        people = read_people(path, filename=path.name)
        target = None if links is None else LinksFile(output_file(links))
        try:
            result = import_people(people, by=None, today=timezone.localdate())
            counts = {what.value: result.count(what) for what in What}
            record_event(AuditKind.IMPORTED, by=None, at=timezone.now(), about=path.name, details=counts)
            if target:
                target.write(links_of(result.usernames, by=None, now=timezone.now()))
        finally:
            if target:
                target.discard()
        return CommandResult(result.document(), in_part=bool(result.errors), summary=summary(result))


def summary(result: PeopleImport) -> str:
    counts = ", ".join(f"{what.label} {result.count(what)}" for what in What)
    lines = [_("%(rows)s 行:%(counts)s") % {"rows": len(result.lines), "counts": counts}]
    lines += [
        _("第 %(row)s 行 %(column)s“%(value)s”:%(message)s")
        % {"row": error.row, "column": error.column, "value": error.value, "message": error.message}
        for error in result.errors
    ]
    return "\n".join(lines)
