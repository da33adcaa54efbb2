import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import accounts.models.imports


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0020_chosen_rows"),
    ]

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "file",
                    models.FileField(
                        storage=accounts.models.imports.kept_files,
                        upload_to="attachments/%Y/%m",
                        verbose_name="file",
                    ),
                ),
                ("name", models.CharField(max_length=255, verbose_name="name")),
                ("size", models.PositiveBigIntegerField(verbose_name="bytes")),
                (
                    "type",
                    models.CharField(
                        help_text="Told by its content.", max_length=100, verbose_name="kind of file"
                    ),
                ),
                ("sha256", models.CharField(max_length=64, verbose_name="SHA-256")),
                (
                    "added_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), verbose_name="added"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="accounts.account",
                        verbose_name="account",
                    ),
                ),
                (
                    "added_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="by",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="accounts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="accounts.ticket",
                        verbose_name="ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "attachment",
                "verbose_name_plural": "attachments",
                "ordering": ["-added_at", "-id"],
                "indexes": [models.Index(fields=["account", "-added_at"], name="attachment_by_account")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("name", ""), _negated=True),
                        name="attachment_has_a_name",
                        violation_error_code="name",
                        violation_error_message="This must not be empty.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("contact", None), ("ticket", None), _connector="OR"),
                        name="attachment_about_one_thing",
                        violation_error_code="ticket",
                        violation_error_message="A file belongs to a contact or to a ticket, not to both.",
                    ),
                ],
            },
        ),
    ]
