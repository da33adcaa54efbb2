"""Letters and messages as tests say them."""

from accounts.models import Contact, Letter, Message
from tests import factories
from tests.factories import at

SENT = at("2026-05-20 10:00")
ENGLISH = {"subject": "Hello {{ name }}", "body": "Read [the guide](https://docs.example/guide)."}
ARABIC = {"subject": "مرحبا {{ name }}", "body": "اقرأ [الدليل](https://docs.example/guide-ar)."}


def texts(**more):
    """Both languages, alike but for what is given."""
    return {"en": ENGLISH | more, "ar": ARABIC | more}


def contact(**fields):
    return Contact.objects.create(**{"account": factories.account(), "name": "Sara"} | fields)


def message(**fields):
    """Sent to Sara in English; `texts` are those of its letter."""
    to = fields.pop("contact", None) or contact()
    letter = Letter.objects.create(texts=fields.pop("texts", texts()))
    given = {
        "letter": letter,
        "contact": to,
        "account": to.account,
        "address": "sara@najm.example",
        "name": "Sara",
        "language": "en",
        "values": {"name": "Sara"},
        "state": Message.State.SENT,
        "due_at": SENT,
        "sent_at": SENT,
    }
    return Message.objects.create(**given | fields)
