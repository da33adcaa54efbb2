"""Snapshots of accounts by month: thinning them drops partitions instead of deleting millions of rows."""

import django.db.models.deletion
from django.db import migrations, models

SNAPSHOTS = """
CREATE TABLE metrics_accountsnapshot (
    account_id bigint NOT NULL REFERENCES accounts_account (id) DEFERRABLE INITIALLY DEFERRED,
    definition_id bigint NOT NULL REFERENCES metrics_definition (id) DEFERRABLE INITIALLY DEFERRED,
    day date NOT NULL,
    numerator numeric(30, 6),
    denominator numeric(30, 6),
    value double precision,
    PRIMARY KEY (account_id, definition_id, day)
) PARTITION BY RANGE (day);
CREATE TABLE metrics_accountsnapshot_other PARTITION OF metrics_accountsnapshot DEFAULT;
"""


class Migration(migrations.Migration):
    replaces = [
        ("metrics", "0002_partition_snapshots"),
    ]

    dependencies = [
        ("metrics", "0001_tables"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            [migrations.RunSQL(SNAPSHOTS, "DROP TABLE metrics_accountsnapshot")],
            [
                migrations.CreateModel(
                    name="AccountSnapshot",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "account_id",
                                "definition_id",
                                "day",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("day", models.DateField()),
                        (
                            "account",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="snapshots",
                                to="accounts.account",
                            ),
                        ),
                        (
                            "definition",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="metrics.definition",
                            ),
                        ),
                        ("numerator", models.DecimalField(decimal_places=6, max_digits=30, null=True)),
                        ("denominator", models.DecimalField(decimal_places=6, max_digits=30, null=True)),
                        ("value", models.FloatField(null=True)),
                    ],
                    options={
                        "verbose_name": "snapshot",
                        "verbose_name_plural": "snapshots",
                    },
                ),
            ],
        ),
    ]
