"""What this and the following migration replace was never released: databases that have all of it are up to date."""

import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

from accounts.migrations._tables import CreateTables


class Migration(migrations.Migration):
    initial = True

    replaces = [
        ("metrics", "0001_initial"),
        ("metrics", "0003_accountrange_tries"),
        ("metrics", "0004_populationvalue_unattributed_and_version"),
    ]

    dependencies = [
        ("accounts", "0012_event_marks"),
    ]

    operations = [
        CreateTables(
            [
                migrations.CreateModel(
                    name="Definition",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("key", models.CharField(max_length=60, unique=True, verbose_name="key")),
                        ("version", models.PositiveSmallIntegerField(default=1, verbose_name="version")),
                        (
                            "since",
                            models.DateTimeField(
                                db_default=django.db.models.functions.datetime.Now(), verbose_name="since"
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "metric definition",
                        "verbose_name_plural": "metric definitions",
                        "permissions": [("view_company_figures", "Can see figures of the whole company")],
                    },
                ),
                migrations.CreateModel(
                    name="CurrentValue",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "account_id",
                                "definition_id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="current_values",
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
                        "verbose_name": "current value",
                        "verbose_name_plural": "current values",
                        "indexes": [
                            models.Index(
                                fields=["definition", "value", "account"], name="currentvalue_by_value"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StoredDay",
                    fields=[
                        ("day", models.DateField(primary_key=True, serialize=False, verbose_name="day")),
                        (
                            "stale_since",
                            models.DateTimeField(blank=True, null=True, verbose_name="stale since"),
                        ),
                    ],
                    options={
                        "verbose_name": "stored day",
                        "verbose_name_plural": "stored days",
                    },
                ),
                migrations.CreateModel(
                    name="PopulationValue",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField(verbose_name="day")),
                        (
                            "definition",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="metrics.definition",
                            ),
                        ),
                        (
                            "dimension",
                            models.CharField(
                                blank=True, help_text="Empty: everybody.", max_length=40, verbose_name="by"
                            ),
                        ),
                        ("member", models.CharField(blank=True, max_length=200, verbose_name="value of it")),
                        ("numerator", models.DecimalField(decimal_places=6, max_digits=30, null=True)),
                        ("denominator", models.DecimalField(decimal_places=6, max_digits=30, null=True)),
                        ("accounts", models.PositiveIntegerField(default=0)),
                        ("value", models.FloatField(null=True)),
                        ("low", models.FloatField(null=True)),
                        ("high", models.FloatField(null=True)),
                        ("method", models.CharField(blank=True, max_length=60)),
                        ("low_sample", models.BooleanField(default=False)),
                        (
                            "unattributed",
                            models.DecimalField(db_default=0, decimal_places=6, default=0, max_digits=30),
                        ),
                        (
                            "version",
                            models.PositiveSmallIntegerField(
                                db_default=1,
                                default=1,
                                help_text="Of the definition by which it was computed.",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "value of a population",
                        "verbose_name_plural": "values of populations",
                        "indexes": [models.Index(fields=["day"], name="populationvalue_of_a_day")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("definition", "dimension", "member", "day"),
                                name="populationvalue_once_a_day",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AccountRange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "job",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="ranges",
                                to="accounts.job",
                            ),
                        ),
                        ("day", models.DateField(null=True)),
                        ("first", models.BigIntegerField()),
                        ("last", models.BigIntegerField()),
                        ("done_at", models.DateTimeField(null=True)),
                        ("tries", models.PositiveSmallIntegerField(db_default=0, default=0)),
                    ],
                    options={
                        "verbose_name": "range of accounts",
                        "verbose_name_plural": "ranges of accounts",
                        "constraints": [
                            models.UniqueConstraint(fields=("job", "day", "first"), name="accountrange_once"),
                            models.CheckConstraint(
                                condition=models.Q(("last__gte", models.F("first"))),
                                name="accountrange_has_accounts",
                            ),
                        ],
                    },
                ),
            ]
        )
    ]
