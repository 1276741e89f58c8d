"""`manage.py export_workbook DAY [--to DAY] --output FILE.xlsx`: writes the daily fault workbook (domain §11)."""

from argparse import ArgumentParser
from typing import Any
from uuid import uuid4

from django.utils import timezone
from django.utils.translation import gettext as _

from evaluations.workbook.export import COMMAND, export_workbook
from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.calendars.days import parse_day
from satisfaction.core.commands import CommandResult, ContractCommand, output_file
from satisfaction.core.errors import Refused


class Command(ContractCommand):
    help = "导出每日故障统计工作簿 / write the daily fault workbook of one or many days"

    def contract_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("day", help="YYYY-MM-DD")
        parser.add_argument("--to", help="YYYY-MM-DD")
        parser.add_argument("--output", required=True, metavar="FILE.xlsx")

    def perform(self, *, day: str, to: str | None, output: str, **options: Any) -> CommandResult:
        first, path = parse_day(day), output_file(output)
        last = parse_day(to) if to else first
        draft = path.with_name(f".{uuid4().hex}.xlsx")
        try:
            with draft.open("xb") as file:
                orders = export_workbook(file, first=first, last=last, reader=COMMAND, now=timezone.now())
            draft.replace(path)  # atomic: other processes never see a partial file
        except OSError as error:
            raise Refused(
                _("“%(file)s”写不进去(%(why)s),请换一个路径。")
                % {"file": output, "why": error.strerror or error}
            ) from None
        finally:
            draft.unlink(missing_ok=True)
        record_event(
            AuditKind.EXPORTED, by=None, at=timezone.now(), about=path.name, details={"rows": orders}
        )
        return CommandResult(
            {"first": first, "last": last, "orders": orders, "file": output},
            summary=_("%(orders)s 张工单写入 %(file)s。") % {"orders": orders, "file": output},
        )
