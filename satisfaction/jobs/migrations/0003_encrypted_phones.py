from django.db import migrations

from satisfaction.core.encryption import EncryptedJSONField


class Migration(migrations.Migration):
    dependencies = [("jobs", "0002_expired_files")]
    operations = [
        migrations.AlterField(model_name="job", name="result", field=EncryptedJSONField(null=True)),
    ]
