"""Encrypts stored results, since rejected cells may hold phones. The reverse decrypts them."""

import json

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from satisfaction.core.encrypted_rows import rewrite_rows, write_unencrypted


def encrypt(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    jobs = apps.get_model("jobs", "Job")._base_manager.using(schema_editor.connection.alias)
    rewrite_rows(jobs.filter(result__isnull=False), ["result"])


def decrypt(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    jobs = apps.get_model("jobs", "Job")._base_manager.using(schema_editor.connection.alias)
    columns = {"result": lambda row: json.dumps(row.result, ensure_ascii=False)}
    write_unencrypted(schema_editor.connection, jobs.filter(result__isnull=False), columns)


class Migration(migrations.Migration):
    atomic = False  # batch by batch
    dependencies = [("jobs", "0003_encrypted_phones")]
    operations = [migrations.RunPython(encrypt, decrypt, elidable=True)]
