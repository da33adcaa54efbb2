"""Nothing changes in the database."""

from django.db import migrations, models

import accounts.fields


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0012_index_audit_by_time"),
    ]

    operations = [
        migrations.AlterField(
            model_name="account",
            name="country",
            field=models.CharField(
                blank=True,
                help_text="Two letters, as in SA.",
                max_length=2,
                validators=[accounts.fields.is_country],
                verbose_name="country",
            ),
        ),
        migrations.AlterField(
            model_name="contact",
            name="time_zone",
            field=models.CharField(
                blank=True, max_length=60, validators=[accounts.fields.is_time_zone], verbose_name="time zone"
            ),
        ),
        migrations.AlterField(
            model_name="workingcalendar",
            name="country",
            field=models.CharField(
                blank=True, max_length=2, validators=[accounts.fields.is_country], verbose_name="country"
            ),
        ),
        migrations.AlterField(
            model_name="workingcalendar",
            name="time_zone",
            field=models.CharField(
                blank=True, max_length=60, validators=[accounts.fields.is_time_zone], verbose_name="time zone"
            ),
        ),
    ]
