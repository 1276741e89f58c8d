"""`manage.py assignments --month YYYY-MM --output FILE.csv`: the register of the draw, as drawn (domain §5.7)."""

import csv
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from evaluations.draw.register import RegisterRow, register_rows
from satisfaction.audit.actions import record_event
from satisfaction.audit.enums import AuditKind
from satisfaction.calendars.days import parse_month
from satisfaction.core.commands import CommandResult, ContractCommand
from satisfaction.core.errors import Refused


class Command(ContractCommand):
    help = "抽取登记册 / the register of the draw as CSV"

    def contract_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--month", required=True, help="YYYY-MM")
        parser.add_argument("--output", required=True, help="FILE.csv")

    def perform(self, *, month: str, output: str, **options: Any) -> CommandResult:
        first = parse_month(month)
        try:
            with Path(output).open("w", encoding="utf-8", newline="") as file:
                rows = write_register(register_rows(first), csv.writer(file, lineterminator="\n"))
        except OSError as error:
            raise Refused(
                _("无法写入 %(file)s(%(why)s),请换一个路径。") % {"file": output, "why": error.strerror}
            ) from error
        record_event(
            AuditKind.EXPORTED, by=None, at=timezone.now(), about=Path(output).name, details={"rows": rows}
        )
        return CommandResult(
            {"month": month, "rows": rows, "output": output},
            summary=_("%(file)s:%(rows)s 行。") % {"file": output, "rows": rows},
        )


def write_register(rows: Iterable[RegisterRow], writer: Any) -> int:
    """Writes header and rows. Returns the number of rows."""
    writer.writerow(RegisterRow._fields)
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    return count
