"""gunicorn settings and hooks, shared by `serve` and deploy/gunicorn.conf.py."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from gunicorn.glogging import Logger

from . import embedded
from .core.errors import Refused
from .environment import refuse


class PropagatingLogger(Logger):
    """Passes gunicorn's log records to the root logger."""

    def setup(self, cfg: Any) -> None:
        self.error_log.propagate = True
        self.error_log.handlers.clear()


def gunicorn_options() -> dict[str, Any]:
    """Returns gunicorn's settings; BIND, WEB_CONCURRENCY and WEB_THREADS come from the environment."""
    return {
        "bind": settings.WEB_BIND,
        "workers": settings.WEB_CONCURRENCY,
        "worker_class": "gthread",
        "threads": settings.WEB_THREADS,
        "timeout": 60,
        "graceful_timeout": 10,
        "keepalive": 5,
        "max_requests": 0 if settings.EMBEDDED_WORKER else 10_000,
        "max_requests_jitter": 1_000,
        "logger_class": PropagatingLogger,
        "control_socket_disable": True,
        "post_worker_init": post_worker_init,
    }


def claim_embedded_worker() -> None:
    """Ends the program if another process runs worker and beat without Redis; call it before forking."""
    if not settings.EMBEDDED_WORKER:
        return
    try:
        embedded.acquire_process_lock(processes=settings.WEB_CONCURRENCY)
    except Refused as refusal:
        refuse(str(refusal))


def post_worker_init(worker: Any) -> None:
    """Starts worker and beat in the web process after the fork, if there is no Redis."""
    if settings.EMBEDDED_WORKER:
        embedded.start_threads()


def set_up_django() -> None:
    """Sets up Django for a program other than manage.py."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "satisfaction.settings")
    sys.path.insert(0, str(Path.cwd()))
    django.setup()
