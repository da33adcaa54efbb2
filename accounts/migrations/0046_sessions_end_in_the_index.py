"""A pass asks of each person when the last visits ended: the index knows."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0045_lines_as_they_are"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="session",
            name="session_of_a_person",
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(fields=["person", "began"], include=("ended",), name="session_of_a_person"),
        ),
    ]
