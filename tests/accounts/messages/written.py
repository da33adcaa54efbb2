"""Messages to send."""

from accounts.models import Letter, Message


def letter(**texts):
    return Letter.objects.create(texts={"en": {"subject": "News", "body": "Hello"}, **texts})


def message(address="alice@customer.example", *, at, **fields):
    fields.setdefault("letter", None)
    fields["letter"] = fields["letter"] or letter()
    return Message.objects.create(address=address, language="en", due_at=at, **fields)
