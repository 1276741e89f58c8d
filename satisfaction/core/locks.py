"""Named locks, the time after waiting for one, and pauses for SQLite's writers."""

import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

MAX_WAIT = timedelta(minutes=2)
PAUSE = 0.12
"""Seconds; SQLite's waiting writers retry every 0.1 s."""


def acquire_lock(name: str) -> None:
    """Waits for the lock `name` and holds it until the transaction ends. Call it first, read afterwards.

    It does nothing on SQLite, where every transaction is IMMEDIATE (settings) and there is one writer only.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def after_lock(now: datetime) -> datetime:
    """Returns the current time for guards and records after waiting for a lock.

    `now` was read before the wait; others may have written later times meanwhile, and records would be in the
    wrong order. A chosen time (`catch_up --now`, a test) differs from the clock by more than any wait and is
    returned as is.
    """
    clock = timezone.now()
    return clock if timedelta() <= clock - now <= MAX_WAIT else now


def let_others_write() -> None:
    """Pauses between two transactions of a long job, so that waiting writers get SQLite's lock."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        time.sleep(PAUSE)
