"""`manage.py unlock USERNAME`: deletes the wrong passwords of a name, which delay the next attempt."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from satisfaction.accounts.models import User
from satisfaction.accounts.sign_in_limits import unlock
from satisfaction.core.commands import CommandResult, ContractCommand
from satisfaction.core.errors import Refused


class Command(ContractCommand):
    help = _("解除一个用户名的登录限制(密码连续输错之后)")

    def contract_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username", metavar="USERNAME", help=_("用户名"))

    def perform(self, *, username: str, **options: Any) -> CommandResult:
        person = User.objects.named(username)
        if person is None:
            raise Refused(_("没有用户名“%(name)s”。") % {"name": username})
        failures = unlock(person.username, by=None, now=timezone.now())
        summary = _("已解除 %(name)s 的登录限制(清除 %(n)d 次失败)。") % {
            "name": person.username,
            "n": failures,
        }
        return CommandResult({"username": person.username, "failures": failures}, summary=summary)
