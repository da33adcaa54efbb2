from django.conf import settings
from django.db import migrations, models
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce

WHOLES = ("order", "ticket", "subscription", "user", "account")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_compare_rows_once"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("actor__isnull", False), ("job__isnull", True)),
                fields=["actor", "id"],
                name="auditentry_by_hand",
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                condition=models.Q(("action", "delete")), fields=["table", "id"], name="auditentry_deletions"
            ),
        ),
        migrations.AddIndex(
            model_name="auditentry",
            index=models.Index(
                models.F("table"),
                Coalesce(*(KT(f"before__{name}_id") for name in WHOLES)),
                condition=models.Q(("action", "delete")),
                name="auditentry_deleted_parts",
            ),
        ),
    ]
