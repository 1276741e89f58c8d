"""`manage.py catch_up [--now "YYYY-MM-DD HH:MM"]`: everything due and not done, oldest first."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from evaluations.guards import policy_of_month
from satisfaction.calendars.days import first_of_month, local_day
from satisfaction.core.commands import CommandResult, ContractCommand
from satisfaction.core.errors import Refused
from satisfaction.scheduler.catch_up import catch_up


class Command(ContractCommand):
    help = "补做一切到期未做的工作 / everything due and not done"

    def contract_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--now", help="YYYY-MM-DD HH:MM")

    def perform(self, *, now: str | None, **options: Any) -> CommandResult:
        at = parse_now(now)
        # Before the first step: without tables or a policy no step can succeed, and one sentence says so.
        policy_of_month(first_of_month(local_day(at)))
        result = catch_up(now=at)
        for step, error in result.failed:
            self.progress(_("步骤 %(step)s 失败,下次再做:%(error)s") % {"step": step, "error": error})
        document = {"done": [{"what": done.what, "period": done.period} for done in result.done]}
        summary = "\n".join(f"{done.what} {done.period}" for done in result.done) or _("没有到期的工作。")
        return CommandResult(document, in_part=bool(result.failed), summary=summary)


def parse_now(text: str | None) -> datetime:
    """Parses a local time. Raises Refused if it is unreadable or in the future."""
    clock = timezone.now()
    if text is None:
        return clock
    try:
        now = timezone.make_aware(datetime.strptime(text, "%Y-%m-%d %H:%M"))
    except ValueError:
        raise Refused(_("“%(text)s”不是时间,请写成 YYYY-MM-DD HH:MM。") % {"text": text}) from None
    if now > clock:
        raise Refused(_("%(text)s 还没有到,不能用将来的时间补做。") % {"text": text})
    return now
