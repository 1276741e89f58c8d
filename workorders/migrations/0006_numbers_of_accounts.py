"""Accounts that are linked with a technician get that technician's employee number."""

from django.conf import settings
from django.db import migrations


def copy_numbers(apps, schema_editor):
    User = apps.get_model("accounts", "User")
    Technician = apps.get_model("workorders", "Technician")
    linked = dict(Technician.objects.filter(user__isnull=False).values_list("user_id", "employee_no"))
    people = list(User.objects.filter(pk__in=linked, employee_no=""))
    for person in people:
        person.employee_no = linked[person.pk]
    User.objects.bulk_update(people, ["employee_no"], batch_size=500)


class Migration(migrations.Migration):
    dependencies = [
        ("workorders", "0005_say_what_leads_contradict"),
        ("accounts", "0004_employee_numbers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(copy_numbers, migrations.RunPython.noop)]
