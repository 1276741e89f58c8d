"""The base of every command in docs/contract.md: `--json`, exit codes, one sentence when refused.

    class Command(ContractCommand):
        help = _("…")

        def contract_arguments(self, parser):
            parser.add_argument("day", help=_("日期 YYYY-MM-DD"))

        def perform(self, *, day: str, **options) -> CommandResult:
            result = …(parse_day(day))          # Refused is caught here: one sentence, exit code 2
            return Outcome({"day": …}, in_part=bool(result.left), summary=_("…"))

Arguments are text and are parsed in `perform`: a wrong one is refused with our sentence, not argparse's.
"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, NoReturn

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.translation import gettext as _

from satisfaction.environment import refuse

from .errors import Refused, is_busy

DONE, DONE_IN_PART, REFUSED = 0, 1, 2


@dataclass(frozen=True)
class CommandResult:
    """The output of a command.

    `document` is printed with `--json` (keys as in docs/contract.md), `summary` without.
    `in_part`: some work was left undone; the document names it (exit code 1).
    """

    document: dict[str, Any] = field(default_factory=dict)
    in_part: bool = False
    summary: str = ""


def json_default(value: object) -> str:
    """Formats days as YYYY-MM-DD for `json.dumps`. Non-integer numbers must already be strings."""
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a contract document")


class ContractCommand(BaseCommand):
    """Exit codes: 0 done, 1 done in part, 2 refused (including wrong arguments).

    JSON is the only standard output.

    Called from Python, `call_command` raises SystemExit(1) after a partial result and CommandError
    (returncode 2) when refused. Any other exception is a defect and is not caught.
    """

    _called_from_command_line: bool  # Django's, not in its stubs

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.contract_arguments(parser)
        parser.add_argument("--json", action="store_true", help=_("只在标准输出打印一个 JSON 文档"))

    def contract_arguments(self, parser: ArgumentParser) -> None:
        """Adds the command's own arguments, as text."""

    def perform(self, *args: Any, **options: Any) -> CommandResult:
        """Each command names the options that it takes."""
        raise NotImplementedError

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcome = self.perform(**options)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=REFUSED) from refusal
        except DatabaseError as error:
            refuse_unavailable(error)
            refuse_unmigrated(error)
            raise
        if options["json"]:
            self.stdout.write(json.dumps(outcome.document, ensure_ascii=False, default=json_default))
        elif outcome.summary:
            self.stdout.write(outcome.summary)
        if outcome.in_part:
            raise SystemExit(DONE_IN_PART)

    def progress(self, text: str) -> None:
        """Writes progress to standard error, never to standard output."""
        self.stderr.write(text, lambda line: line)

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except CommandError as error:
            if not self._called_from_command_line:
                raise
            self.refuse(str(error))

    def refuse(self, sentence: str) -> NoReturn:
        self.stderr.write(sentence)
        raise SystemExit(REFUSED)

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> Any:
        parser = super().create_parser(prog_name, subcommand, **kwargs)
        parser.error = self.refuse_arguments  # type: ignore[method-assign]
        return parser

    def refuse_arguments(self, message: str) -> NoReturn:
        sentence = _("参数有误(%(message)s);用 --help 查看用法。") % {"message": message}
        if self._called_from_command_line:
            self.refuse(sentence)
        raise CommandError(sentence, returncode=REFUSED)


def refuse_unavailable(error: DatabaseError) -> None:
    """Raises CommandError if the database is down or was locked for too long: the operator can fix that."""
    if is_busy(error) or is_database_down():
        why = str(error).partition("\n")[0]
        sentence = _("数据库连接不上或正忙(%(why)s):请检查 DATABASE_URL,稍后再试。") % {"why": why}
        raise CommandError(sentence, returncode=REFUSED) from error


def is_database_down() -> bool:
    if connection.in_atomic_block:  # opened by a Python caller: reconnecting would lose its work
        return False
    try:
        connection.close_if_unusable_or_obsolete()
        connection.ensure_connection()
    except OperationalError:
        return True
    return False


def refuse_unmigrated(error: DatabaseError) -> None:
    """Raises CommandError if migrations are missing; the caller raises any other error again."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        sentence = _("数据库还没有建好或不是最新的:请先运行 manage.py migrate。")
        raise CommandError(sentence, returncode=REFUSED) from error


def refuse_unreachable() -> None:
    """Ends any command of manage.py with one sentence if the database cannot be reached."""
    try:
        connection.ensure_connection()
    except OperationalError as error:
        why = next(iter(str(error).splitlines()), "")
        refuse(_("连接不上数据库(%(why)s):请检查 DATABASE_URL,并确认数据库已启动。") % {"why": why})


def existing_file(name: str) -> Path:
    """Returns the path of a readable file. Raises Refused if there is none."""
    path = Path(name)
    try:
        if path.is_dir():
            raise Refused(_("“%(name)s”是一个目录,请写出文件名。") % {"name": name})
        if not path.is_file():
            raise Refused(_("找不到文件“%(name)s”,请检查路径。") % {"name": name})
        path.open("rb").close()
    except OSError as error:  # no permission, a name too long for any file
        raise _unusable(name, error) from None
    return path


def output_file(name: str) -> Path:
    """Returns the path of a file to write. Raises Refused for a directory or a missing folder."""
    path = Path(name)
    try:
        if not path.name or path.is_dir():
            raise Refused(_("“%(name)s”是一个目录,请写出文件名。") % {"name": name})
        if not path.parent.is_dir():
            raise Refused(_("没有目录“%(name)s”,请先建立或换一个路径。") % {"name": path.parent})
    except OSError as error:
        raise _unusable(name, error) from None
    return path


def _unusable(name: str, error: OSError) -> Refused:
    why = error.strerror or error
    return Refused(_("“%(name)s”用不了(%(why)s),请检查路径和权限。") % {"name": name, "why": why})
