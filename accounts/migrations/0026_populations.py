"""Saved filters over accounts and contacts, and who was in them when."""

from importlib import import_module

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import accounts.fields
import accounts.texts

triggers = import_module("accounts.migrations.0002_triggers")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0025_pairs_that_may_be_one"),
    ]

    operations = [
        migrations.CreateModel(
            name="Population",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", accounts.fields.LocalizedField(default=accounts.texts.Text, verbose_name="name")),
                (
                    "kind",
                    models.CharField(
                        choices=[("accounts", "Accounts"), ("contacts", "Contacts")],
                        default="accounts",
                        max_length=8,
                        verbose_name="of",
                    ),
                ),
                (
                    "conditions",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="All of them hold; none: everybody is in it.",
                        verbose_name="conditions",
                    ),
                ),
                (
                    "made_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(),
                        editable=False,
                        verbose_name="made",
                    ),
                ),
                (
                    "shared",
                    models.BooleanField(
                        default=False, help_text="Everybody may use it.", verbose_name="shared"
                    ),
                ),
                (
                    "archived",
                    models.BooleanField(
                        default=False,
                        help_text="Nobody is in it any more; who was can still be read.",
                        verbose_name="archived",
                    ),
                ),
                (
                    "kept_since",
                    models.DateTimeField(blank=True, editable=False, null=True, verbose_name="kept since"),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="populations",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="made by",
                    ),
                ),
            ],
            options={
                "verbose_name": "population",
                "verbose_name_plural": "populations",
                "ordering": ["id"],
                "permissions": [("change_shared_population", "Can change populations that others share")],
            },
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("entered", models.DateTimeField(verbose_name="entered")),
                ("left", models.DateTimeField(null=True, verbose_name="left")),
                (
                    "why_entered",
                    models.CharField(blank=True, db_default="", max_length=60, verbose_name="why it entered"),
                ),
                (
                    "why_left",
                    models.CharField(blank=True, db_default="", max_length=60, verbose_name="why it left"),
                ),
                (
                    "account",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="accounts.account",
                        verbose_name="account",
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="accounts.contact",
                        verbose_name="contact",
                    ),
                ),
                (
                    "population",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="memberships",
                        to="accounts.population",
                        verbose_name="population",
                    ),
                ),
            ],
            options={
                "verbose_name": "membership",
                "verbose_name_plural": "memberships",
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="population",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", {}), _negated=True),
                name="population_has_a_name",
                violation_error_code="name",
                violation_error_message="This must not be empty.",
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                fields=["population", "entered"], include=("left",), name="membership_by_entry"
            ),
        ),
        migrations.AddIndex(
            model_name="membership",
            index=models.Index(
                condition=models.Q(("left__isnull", False)),
                fields=["population", "left"],
                name="membership_by_exit",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("account", None), ("contact__isnull", False)),
                    models.Q(("account__isnull", False), ("contact", None)),
                    _connector="OR",
                ),
                name="membership_of_an_account_or_a_contact",
                violation_error_code="account",
                violation_error_message="Name an account or a contact, and not both.",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("left", None), ("left__gte", models.F("entered")), _connector="OR"),
                name="membership_ends_after_its_start",
                violation_error_code="left",
                violation_error_message="The end must come after the start.",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                condition=models.Q(("left", None)),
                fields=("population", "account"),
                name="membership_of_an_account_open_once",
                violation_error_code="account",
                violation_error_message="This account is in the population already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                condition=models.Q(("left", None)),
                fields=("population", "contact"),
                name="membership_of_a_contact_open_once",
                violation_error_code="contact",
                violation_error_message="This contact is in the population already.",
            ),
        ),
        # Memberships are made of facts, and are their own history.
        migrations.RunSQL(
            triggers.statement_triggers("accounts_population", "audit", "cxhub_audit()"),
            migrations.RunSQL.noop,
        ),
    ]
