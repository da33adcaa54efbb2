"""Words in the addresses at which surveys are answered, and what they stand for.

Of an invitation that went out as a message it is the message's, so that whoever writes messages needs to know nothing
of surveys; of another one it is signed in the same way; of a link it is the link's key.
"""

import re

from django.db.models import OuterRef, Subquery

from accounts.messages import tokens
from accounts.models import Message
from surveys import invitations
from surveys.models import Invitation, SurveyLink, SurveyVersion

# Of an invitation without a message.
INVITATION = "invitation"
Asked = Invitation | SurveyLink
# Letters, digits, and what keys of links have besides.
POSSIBLE = re.compile("[A-Za-z0-9_-]{1,60}")
# With an invitation, in the same statement.
READ = ("survey", "contact", "response__version")
CURRENT = SurveyVersion.objects.filter(survey=OuterRef("survey")).order_by("-number").values("pk")[:1]


def of(asked: Asked) -> str:
    if isinstance(asked, SurveyLink):
        return asked.key
    if asked.message_id:
        return tokens.of(asked.message_id, tokens.CHOICE)
    return tokens.of(asked.pk, INVITATION)


def read(token: str) -> Asked | Message | None:
    """A message where it is of no invitation, which is a test; None: we did not make the token.

    With the id of what is asked now: `current`.
    """
    if not POSSIBLE.fullmatch(token):
        return None
    if message := tokens.read(token, tokens.CHOICE):
        return _of_message(message)
    if invitation := tokens.read(token, INVITATION):
        return _invitation(pk=invitation)
    return (
        SurveyLink.objects.select_related("survey")
        .annotate(current=Subquery(CURRENT))
        .filter(key=token)
        .first()
    )


def _invitation(**which: int) -> Invitation | None:
    found = Invitation.objects.select_related(*READ).annotate(current=Subquery(CURRENT))
    return found.filter(**which).first()


def message_of(token: str) -> Message | None:
    """The very one that led here, be it a reminder."""
    pk = tokens.read(token, tokens.CHOICE)
    return Message.objects.select_related("letter").filter(pk=pk).first() if pk else None


def _of_message(pk: int) -> Asked | Message | None:
    """Mostly the row is there, and one question finds it."""
    if known := _invitation(message=pk):
        return known
    message = Message.objects.select_related("mailing__distribution", "reminds_of").filter(pk=pk).first()
    made = message and invitations.of_message(message)
    return _invitation(pk=made.pk) if made else message
