"""What people of the demo company saved for themselves and others."""

from accounts.messages import mailings
from accounts.models import Mailing, Population, User

MADE_BY = "manager@rafeef.example"
IN_USE = {"en": "Gulf, in use", "ar": "الخليج، قيد الاستخدام"}
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
        IN_USE,
        [
            {"field": "region", "is": "one_of", "values": ["Gulf"]},
            {"field": "stage", "is": "one_of", "values": ["live", "renewing"]},
        ],
    ),
)
MAILING = "Stock counts by phone"
LETTER = {
    "en": {
        "subject": "Stock counts without paper, {{ first_name | for your team }}",
        "body": (
            "Hello {{ first_name | there }},\n\n"
            "your colleagues can now count a branch with their phones:\n\n"
            "- several of them **at once**, in the same branch\n"
            "- without a connection, until they are back at the door\n"
            "- in Arabic and in English, whatever the branch speaks\n\n"
            "Answer this mail and we plan the first count together.\n\n"
            "{{ csm | Your Rafeef team }}"
        ),
        "button": "See how it works",
        "link": "https://rafeef.example/en/counts",
    },
    "ar": {
        "subject": "جرد بلا أوراق، {{ first_name | لفريقكم }}",
        "body": (
            "مرحبًا {{ first_name | بكم }}،\n\n"
            "صار بإمكان زملائكم جرد الفرع بهواتفهم:\n\n"
            "- عدة أشخاص **في وقت واحد** وفي الفرع نفسه\n"
            "- دون اتصال، إلى أن يعودوا إلى الباب\n"
            "- بالعربية والإنجليزية، أيًّا كانت لغة الفرع\n\n"
            "يكفي الرد على هذه الرسالة لنخطط معًا لأول جرد.\n\n"
            "{{ csm | فريق رفيف }}"
        ),
        "button": "شاهد كيف يعمل",
        "link": "https://rafeef.example/ar/counts",
    },
}


def make_populations() -> None:
    maker = User.objects.get(email=MADE_BY)
    Population.objects.bulk_create(
        Population(name=name, conditions=conditions, made_by=maker, shared=True)
        for name, conditions in POPULATIONS
    )


def draft_mailing() -> Mailing:
    """Ready to be looked at as anybody gets it, and to be sent."""
    maker, population = User.objects.get(email=MADE_BY), Population.objects.get(name=IN_USE)
    return mailings.save(Mailing(name=MAILING, population=population), LETTER, maker)
