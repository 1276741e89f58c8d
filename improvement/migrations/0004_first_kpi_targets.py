from datetime import date

from django.db import migrations

# key, target, stretch (of the managers' share: the distance allowed), weight; per cent, the mean points in points
TARGETS = [
    ("response", 95, 99, 12),
    ("response_said", 90, 95, 5),
    ("self_done", 100, 100, 8),
    ("self_in_time", 95, 99, 7),
    ("coverage", 98, 100, 10),
    ("manager_share", 10, 1, 3),
    ("contact", 85, 95, 5),
    ("satisfied", 95, 98, 15),
    ("dissatisfied", 4, 2, 10),
    ("repeat", 3, 1.5, 8),
    ("feedback", 95, 99, 7),
    ("revisits", 95, 100, 5),
    ("steps", 90, 100, 2),
    ("points", 18, 19, 3),
]


def write_targets(apps, schema_editor):
    target = apps.get_model("improvement", "KpiTarget")
    for key, at, stretch, weight in TARGETS:
        target.objects.get_or_create(
            key=key, begins_on=date(2000, 1, 1), defaults={"target": at, "stretch": stretch, "weight": weight}
        )


class Migration(migrations.Migration):
    """Targets to begin with; the plan names its 100 % and 10 %, the others are the centre's to set."""

    dependencies = [("improvement", "0003_kpis")]
    operations = [migrations.RunPython(write_targets, migrations.RunPython.noop)]
