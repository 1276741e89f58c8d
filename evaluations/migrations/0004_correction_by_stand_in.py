from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0003_attempt_token")]

    operations = [
        migrations.AddField(
            model_name="ratingcorrection",
            name="is_by_stand_in",
            field=models.BooleanField(default=False, verbose_name="由其他管理人员代决"),
        ),
    ]
