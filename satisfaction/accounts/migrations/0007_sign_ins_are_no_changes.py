"""Marks history rows that a sign-in wrote: they changed nothing, and the audit trail skips them."""

from django.db import migrations

SIGN_IN = "sign-in"
BATCH = 500
OWN = {"history_id", "history_date", "history_type", "history_change_reason", "history_user"}


def mark_sign_ins(apps, schema_editor):
    """Marks rows equal to the row before, without author or by the person: only a sign-in writes those."""
    history = apps.get_model("accounts", "HistoricalUser")
    names = [field.attname for field in history._meta.concrete_fields if field.name not in OWN]
    found, last = [], None
    for row in history.objects.order_by("id", "history_date", "history_id").iterator(chunk_size=2_000):
        values = [getattr(row, name) for name in names]
        is_own = row.history_user_id in (None, row.id)
        if row.history_type == "~" and is_own and not row.history_change_reason and values == last:
            found.append(row.pk)
        last = values
    for start in range(0, len(found), BATCH):
        history.objects.filter(pk__in=found[start : start + BATCH]).update(history_change_reason=SIGN_IN)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_role_grants")]

    operations = [migrations.RunPython(mark_sign_ins, migrations.RunPython.noop)]
