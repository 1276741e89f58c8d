"""`manage.py score_day DAY`: computes the daily rows of a day again."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from evaluations.scores.daily import score_day
from satisfaction.calendars import days
from satisfaction.core.commands import CommandResult, ContractCommand


class Command(ContractCommand):
    help = _("(重新)计算某一天的每日得分。")

    def contract_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("day", help=_("日期 YYYY-MM-DD"))

    def perform(self, *, day: str, **options: Any) -> CommandResult:
        done = score_day(days.parse_day(day), now=timezone.now())
        numbers = {
            "day": done.day,
            "technicians": done.technicians,
            "orders": done.orders,
            "taking_part": done.taking_part,
            "points": done.points,
        }
        summary = _(
            "%(day)s:%(technicians)d 名维修人,%(orders)d 张工单,%(taking_part)d 张参与,共 %(points)d 分。"
        )
        return CommandResult(numbers, summary=summary % numbers)
