"""`manage.py serve`: migrates, collects static files, loads the demonstration if wanted, and serves."""

from __future__ import annotations

import socket
from argparse import ArgumentParser
from functools import partial
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.core.wsgi import get_wsgi_application
from django.db import connections
from django.utils import timezone
from django.utils.translation import gettext as _
from gunicorn.app.base import BaseApplication

from satisfaction import server
from satisfaction.accounts.models import User
from satisfaction.core import static_files
from satisfaction.environment import refuse
from satisfaction.jobs.models import DEMO_HEARTBEAT, Heartbeat


class GunicornServer(BaseApplication):
    """gunicorn in this program, with settings from a dictionary."""

    def __init__(self, options: dict[str, Any]) -> None:
        self.options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return get_wsgi_application()


class Command(BaseCommand):
    help = _("启动本系统:迁移数据库、收集静态文件、提供网页;没有 REDIS_URL 时后台任务也在其中运行")

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--bind", default=settings.WEB_BIND, help=_("地址:端口"))

    def handle(self, *args: Any, **options: Any) -> None:
        bind = options["bind"]
        server.claim_embedded_worker()
        refuse_used_port(bind)
        call_command("migrate", verbosity=0, interactive=False)
        static_files.collect_if_changed()
        notice = self.demonstration() if settings.DEMO else ""
        # Connections do not survive a fork.
        connections.close_all()
        ready = partial(self.ready, bind=bind, notice=notice)
        GunicornServer({**server.gunicorn_options(), "bind": bind, "post_worker_init": ready}).run()

    def demonstration(self) -> str:
        """Loads the demonstration centre into an empty database; returns the notice to print."""
        if not User.objects.exists():
            self.stdout.write(_("正在载入演示数据……"))
            self.stdout.flush()
            call_command("demo", stdout=self.stderr)
        loaded = Heartbeat.objects.filter(name=DEMO_HEARTBEAT).first()
        if loaded is None:
            return _("数据库里已有其他数据,没有载入演示数据。")
        return "\n".join([*account_lines(loaded.detail), *outdated_lines(loaded.detail)])

    def ready(self, worker: Any, *, bind: str, notice: str) -> None:
        """Runs in the web process when it can answer; only the first process prints the notice."""
        server.post_worker_init(worker)
        if worker.age > 1:
            return
        self.stdout.write("")
        self.stdout.write(_("已启动:%(address)s (Ctrl-C 停止)") % {"address": f"http://{bind}"})
        if notice:
            self.stdout.write(notice)
        self.stdout.flush()


def refuse_used_port(bind: str) -> None:
    """Ends the program with one sentence if the port is in use, instead of gunicorn's retries."""
    host, _colon, port = bind.rpartition(":")
    if not port.isdigit():
        return  # a socket file: gunicorn reports its errors
    try:
        family, kind, proto, _name, address = socket.getaddrinfo(
            host.strip("[]"), int(port), type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        refuse(_("无法使用 %(bind)s:%(error)s。请换一个端口(BIND)。") % {"bind": bind, "error": error})


def account_lines(detail: dict[str, Any]) -> list[str]:
    """Returns the demonstration's accounts, one in each line."""
    rows = detail.get("accounts", [])
    if not rows:
        return []
    lines = [f"  {row['username']:<14}{row['password']:<14}{row['what']}" for row in rows]
    return [_("演示账号(用户名、密码、身份):"), *lines]


def outdated_lines(detail: dict[str, Any]) -> list[str]:
    """Returns a warning if the demonstration data is not of today."""
    today = timezone.localdate()
    if detail.get("day") == today.isoformat():
        return []
    return [
        _(
            "演示数据是 %(day)s 的,已不是今天的样子。更新:.venv/bin/python manage.py demo --reset"
            "(会清除演示中录入的内容)"
        )
        % {"day": detail.get("day")}
    ]
