"""One at a time, by name, until the transaction ends; and the time once a lock is held."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

LONGEST_WAIT = timedelta(minutes=2)


def hold(name: str) -> None:
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
    return clock if timedelta() <= clock - now <= LONGEST_WAIT else now
