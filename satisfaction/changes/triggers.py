"""The triggers that mark a change of a table, in the words of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from secrets import randbits
from typing import NamedTuple
from zlib import crc32

from django.apps import apps
from django.db import connections
from django.db.models import Model

from .models import Change

WATCHED = ("accounts", "calendars", "workorders", "evaluations", "improvement")
"""Labels of the apps whose tables pages are made of; what they keep as history is shown elsewhere."""
MARKS = Change._meta.db_table
PREFIX = "change_mark"
ALL = ("*",)
FUNCTION = f"""
    CREATE OR REPLACE FUNCTION {PREFIX}() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        IF TG_NARGS > 0 THEN
            IF NOT EXISTS (
                SELECT to_jsonb(before) - TG_ARGV FROM before EXCEPT SELECT to_jsonb(after) - TG_ARGV FROM after
            ) THEN
                RETURN NULL;
            END IF;
        END IF;
        INSERT INTO {MARKS} ("table", token) VALUES (TG_TABLE_NAME, floor(random() * 2147483648)::bigint);
        RETURN NULL;
    END $$"""
"""Arguments are columns without which the rows before and after an update are compared.

As sets (some 0.03 ms a row): a join of the two takes the plan of a single row for thousands as well, and never ends.
"""
LAID = {
    "postgresql": f"""
        SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE starts_with(tgname, '{PREFIX}') AND pg_table_is_visible(tgrelid)""",
    "sqlite": f"SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '{PREFIX}%'",
}


class Trigger(NamedTuple):
    """`body` follows its name in the statement that makes it."""

    table: str
    word: str
    body: str

    @property
    def name(self) -> str:
        """Another body, another name."""
        return f"{PREFIX}_{self.word}_{crc32(self.body.encode()):08x}"


def lay(using: str) -> None:
    """Lays what is missing and takes away what is old; other triggers are not touched, their tables not locked.

    A table that had none may have been changed meanwhile: it is marked.
    """
    connection = connections[using]
    found = set(connection.introspection.table_names())
    needed = {one.name: one for one in wanted(connection.vendor) if {one.table, MARKS} <= found}
    with connection.cursor() as cursor:
        cursor.execute(LAID[connection.vendor])
        laid = dict(cursor.fetchall())
        for name in laid.keys() - needed.keys():
            on_table = f' ON "{laid[name]}"' if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {name}{on_table}")
        if needed and connection.vendor == "postgresql":
            cursor.execute(FUNCTION)
        missing = [one for name, one in needed.items() if name not in laid]
        for one in missing:
            cursor.execute(f"CREATE TRIGGER {one.name} {one.body}")
    tables = sorted({one.table for one in missing})
    Change.objects.using(using).bulk_create(Change(table=table, token=randbits(31)) for table in tables)


def wanted(vendor: str) -> Iterator[Trigger]:
    for model in watched():
        yield from WORDS[vendor](model)


def of_postgresql(model: type[Model]) -> Iterator[Trigger]:
    """None names a column (`UPDATE OF`, `WHEN`): of such a column no migration could alter the type."""
    table, never = model._meta.db_table, ", ".join(f"'{column}'" for column in columns(model, never=True))
    end = f"FOR EACH STATEMENT EXECUTE FUNCTION {PREFIX}"
    write = "INSERT OR DELETE OR TRUNCATE" if never else "INSERT OR DELETE OR TRUNCATE OR UPDATE"
    yield Trigger(table, "write", f'AFTER {write} ON "{table}" {end}()')
    if never:
        both = "REFERENCING OLD TABLE AS before NEW TABLE AS after"
        yield Trigger(table, "update", f'AFTER UPDATE ON "{table}" {both} {end}({never})')


def of_sqlite(model: type[Model]) -> Iterator[Trigger]:
    table, shown = model._meta.db_table, ", ".join(f'"{column}"' for column in columns(model, never=False))
    for event in ("INSERT", f"UPDATE OF {shown}", "DELETE"):
        body = f"""AFTER {event} ON "{table}" BEGIN
            DELETE FROM {MARKS} WHERE "table" = '{table}';
            INSERT INTO {MARKS} ("table", token) VALUES ('{table}', random() & 2147483647);
        END"""
        yield Trigger(table, event.split()[0].lower(), body)


WORDS: dict[str, Callable[[type[Model]], Iterator[Trigger]]] = {
    "postgresql": of_postgresql,
    "sqlite": of_sqlite,
}


def columns(model: type[Model], *, never: bool) -> list[str]:
    """Columns whose change may show, or those that the model names in `never_shown`."""
    names = never_shown(model)
    fields = [field for field in model._meta.concrete_fields if (field.name in names) == never]
    return [field.column for field in fields if field.column]


def watched() -> list[type[Model]]:
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in WATCHED and model._meta.managed and not is_history(model)
        if never_shown(model) != ALL
    ]


def never_shown(model: type[Model]) -> tuple[str, ...]:
    """Fields that stand on no page that is kept; ALL: the whole table."""
    return getattr(model, "never_shown", ())


def is_history(model: type[Model]) -> bool:
    return any(field.name in ("history_id", "m2m_history_id") for field in model._meta.fields)
