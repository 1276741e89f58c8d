"""Rewriting rows with encrypted fields: in migrations and after a change of keys."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

BATCH_SIZE = 500


def rewrite_rows(
    rows: models.QuerySet[Any],
    fields: Sequence[str],
    *,
    derive: Callable[[Any], object] = lambda row: None,
    batch_size: int = BATCH_SIZE,
) -> int:
    """Writes `fields` of all rows again, encrypted with the first key; returns the number of rows.

    `derive` sets computed fields of a row; they must be listed in `fields`. Each batch is locked and is a
    transaction of its own.
    """
    count, last = 0, None
    while True:
        with transaction.atomic(using=rows.db):
            found = rows.select_for_update(of=("self",)).order_by("pk")
            batch = list((found if last is None else found.filter(pk__gt=last))[:batch_size])
            if not batch:
                return count
            for row in batch:
                derive(row)
            rows.model._base_manager.using(rows.db).bulk_update(batch, fields)
        last, count = batch[-1].pk, count + len(batch)


def write_unencrypted(
    connection: BaseDatabaseWrapper, rows: models.QuerySet[Any], columns: dict[str, Callable[[Any], Any]]
) -> None:
    """Writes unencrypted values with SQL, bypassing the fields: for the reverse of a migration.

    `columns`: column name → function that returns the database value for a row.
    """
    quote = connection.ops.quote_name
    sets = ", ".join(f"{quote(name)} = %s" for name in columns)
    meta = rows.model._meta
    assert meta.pk
    statement = f"UPDATE {quote(meta.db_table)} SET {sets} WHERE {quote(meta.pk.column)} = %s"
    last = None
    while batch := list((rows if last is None else rows.filter(pk__gt=last)).order_by("pk")[:BATCH_SIZE]):
        last = batch[-1].pk
        values = [(*(value(row) for value in columns.values()), row.pk) for row in batch]
        with connection.cursor() as cursor:
            cursor.executemany(statement, values)
