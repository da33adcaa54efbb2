"""What providers say of SMS is a kind of call."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0056_audit_mailings"),
    ]

    operations = [
        migrations.AlterField(
            model_name="providercall",
            name="kind",
            field=models.CharField(
                choices=[
                    ("tracking", "What became of mails"),
                    ("inbound", "Mails that came in"),
                    ("stripe", "Payments"),
                    ("sms", "What became of SMS, and answers to them"),
                ],
                max_length=8,
                verbose_name="kind",
            ),
        ),
    ]
