"""Numbers of the do-not-call list in their normal form."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from workorders.phones import phone_key, written


def write_normal_form(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Of two entries in force for one number, as two spellings once were, the later keeps its old key."""
    entries = apps.get_model("evaluations", "DoNotCall").objects
    for entry in entries.order_by("pk"):
        key = phone_key(entry.phone)
        if not key:
            continue
        others = entries.filter(phone_key=key, ended_at__isnull=True).exclude(pk=entry.pk)
        if entry.ended_at is None and others.exists():
            continue
        entries.filter(pk=entry.pk).update(phone=written(entry.phone), phone_key=key)


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0008_settled_shares"), ("workorders", "0008_phones_in_normal_form")]
    operations = [migrations.RunPython(write_normal_form, migrations.RunPython.noop, elidable=True)]
