from collections import defaultdict

import django.db.models.deletion
from django.db import migrations, models

TECHNICIAN, CREW = 3, 4  # where they stand in an order of the snapshot


def split_snapshots(apps, schema_editor):
    settlement = apps.get_model("evaluations", "Settlement")
    share = apps.get_model("evaluations", "SettledShare")
    for pk in list(settlement.objects.order_by("pk").values_list("pk", flat=True)):
        one = settlement.objects.get(pk=pk)
        shares = defaultdict(list)
        for order in one.snapshot.pop("orders", []):
            shares[order[TECHNICIAN], order[CREW]].append(order)
        share.objects.bulk_create(
            (
                share(settlement=one, technician_id=technician, crew_id=crew, orders=orders)
                for (technician, crew), orders in shares.items()
            ),
            batch_size=500,
        )
        one.save(update_fields=["snapshot"])


class Migration(migrations.Migration):
    """A settled month's orders stand by technician and crew: one score is explained without reading all of them."""

    dependencies = [
        ("evaluations", "0007_dissatisfied_since"),
        ("workorders", "0004_closing_index_holds_ids"),
    ]
    operations = [
        migrations.CreateModel(
            name="SettledShare",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("orders", models.JSONField()),
                (
                    "crew",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="workorders.crew"
                    ),
                ),
                (
                    "settlement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shares",
                        to="evaluations.settlement",
                    ),
                ),
                (
                    "technician",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="workorders.technician",
                    ),
                ),
            ],
            options={"verbose_name": "已结算的工单", "verbose_name_plural": "已结算的工单"},
        ),
        migrations.AddConstraint(
            model_name="settledshare",
            constraint=models.UniqueConstraint(
                fields=("settlement", "technician", "crew"), name="settled_share_once_a_settlement"
            ),
        ),
        migrations.RunPython(split_snapshots, migrations.RunPython.noop, elidable=True),
    ]
