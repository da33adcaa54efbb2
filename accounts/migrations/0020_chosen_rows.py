import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0019_audit_memberships"),
    ]

    operations = [
        migrations.CreateModel(
            name="ChosenRow",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("action", models.CharField(max_length=30, verbose_name="what is done")),
                ("row", models.BigIntegerField(verbose_name="row")),
                ("value", models.CharField(blank=True, max_length=200, verbose_name="value")),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="chosen",
                        to="accounts.job",
                        verbose_name="job",
                    ),
                ),
            ],
            options={
                "verbose_name": "chosen row",
                "verbose_name_plural": "chosen rows",
                "ordering": ["job", "action", "row"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("job", "action", "row"),
                        name="chosenrow_once_per_job",
                        violation_error_code="row",
                        violation_error_message="This row was chosen already.",
                    )
                ],
            },
        ),
    ]
