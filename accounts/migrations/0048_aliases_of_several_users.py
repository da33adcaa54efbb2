"""Of an earlier id more is kept than the user that it was said of first: that one may lead in a circle."""

from django.db import migrations, models

OTHERS_THAN_THE_FIRST = """
DELETE FROM accounts_otherid o USING accounts_otherid first
WHERE (first.source, first.kind, first.value) = (o.source, o.kind, o.value)
  AND (first.said_at, first.id) < (o.said_at, o.id)"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0047_rejects_keep_what_came"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="otherid",
            name="otherid_once",
        ),
        migrations.RunSQL(migrations.RunSQL.noop, OTHERS_THAN_THE_FIRST),
        migrations.AddConstraint(
            model_name="otherid",
            constraint=models.UniqueConstraint(
                fields=("source", "kind", "value", "user"),
                name="otherid_once",
                violation_error_code="value",
                violation_error_message="This id is known already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="otherid",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "anonymous")),
                fields=("source", "value"),
                name="otherid_anonymous_once",
                violation_error_code="value",
                violation_error_message="This id is known already.",
            ),
        ),
    ]
