"""What people of the demo company saved for themselves and others."""

from accounts.models import Population, User

MADE_BY = "manager@rafeef.example"
# Name, conditions. Who is in them is found as soon as the metrics have their first values.
POPULATIONS = (
    (
        {"en": "Many tickets, large contract", "ar": "تذاكر كثيرة وعقد كبير"},
        [
            {"field": "stage", "is": "one_of", "values": ["live", "renewing"]},
            {"field": "metric.mrr", "is": "at_least", "values": ["1000"]},
            {"field": "metric.tickets", "is": "at_least", "values": ["5"], "window": "90d"},
        ],
    ),
    (
        {"en": "Gulf, in use", "ar": "الخليج، قيد الاستخدام"},
        [
            {"field": "region", "is": "one_of", "values": ["Gulf"]},
            {"field": "stage", "is": "one_of", "values": ["live", "renewing"]},
        ],
    ),
)


def make_populations() -> None:
    maker = User.objects.get(email=MADE_BY)
    Population.objects.bulk_create(
        Population(name=name, conditions=conditions, made_by=maker, shared=True)
        for name, conditions in POPULATIONS
    )
