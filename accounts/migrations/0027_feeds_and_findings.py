import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0026_populations"),
    ]

    operations = [
        migrations.CreateModel(
            name="Feed",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=60, verbose_name="kind of facts")),
                ("source", models.CharField(blank=True, max_length=60, verbose_name="source")),
                ("last_at", models.DateTimeField(verbose_name="came last")),
                ("usual_gap", models.DurationField(blank=True, null=True, verbose_name="usual gap")),
                ("noted_at", models.DateTimeField(verbose_name="noted")),
                (
                    "closed_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="nothing more expected since"),
                ),
            ],
            options={
                "verbose_name": "feed",
                "verbose_name_plural": "feeds",
                "ordering": ["last_at", "kind", "source"],
            },
        ),
        migrations.CreateModel(
            name="FeedDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField(verbose_name="day")),
                ("facts", models.PositiveIntegerField(verbose_name="facts")),
                ("late", models.PositiveIntegerField(default=0, verbose_name="of them late")),
                ("latest", models.DurationField(blank=True, null=True, verbose_name="at most so late")),
            ],
            options={
                "verbose_name": "day of a feed",
                "verbose_name_plural": "days of feeds",
                "ordering": ["feed", "day"],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("check_key", models.CharField(max_length=60, verbose_name="check")),
                ("day", models.DateField(verbose_name="day")),
                ("found", models.PositiveIntegerField(verbose_name="found")),
                ("since", models.DateTimeField(blank=True, null=True, verbose_name="since")),
                ("looked_at", models.DateTimeField(verbose_name="looked")),
            ],
            options={
                "verbose_name": "finding",
                "verbose_name_plural": "findings",
                "ordering": ["check_key", "day"],
            },
        ),
        migrations.AddField(
            model_name="feed",
            name="closed_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="by",
            ),
        ),
        migrations.AddField(
            model_name="feedday",
            name="feed",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="days",
                to="accounts.feed",
                verbose_name="feed",
            ),
        ),
        migrations.AddConstraint(
            model_name="finding",
            constraint=models.UniqueConstraint(
                fields=("check_key", "day"),
                name="finding_once_a_day",
                violation_error_code="day",
                violation_error_message="This check has its finding of this day already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="feed",
            constraint=models.UniqueConstraint(
                fields=("kind", "source"),
                name="feed_once",
                violation_error_code="source",
                violation_error_message="This source is known for this kind of facts already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="feedday",
            constraint=models.UniqueConstraint(
                fields=("feed", "day"),
                name="feedday_once",
                violation_error_code="day",
                violation_error_message="This day of the feed is known already.",
            ),
        ),
    ]
