from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("improvement", "0008_days_and_names_of_today")]

    operations = [
        migrations.AddConstraint(
            model_name="improvementproject",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["proposed", "cancelled"]),
                    ("decided_on__isnull", False),
                    _connector="OR",
                ),
                name="project_decided_on_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="projectstep",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("done_by__isnull", True), ("done_on__isnull", True), ("reported_on__isnull", True)
                    ),
                    models.Q(
                        ("done_by__isnull", False), ("done_on__isnull", False), ("reported_on__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="step_done_by_and_on",
            ),
        ),
    ]
