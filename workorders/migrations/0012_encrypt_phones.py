"""Encrypts the phones that are stored already; the reverse decrypts them."""

import json
from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from satisfaction.core.encrypted_rows import rewrite_rows, write_unencrypted
from workorders.phones import phone_keys, phones

KEYS = ["reporter_phone_key", "reporter_other_key"]


def encrypt(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name, more in (("WorkOrder", ["imported"]), ("HistoricalWorkOrder", [])):
        rows = apps.get_model("workorders", name)._base_manager.using(schema_editor.connection.alias).all()
        rewrite_rows(rows, ["reporter_phone", *KEYS, *more], derive=derive_keys)

    changes = apps.get_model("workorders", "PendingChange")._base_manager.using(
        schema_editor.connection.alias
    )
    rewrite_rows(changes.all(), ["said"])


def derive_keys(row) -> None:
    row.reporter_phone_key, row.reporter_other_key = phone_keys(row.reporter_phone)


def decrypt(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name in ("WorkOrder", "HistoricalWorkOrder"):
        model = apps.get_model("workorders", name)
        columns = {
            "reporter_phone": lambda row: row.reporter_phone,
            "reporter_phone_key": lambda row: plain_key(row, 0),
            "reporter_other_key": lambda row: plain_key(row, 1),
        }
        if name == "WorkOrder":
            columns["imported"] = lambda row: json.dumps(row.imported, ensure_ascii=False)
        rows = model._base_manager.using(schema_editor.connection.alias).all()
        write_unencrypted(schema_editor.connection, rows, columns)

    changes = apps.get_model("workorders", "PendingChange")._base_manager.using(
        schema_editor.connection.alias
    )
    said = {"said": lambda row: json.dumps(row.said, ensure_ascii=False)}
    write_unencrypted(schema_editor.connection, changes.all(), said)


def plain_key(row, place: int) -> str:
    found = [str(phone).replace("转", "#") for phone in phones(row.reporter_phone)]
    return found[place] if place < len(found) else ""


class Migration(migrations.Migration):
    atomic = False  # batch by batch
    dependencies = [("workorders", "0011_encrypted_phones")]
    operations = [migrations.RunPython(encrypt, decrypt, elidable=True)]
