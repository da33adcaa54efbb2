"""Surveys that go out, as tests say it."""

from datetime import timedelta

from accounts.messages import mailings
from accounts.models import Message
from accounts.models.outboxes import Medium
from surveys import invitations, sending
from surveys.models import Distribution
from tests.accounts.messages.mailed import NOW, people
from tests.surveys import rows

OPEN = {"working_hours": False}


def to_all(by, *, medium=Medium.EMAIL, population=None, **fields):
    """A draft, to all contacts."""
    made = Distribution(**{"survey": rows.survey(), **OPEN} | fields)
    return sending.distribute(made, "How are we?", population or people(), medium, by)


def sent(distribution, now=NOW):
    """It went out, and arrived."""
    mailings.schedule(distribution.mailing, now, now)
    mailings.queue_due(now)
    arrive(distribution, now)
    return distribution


def arrive(distribution, now=NOW):
    waiting = Message.objects.filter(state="waiting")
    waiting.update(state="delivered", sent_at=now, changed_at=now)
    invitations.keep(now + timedelta(minutes=1))
