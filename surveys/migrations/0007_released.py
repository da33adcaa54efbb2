from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("surveys", "0006_feedback"),
    ]

    operations = [
        migrations.AddField(
            model_name=model,
            name="released_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="released"),
        )
        for model in ("response", "answer")
    ] + [
        migrations.AddIndex(
            model_name="response",
            index=models.Index(
                condition=models.Q(("released_at__isnull", False)),
                fields=["released_at"],
                name="response_released",
            ),
        ),
        migrations.AddIndex(
            model_name="response",
            index=models.Index(
                condition=models.Q(
                    ("is_machine", False),
                    ("released_at", None),
                    models.Q(("identity", "identified"), _negated=True),
                ),
                fields=["survey"],
                name="response_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="answer",
            index=models.Index(
                condition=models.Q(("released_at__isnull", False)),
                fields=["released_at"],
                name="answer_released",
            ),
        ),
    ]
