"""Phones in their normal form, with the keys of the first two numbers.

What nobody can dial stays as it is: emptying it would take the order out of the evaluation afterwards.
"""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from workorders.phones import phone_keys, written

AT_ONCE = 500
FIELDS = ["reporter_phone", "reporter_phone_key", "reporter_other_key", "imported"]


def write_normal_form(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    orders = apps.get_model("workorders", "WorkOrder").objects
    last = 0
    while batch := list(orders.filter(pk__gt=last).only(*FIELDS).order_by("pk")[:AT_ONCE]):
        last = batch[-1].pk
        orders.bulk_update([order for order in batch if _rewrite(order)], FIELDS)


def _rewrite(order) -> bool:
    before = [getattr(order, name) for name in FIELDS]
    said = order.imported.get("reporter_phone", "")
    if written(said) not in ("", said):
        order.imported = order.imported | {"reporter_phone": written(said)}
    if normal := written(order.reporter_phone):
        order.reporter_phone = normal
        order.reporter_phone_key, order.reporter_other_key = phone_keys(normal)
    return before != [getattr(order, name) for name in FIELDS]


class Migration(migrations.Migration):
    dependencies = [("workorders", "0007_other_phone")]
    operations = [migrations.RunPython(write_normal_form, migrations.RunPython.noop, elidable=True)]
