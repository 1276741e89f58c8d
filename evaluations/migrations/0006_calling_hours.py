from datetime import date, time

from django.db import migrations, models


def open_the_first_policy(apps, schema_editor):
    first = apps.get_model("evaluations", "EvaluationPolicy").objects.filter(begins_on=date(2000, 1, 1))
    first.update(calling_from=time(0), calling_until=time(23, 59, 59))


class Migration(migrations.Migration):
    """The plan names no calling hours: none are kept until an admin sets them."""

    dependencies = [("evaluations", "0005_desk")]
    operations = [
        migrations.AlterField(
            model_name=model,
            name=name,
            field=models.TimeField(default=default, verbose_name=label),
        )
        for model in ("evaluationpolicy", "historicalevaluationpolicy")
        for name, default, label in (
            ("calling_from", time(0), "拨打时间自"),
            ("calling_until", time(23, 59, 59), "拨打时间至"),
        )
    ] + [migrations.RunPython(open_the_first_policy, migrations.RunPython.noop)]
