"""One at a time, by name, until the transaction ends; the time once a lock is held; who waits for SQLite's writer."""

import time
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

MAX_WAIT = timedelta(minutes=2)
PAUSE = 0.12
"""Seconds; SQLite's waiting writers ask for the lock every 0.1 s."""


def acquire_lock(name: str) -> None:
    """Waits for whoever holds `name`; call it first in a transaction and read afterwards.

    On SQLite every transaction is IMMEDIATE (settings): there is only one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def after_lock(now: datetime) -> datetime:
    """The time for guards and records, asked after the lock was waited for.

    `now` was read before the wait. What others wrote meanwhile would be later than it, and the records would stand
    in the wrong order. A time that somebody chose (`catch_up --now`, a test) is further from the clock than any wait
    and stays as it is.
    """
    clock = timezone.now()
    return clock if timedelta() <= clock - now <= MAX_WAIT else now


def let_others_write() -> None:
    """Between two transactions of long work: on SQLite those who wait for the write lock get it now."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        time.sleep(PAUSE)
