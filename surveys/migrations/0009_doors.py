from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("surveys", "0008_report_links"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="surveylink",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("origin", ""), ("origin__regex", "^https?://[a-z0-9.-]+(:[0-9]+)?$"), _connector="OR"
                ),
                name="surveylink_origin_is_one",
                violation_error_code="origin",
                violation_error_message="Give the address of the web page, such as https://shop.example.",
            ),
        ),
    ]
