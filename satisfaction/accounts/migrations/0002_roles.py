from django.db import migrations

ROLES = ["lead", "dispatcher", "foreman", "deputy", "head", "manager", "admin", "technician"]


def make_roles(apps, schema_editor):
    group = apps.get_model("auth", "Group")
    for role in ROLES:
        group.objects.get_or_create(name=role)


class Migration(migrations.Migration):
    """Each role is a Django group of the same name (domain §12)."""

    dependencies = [("accounts", "0001_initial"), ("auth", "0012_alter_user_first_name_max_length")]
    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
