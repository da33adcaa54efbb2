from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("metrics", "0002_partition_snapshots")]

    operations = [
        migrations.AddField(
            "accountrange", "tries", models.PositiveSmallIntegerField(default=0, db_default=0)
        )
    ]
