"""What a page shows may be kept until something changes: the database itself says that something did."""

from __future__ import annotations

from django.db import models


class Change(models.Model):
    """A table was changed: written by the table's triggers inside the same transaction, whoever writes it.

    On PostgreSQL a row for each statement, so that nobody waits for anybody; `merge` adds them up. On SQLite,
    which has one writer, a row for each table. `token` is random: the sum of a table's tokens tells its states
    apart, also one that was rolled back.
    """

    table = models.CharField(max_length=63)
    token = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["table"], name="change_table")]

    def __str__(self) -> str:
        return f"{self.table} {self.token}"
