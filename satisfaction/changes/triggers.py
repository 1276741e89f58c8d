"""The triggers that mark a change of a table, in the words of the database."""

from __future__ import annotations

from collections.abc import Iterator
from zlib import crc32

from django.apps import apps
from django.db import connections
from django.db.models import Model

from .models import Change

WATCHED = ("accounts", "calendars", "workorders", "evaluations", "improvement")
"""Labels of the apps whose tables pages are made of; what they keep as history is shown elsewhere."""
MARKS = Change._meta.db_table
PREFIX = "change_mark"
EVENTS = {
    "postgresql": {"write": "INSERT OR DELETE OR TRUNCATE OR UPDATE OF {columns}"},
    "sqlite": {"insert": "INSERT", "update": "UPDATE OF {columns}", "delete": "DELETE"},
}
FUNCTION = f"""
    CREATE OR REPLACE FUNCTION {PREFIX}() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO {MARKS} ("table", token) VALUES (TG_TABLE_NAME, floor(random() * 2147483648)::bigint);
        RETURN NULL;
    END $$"""
TRIGGERS = {
    "postgresql": """
        CREATE TRIGGER {name} AFTER {event} ON "{table}" FOR EACH STATEMENT EXECUTE FUNCTION change_mark()""",
    "sqlite": """
        CREATE TRIGGER {name} AFTER {event} ON "{table}" BEGIN
            DELETE FROM {marks} WHERE "table" = '{table}';
            INSERT INTO {marks} ("table", token) VALUES ('{table}', random() & 2147483647);
        END""",
}
LAID = {
    "postgresql": f"""
        SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
        WHERE starts_with(tgname, '{PREFIX}') AND pg_table_is_visible(tgrelid)""",
    "sqlite": f"SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger' AND name LIKE '{PREFIX}%'",
}


def lay(using: str) -> None:
    """Lays what is missing and takes away what is old; other triggers are not touched, their tables not locked."""
    connection = connections[using]
    found = set(connection.introspection.table_names())
    needed = {one["name"]: one for one in wanted(connection.vendor) if one["table"] in found}
    with connection.cursor() as cursor:
        cursor.execute(LAID[connection.vendor])
        laid = dict(cursor.fetchall())
        for name in laid.keys() - needed.keys():
            on_table = f' ON "{laid[name]}"' if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {name}{on_table}")
        missing = [one for name, one in needed.items() if name not in laid]
        if missing and connection.vendor == "postgresql":
            cursor.execute(FUNCTION)
        for one in missing:
            cursor.execute(TRIGGERS[connection.vendor].format(**one, marks=MARKS))


def wanted(vendor: str) -> Iterator[dict[str, str]]:
    """`name`, `event` and `table` of each trigger; other columns, another name."""
    for model in watched():
        table, columns = model._meta.db_table, ", ".join(f'"{column}"' for column in shown(model))
        for word, event in EVENTS[vendor].items():
            mark = crc32(f"{table} {columns}".encode())
            yield {
                "name": f"{PREFIX}_{word}_{mark:08x}",
                "event": event.format(columns=columns),
                "table": table,
            }


def shown(model: type[Model]) -> list[str]:
    """Columns whose change may show; a model names the others in `never_shown`."""
    never = getattr(model, "never_shown", ())
    return [field.column for field in model._meta.concrete_fields if field.name not in never]


def watched() -> list[type[Model]]:
    return [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.app_label in WATCHED and model._meta.managed and not is_history(model)
    ]


def is_history(model: type[Model]) -> bool:
    return any(field.name in ("history_id", "m2m_history_id") for field in model._meta.fields)
