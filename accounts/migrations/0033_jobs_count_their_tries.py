from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0032_rows_of_fates")]

    operations = [
        migrations.AddField(
            "job",
            "tries",
            models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                help_text="How often it was taken up since it last got anywhere.",
                verbose_name="tries",
            ),
        )
    ]
