from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0006_touch_by_leads_and_expenses")]

    operations = [
        migrations.AddField(
            model_name="organisation",
            name="gross_margin",
            field=models.DecimalField(
                blank=True,
                decimal_places=2,
                help_text="For windows in which no cost of revenue was entered. Empty: then there is no margin.",
                max_digits=5,
                null=True,
                verbose_name="gross margin in %",
            ),
        ),
        migrations.AddConstraint(
            model_name="organisation",
            constraint=models.CheckConstraint(
                condition=models.Q(("gross_margin__range", (0, 100))),
                name="organisation_gross_margin_is_a_percentage",
            ),
        ),
    ]
