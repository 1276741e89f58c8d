"""`manage.py rank_month YYYY-MM`: the ranking of a month; `--settle` settles the month."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from evaluations.enums import MonthState
from evaluations.scores import settle as settling
from evaluations.scores.ranking import rank_month
from satisfaction.calendars import days
from satisfaction.core.commands import CommandResult, ContractCommand


class Command(ContractCommand):
    help = _("某月的排名;--settle 结算该月。")

    def contract_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("month", help=_("月份 YYYY-MM"))
        parser.add_argument("--settle", action="store_true", help=_("结算:此后数字不再改变"))

    def perform(self, *, month: str, settle: bool = False, **options: Any) -> CommandResult:
        first = days.parse_month(month)
        if settle:
            settling.settle(first, by=None, now=timezone.now())
        document = rank_month(first)
        return CommandResult(document, summary=ranking_summary(document))


def ranking_summary(document: dict[str, Any]) -> str:
    """Returns the ranking for the terminal, one line per technician or crew."""
    state = MonthState(document["state"]).label
    lines = [f"{document['month']} {state}"]
    lines += [f"{format_row(row)} {row['employee_no']} {row['name']}" for row in document["technicians"]]
    lines += [f"{format_row(row)} {row['name']}" for row in document["crews"]]
    return "\n".join(lines)


def format_row(row: dict[str, Any]) -> str:
    return f"{row['rank'] or '–':>4} {row['score'] or '–':>8} {row['taking_part']:>5}/{row['orders']}"
