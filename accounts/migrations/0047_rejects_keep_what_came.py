"""What was rejected stays as it came, also when somebody mends it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0046_sessions_end_in_the_index")]

    operations = [
        migrations.AddField(
            model_name="rejectedevent",
            name="mended",
            field=models.TextField(blank=True, db_default="", default="", verbose_name="mended"),
        )
    ]
