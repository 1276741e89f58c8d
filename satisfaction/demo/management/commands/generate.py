"""`manage.py generate`: fills an empty database for load tests (docs/contract.md)."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from satisfaction.core.commands import CommandResult, ContractCommand
from satisfaction.core.errors import Refused
from satisfaction.demo.generate import CentreSize, generate


class Command(ContractCommand):
    help = _("在空数据库里批量生成压力测试数据;数据库里有数据时拒绝")

    def contract_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--orders", required=True, help=_("工单数"))
        parser.add_argument("--days", required=True, help=_("到昨天为止的天数"))
        parser.add_argument("--seed", default="1", help=_("同一个数生成同样的数据"))
        parser.add_argument("--open-share", default="0.05", help=_("已抽取未回访的比例(最近的工单)"))
        parser.add_argument("--open-days", help=_("只有最近几天的工单未回访(代替 --open-share)"))
        parser.add_argument("--technicians", help=_("维修人数;不写则按每天的工单数"))

    def perform(self, *, orders: str, days: str, **options: Any) -> CommandResult:
        begun = time.monotonic()
        shape = CentreSize(
            orders=parse_integer(orders),
            length=parse_integer(days),
            today=timezone.localdate(),
            seed=parse_integer(options["seed"]),
            open_share=parse_share(options["open_share"]),
            open_days=parse_optional(options["open_days"]),
            staff=parse_optional(options["technicians"]),
        )
        made = generate(shape, now=timezone.now(), progress=self.report_progress)
        seconds = f"{time.monotonic() - begun:.2f}"
        document = {
            "orders": made.orders,
            "technicians": made.technicians,
            "crews": made.crews,
            "seconds": seconds,
        }
        return CommandResult(
            document,
            summary=_(
                "已生成 %(orders)d 张工单、%(technicians)d 名维修人、%(crews)d 个工班,用时 %(seconds)s 秒。"
            )
            % document,
        )

    def report_progress(self, day: date, done: int) -> None:
        self.progress(f"{day} {done}")


def parse_integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise Refused(_("“%(text)s”不是整数。") % {"text": text}) from None


def parse_optional(text: str | None) -> int | None:
    return None if text is None else parse_integer(text)


def parse_share(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise Refused(_("“%(text)s”不是数,请写成 0.05 这样的比例。") % {"text": text}) from None
