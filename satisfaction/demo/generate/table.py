"""Bulk writing of rows of one model in a tenth of the time of `bulk_create`, with the same values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.core.management.color import no_style
from django.db import connection, models

ColumnValues = Mapping[str, Any]
"""Values by attname; other fields get their defaults."""


class BulkTable:
    """Writes rows with consecutive ids; nobody else may write to the table meanwhile."""

    def __init__(self, model: type[models.Model]) -> None:
        self.model = model
        self.fields = list(model._meta.concrete_fields)
        self.names = [field.attname for field in self.fields]
        quote = connection.ops.quote_name
        self.columns = ", ".join(quote(field.column or field.attname) for field in self.fields)
        self.table = quote(model._meta.db_table)
        self.defaults = {field.attname: default_of(field) for field in self.fields}
        # Converters to database values; JSON values are text already.
        self.adapters: dict[type, Callable[[Any], Any]] = {
            datetime: connection.ops.adapt_datetimefield_value,
            date: connection.ops.adapt_datefield_value,
        }
        last = model._default_manager.order_by("pk").values_list("pk", flat=True).last()
        self.next_id = (last or 0) + 1

    def take_id(self) -> int:
        self.next_id += 1
        return self.next_id - 1

    def insert(self, rows: Iterable[ColumnValues]) -> None:
        """Inserts rows with their `id` in one statement."""
        tuples: Any = (self.row(values) for values in rows)
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                with cursor.copy(f"COPY {self.table} ({self.columns}) FROM STDIN") as copy:
                    for one in tuples:
                        copy.write_row(one)
                return
            places = ", ".join(["%s"] * len(self.fields))
            cursor.executemany(f"INSERT INTO {self.table} ({self.columns}) VALUES ({places})", tuples)

    def row(self, values: ColumnValues) -> list[Any]:
        get, defaults, adapters = values.get, self.defaults, self.adapters
        return [
            adapters[type(value)](value) if type(value) in adapters else value
            for value in (get(name, defaults[name]) for name in self.names)
        ]


def default_of(field: models.Field) -> Any:
    default = None if field.primary_key else field.get_default()
    return field.get_db_prep_save(default, connection) if isinstance(field, models.JSONField) else default


def reset_sequences(tables: Iterable[BulkTable]) -> None:
    """Sets the sequences after the highest ids."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [table.model for table in tables]):
            cursor.execute(statement)
