"""`manage.py reencrypt`: encrypts stored phones again, after a change of FIELD_ENCRYPTION_KEYS."""

from typing import Any

from django.utils.translation import gettext as _

from satisfaction.core.commands import CommandResult, ContractCommand
from satisfaction.scheduler.reencrypt import reencrypt


class Command(ContractCommand):
    help = "用第一个密钥重新加密数据库中的电话 / encrypt stored phones again under the first key"

    def perform(self, **options: Any) -> CommandResult:
        document = reencrypt()
        summary = _("已重新加密 %(rows)d 行。") % {"rows": sum(document.values())}
        return CommandResult(document, in_part=False, summary=summary)
