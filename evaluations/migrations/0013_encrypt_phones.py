"""Encrypts the phones that are stored already; the reverse decrypts them."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from satisfaction.core.encrypted_rows import rewrite_rows, write_unencrypted
from workorders.phones import phone_key, phones

LISTED = ("DoNotCall", "HistoricalDoNotCall")


def encrypt(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    for name in LISTED:
        rewrite_rows(
            apps.get_model("evaluations", name)._base_manager.using(alias).all(),
            ["phone", "phone_key"],
            derive=derive_key,
        )
    rewrite_rows(apps.get_model("evaluations", "CallbackAttempt")._base_manager.using(alias).all(), ["phone"])


def derive_key(row) -> None:
    """An entry that was a second spelling of a number keeps a key of its own."""
    is_second = row.phone_key != plain_key(row)
    row.phone_key = phone_key(row.phone) if row.phone and not is_second else row.phone_key


def decrypt(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    connection = schema_editor.connection
    for name in LISTED:
        rows = apps.get_model("evaluations", name)._base_manager.using(connection.alias).all()
        write_unencrypted(connection, rows, {"phone": lambda row: row.phone, "phone_key": plain_key})
    attempts = apps.get_model("evaluations", "CallbackAttempt")._base_manager.using(connection.alias).all()
    write_unencrypted(connection, attempts, {"phone": lambda row: row.phone})


def plain_key(row) -> str:
    return next((str(phone).replace("转", "#") for phone in phones(row.phone)), row.phone_key)


class Migration(migrations.Migration):
    atomic = False  # batch by batch
    dependencies = [("evaluations", "0012_encrypted_phones")]
    operations = [migrations.RunPython(encrypt, decrypt, elidable=True)]
