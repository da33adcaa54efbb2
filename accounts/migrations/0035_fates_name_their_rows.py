from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0034_imports_that_mend")]

    operations = [
        migrations.AddField(
            "rowfate",
            "key",
            models.TextField(blank=True, verbose_name="id in the file"),
        ),
        migrations.AddField(
            "rowfate",
            "changes",
            models.JSONField(
                blank=True, default=list, help_text="Field, before, after.", verbose_name="changes"
            ),
        ),
    ]
