"""Proposals that are named after a reporter: their keys follow the keyed hashes of phones."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from improvement.meetings.proposal_keys import renew_proposal_keys


def renew(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    alias = schema_editor.connection.alias
    renew_proposal_keys(
        apps.get_model("improvement", "AgendaItem")._base_manager.using(alias).all(),
        apps.get_model("workorders", "WorkOrder")._base_manager.using(alias).all(),
    )


class Migration(migrations.Migration):
    dependencies = [("improvement", "0009_days_go_with_states"), ("workorders", "0012_encrypt_phones")]
    operations = [migrations.RunPython(renew, migrations.RunPython.noop, elidable=True)]
