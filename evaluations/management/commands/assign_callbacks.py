"""`manage.py assign_callbacks DAY`: draws the orders closed on the day (domain §5)."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from evaluations.draw.run import DayDraw, draw_day
from satisfaction.calendars.days import parse_day
from satisfaction.core.commands import CommandResult, ContractCommand
from satisfaction.core.formats import two_decimals


class Command(ContractCommand):
    help = "抽取某日关闭的工单:约 90 % 由调度、10 % 由管理人员电话回访 / draw the callbacks of a day"

    def contract_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("day", help="YYYY-MM-DD")

    def perform(self, *, day: str, **options: Any) -> CommandResult:
        result = draw_day(parse_day(day), now=timezone.now())
        for crew, owed in result.debts.items():
            self.progress(
                _("%(crew)s:管理人员不在,尚欠管理人员回访 %(owed)s 张。") % {"crew": crew, "owed": owed}
            )
        return CommandResult(
            draw_document(result), in_part=bool(result.unassigned), summary=draw_summary(result)
        )


def draw_document(result: DayDraw) -> dict[str, Any]:
    return {
        "day": result.day,
        "orders": result.orders,
        "assigned": result.assigned,
        "unassigned": result.unassigned,
        "dispatchers": result.dispatchers,
        "managers": result.managers,
        "committed": result.run.is_committed if result.run else None,
        "seed_sha256": result.run.seed.sha256 if result.run else None,
        "worst_crew_deviation": two_decimals(result.worst_crew_deviation),
        "worst_technician_deviation": two_decimals(result.worst_technician_deviation),
    }


def draw_summary(result: DayDraw) -> str:
    return _("%(day)s:应评 %(orders)s 张,本次抽取 %(assigned)s 张,等待回访人 %(unassigned)s 张。") % {
        "day": result.day,
        "orders": result.orders,
        "assigned": result.assigned,
        "unassigned": result.unassigned,
    }
