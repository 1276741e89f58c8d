"""Without Redis: Celery's worker and beat as threads of the web process.

The queue is in the memory of that process, so there must be exactly one: a lock file beside the database
enforces it. Acquire the lock before a fork and start the threads after it, since threads do not survive a
fork.
"""

from __future__ import annotations

import fcntl
import threading
import time
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from celery.beat import EmbeddedService
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from satisfaction.core.errors import Refused

from .celery import app

THREADS = 2
_lock_files: list[IO[str]] = []
_threads: list[threading.Thread] = []
started_at: float | None = None


def lock_path(database: Mapping[str, Any]) -> Path:
    """Returns a path beside an SQLite file, or in `var/` for a database on a server."""
    if "sqlite" in database["ENGINE"]:
        return Path(f"{database['NAME']}.lock")
    place = "/".join(str(database.get(key, "")) for key in ("HOST", "PORT", "NAME"))
    return settings.VAR_DIR / f"embedded-{sha256(place.encode()).hexdigest()[:12]}.lock"


def acquire_process_lock(*, processes: int = 1, path: Path | None = None) -> None:
    """Reserves worker and beat of this database for this process.

    The lock lasts until the process and its forks have ended. Raises Refused if more than one web process is
    configured or another one runs.
    """
    if processes != 1:
        raise Refused(
            _(
                "没有 REDIS_URL 时后台任务在网页进程内运行,只能有一个网页进程(现为 %(n)d 个)。"
                "请设置 REDIS_URL,或把 WEB_CONCURRENCY 设为 1。"
            )
            % {"n": processes}
        )
    path = path or lock_path(settings.DATABASES["default"])
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise Refused(
            _("本系统已在运行:没有 REDIS_URL 时一个数据库只能有一个网页进程。请先停止另一个。")
        ) from None
    _lock_files.append(file)


def start_threads() -> None:
    """Starts worker and beat once in a process; requeues jobs that an earlier process left running."""
    from satisfaction.jobs.actions import release_abandoned  # noqa: PLC0415 - its models are loaded only now

    global started_at
    if started_at is not None:
        return
    started_at = time.monotonic()
    release_abandoned(before=timezone.now())
    worker = app.WorkController(
        pool="threads",
        concurrency=THREADS,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    # In memory only: a killed process may leave a broken schedule file, and each start sends all tasks.
    beat = EmbeddedService(app, thread=True, scheduler_cls="celery.beat:Scheduler")
    _threads.extend([threading.Thread(target=worker.start, name="worker", daemon=True), beat])
    for thread in _threads:
        thread.start()


def is_running() -> bool:
    """Whether both threads are alive in this process."""
    return bool(_threads) and all(thread.is_alive() for thread in _threads)
