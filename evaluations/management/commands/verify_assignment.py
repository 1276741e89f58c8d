"""`manage.py verify_assignment DAY`: replays the runs of the day from their stored inputs and seeds (domain §5.5)."""

from argparse import ArgumentParser
from typing import Any

from django.utils.translation import gettext as _

from evaluations.draw.replay import replay_day
from satisfaction.calendars.days import parse_day
from satisfaction.core.commands import CommandResult, ContractCommand


class Command(ContractCommand):
    help = "重放某日的抽取并核对 / replay the draw of a day"

    def contract_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("day", help="YYYY-MM-DD")

    def perform(self, *, day: str, **options: Any) -> CommandResult:
        replay = replay_day(parse_day(day))
        document = {
            "day": replay.day,
            "runs": replay.runs,
            "orders": replay.orders,
            "equal": replay.equal,
            "differing": list(replay.differing),
        }
        summary = _("%(day)s:%(runs)s 次抽取,%(orders)s 张,不一致 %(differing)s 张。") % {
            "day": replay.day,
            "runs": replay.runs,
            "orders": replay.orders,
            "differing": len(replay.differing),
        }
        return CommandResult(document, in_part=not replay.equal, summary=summary)
