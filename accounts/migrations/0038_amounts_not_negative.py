from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models


def not_below_zero(model: str, name: str) -> AddConstraintNotValid:
    """Of new rows and changed ones: what stands there already would stop the migration."""
    rule = models.CheckConstraint(
        condition=models.Q((name, None), (f"{name}__gte", 0), _connector="OR"),
        name=f"{model}_{name}_not_negative",
        violation_error_code=name,
        violation_error_message="This must not be below zero.",
    )
    return AddConstraintNotValid(model, rule)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0037_requesters_are_survivors")]

    operations = [
        *(not_below_zero("order", name) for name in ("discount", "tax", "shipping")),
        *(not_below_zero("term", name) for name in ("due_mrr", "renewed_mrr")),
    ]
