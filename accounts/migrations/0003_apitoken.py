import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Made and revoked, not used: the time of the last use is an update every minute.
AUDIT = """
CREATE TRIGGER audit_on_insert AFTER INSERT ON accounts_apitoken REFERENCING NEW TABLE AS after
FOR EACH STATEMENT EXECUTE FUNCTION cxhub_audit();
CREATE TRIGGER audit_on_delete AFTER DELETE ON accounts_apitoken REFERENCING OLD TABLE AS before
FOR EACH STATEMENT EXECUTE FUNCTION cxhub_audit();
"""
NO_AUDIT = (
    "DROP TRIGGER audit_on_insert ON accounts_apitoken; DROP TRIGGER audit_on_delete ON accounts_apitoken;"
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_triggers")]

    operations = [
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("token_key", models.CharField(db_index=True, max_length=25)),
                ("created", models.DateTimeField(auto_now_add=True)),
                ("expiry", models.DateTimeField(blank=True, null=True)),
                (
                    "digest",
                    models.CharField(editable=False, max_length=128, unique=True, verbose_name="hash"),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="What uses it, such as the warehouse.", max_length=120, verbose_name="name"
                    ),
                ),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[("read", "Read"), ("write", "Write"), ("events", "Send events")],
                            max_length=8,
                        ),
                        size=None,
                        verbose_name="scopes",
                    ),
                ),
                (
                    "last_used_at",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="last used"),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "API token",
                "verbose_name_plural": "API tokens",
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(condition=~models.Q(("name", "")), name="apitoken_has_a_name"),
                    models.CheckConstraint(
                        condition=models.Q(("scopes__len__gt", 0)), name="apitoken_has_a_scope"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("scopes__contained_by", ["read", "write", "events"])),
                        name="apitoken_scopes_known",
                    ),
                ],
            },
        ),
        migrations.RunSQL(AUDIT, NO_AUDIT),
    ]
