from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0011_kept_answers")]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(fields=["table", "at"], include=("row",), name="auditentry_since"),
        ),
    ]
