from django.db import migrations, models


class Migration(migrations.Migration):
    """Which ids a month's orders have is read from the index alone."""

    dependencies = [("workorders", "0003_order_duplicates")]
    operations = [
        migrations.RemoveIndex(model_name="workorder", name="order_closed_crew"),
        migrations.AddIndex(
            model_name="workorder",
            index=models.Index(fields=["closed_on", "crew", "id"], name="order_closed_crew"),
        ),
    ]
