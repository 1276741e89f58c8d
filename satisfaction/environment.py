"""Reading settings from the environment; an invalid or missing one ends the program with one sentence."""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

REFUSED = 2
# Commands that start the product or check whether it may start; all others only work on data.
START_COMMANDS = frozenset({"serve", "runserver", "check"})
PATH_PREFIX_MESSAGE = (
    "本系统只能放在域名的根路径下,不能放在子路径下:请在代理中去掉路径前缀,为它单独设一个域名或端口。"
    " / The product runs at the root of a host name only, not under a path: remove the path prefix from the proxy"
    " and use a host name or a port of its own."
)


def refuse(sentence: str) -> NoReturn:
    """Ends the program with one sentence on standard error and exit code 2, without a traceback."""
    sys.stderr.write(sentence + "\n")
    raise SystemExit(REFUSED)


class Environment(environ.Env):
    """Environment variables. An empty one counts as absent; an invalid one ends the program with its name."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        if self.ENVIRON.get(var) == "":
            del self.ENVIRON[var]
        try:
            return super().get_value(var, *args, **kwargs)
        except (ValueError, ImproperlyConfigured) as error:
            refuse(f"环境变量 {var} 无法识别 / cannot read {var}: {error}")

    def database(self, var: str, *, otherwise: Path) -> dict[str, Any]:
        """Returns the database of the URL in `var`, or the SQLite file `otherwise`."""
        url = self.str(var, default="")
        if not url:
            return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(otherwise)}
        scheme, separator, _rest = url.partition("://")
        try:
            if separator and scheme in self.DB_SCHEMES:
                return dict(self.db_url_config(url))
        except ValueError:
            pass  # the port is not a number
        refuse(f"环境变量 {var} 无法识别 / cannot read {var}: postgres://user:password@host:5432/name")


def site_url(url: str) -> str:
    """Returns SITE_URL without trailing slash; refuses an invalid address and a path prefix."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        refuse(f"环境变量 SITE_URL 应为 https://域名 / SITE_URL must be https://name: {url}")
    if parts.path.strip("/") or os.environ.get("SCRIPT_NAME", "").strip("/"):
        refuse(PATH_PREFIX_MESSAGE)
    return f"{parts.scheme}://{parts.netloc}"


def refuse_mail_to_log(config: dict[str, Any], *, is_allowed: bool) -> None:
    """Refuses to print mails to the log, since they hold names and one-time links."""
    if str(config.get("EMAIL_BACKEND", "")).endswith("console.EmailBackend") and not is_allowed:
        refuse(
            "EMAIL_URL=consolemail:// 会把姓名和一次性链接写进日志,只能用于演示:请填写邮件服务器,或留空(不发邮件)。"
            " / EMAIL_URL=consolemail:// writes names and one-time links to the log and is for the demonstration only:"
            " name a mail server, or leave it empty (no mails)."
        )


def demonstration_key(path: Path) -> str:
    """Returns the random key of the demonstration; creates it with mode 600 if there is none."""
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(50))
        # If two processes create it, the first wins and both read its key.
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def secret_key(given: str, *, demonstration: bool, path: Path, argv: list[str]) -> str:
    """Returns the given key, or the key of the demonstration.

    Where the demonstration has run, `manage.py` commands that work on its data use its key as well; the
    product does not start with it outside the demonstration.
    """
    if given:
        return given
    works_on_data = Path(argv[0]).name == "manage.py" and len(argv) > 1 and argv[1] not in START_COMMANDS
    if demonstration or (works_on_data and path.is_file()):
        return demonstration_key(path)
    refuse(
        "缺少 SECRET_KEY:请在环境变量或 .env 中设置一个长随机串(参见 .env.example)。"
        " / SECRET_KEY is missing: set a long random string in the environment or in .env"
        " (see .env.example)."
    )
