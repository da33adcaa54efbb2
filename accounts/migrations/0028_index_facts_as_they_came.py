import django.contrib.postgres.indexes
from django.db import migrations

KINDS = (
    "contact departure expense lead order orderline pause payment return subscription term ticket ticketevent"
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0027_feeds_and_findings")]

    operations = [
        migrations.AddIndex(
            model_name=kind,
            index=django.contrib.postgres.indexes.BrinIndex(
                autosummarize=True, fields=["recorded_at"], name=f"{kind}_as_they_came"
            ),
        )
        for kind in KINDS.split()
    ]
