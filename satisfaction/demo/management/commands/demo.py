"""`manage.py demo`: loads the demonstration centre of today (docs/contract.md)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from satisfaction.core.commands import CommandResult, ContractCommand
from satisfaction.demo.build import LoadResult, load_demonstration


class Command(ContractCommand):
    help = _("载入今天的演示数据;数据库里有其他数据时拒绝")

    def contract_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", action="store_true", help=_("清除演示中录入的内容,按今天重新载入"))

    def perform(self, *, reset: bool, **options: Any) -> CommandResult:
        loaded = load_demonstration(now=timezone.now(), is_reset=reset)
        document = {
            "day": loaded.day,
            "orders": loaded.orders,
            "settled": f"{loaded.settled:%Y-%m}",
            "is_new": loaded.is_new,
        }
        return CommandResult(document, summary=" ".join([describe_result(loaded), *sign_in_hint()]))


def describe_result(loaded: LoadResult) -> str:
    values = {"day": loaded.day, "orders": loaded.orders}
    if loaded.is_new:
        return _("已载入 %(day)s 的演示数据:%(orders)d 张工单。") % values
    if loaded.day == timezone.localdate():
        return _("演示数据已在(%(day)s,%(orders)d 张工单),没有改动;重新载入请加 --reset。") % values
    return _("演示数据是 %(day)s 的,已不是今天的样子;按今天重新载入请加 --reset。") % values


def sign_in_hint() -> list[str]:
    """Returns a hint that the accounts, whose password is public, sign in with DEMO=1 only."""
    if settings.DEMO:
        return []
    return [_("演示账号只在 DEMO=1(make run)时可以登录。")]
