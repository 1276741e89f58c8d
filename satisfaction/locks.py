"""One at a time, by name, until the transaction ends."""

from django.db import connection


def hold(name: str) -> None:
    """Waits for whoever holds `name`; call it first in a transaction and read afterwards.

    On SQLite every transaction is IMMEDIATE (settings): there is only one writer anyway.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])
