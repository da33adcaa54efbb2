"""Words in the addresses at which surveys are answered, and what they stand for.

Of an invitation that went out as a message it is the message's, so that whoever writes messages needs to know nothing
of surveys; of another one it is signed in the same way; of a link it is the link's key.
"""

from accounts.messages import tokens
from accounts.models import Message
from surveys import invitations
from surveys.models import Invitation, SurveyLink

# Of an invitation without a message.
INVITATION = "invitation"
Asked = Invitation | SurveyLink
# With an invitation, in the same statement.
READ = ("survey", "response__version")


def of(asked: Asked) -> str:
    if isinstance(asked, SurveyLink):
        return asked.key
    if asked.message_id:
        return tokens.of(asked.message_id, tokens.CHOICE)
    return tokens.of(asked.pk, INVITATION)


def read(token: str) -> Asked | Message | None:
    """A message where it is of no invitation, which is a test; None: we did not make the token."""
    if message := tokens.read(token, tokens.CHOICE):
        return _of_message(message)
    if invitation := tokens.read(token, INVITATION):
        return Invitation.objects.select_related(*READ).filter(pk=invitation).first()
    return SurveyLink.objects.select_related("survey").filter(key=token).first()


def message_of(token: str) -> Message | None:
    """The very one that led here, be it a reminder."""
    pk = tokens.read(token, tokens.CHOICE)
    return Message.objects.select_related("letter").filter(pk=pk).first() if pk else None


def _of_message(pk: int) -> Asked | Message | None:
    """Mostly the row is there, and one question finds it."""
    if known := Invitation.objects.select_related(*READ).filter(message=pk).first():
        return known
    message = Message.objects.select_related("mailing__distribution", "reminds_of").filter(pk=pk).first()
    return message and (invitations.of_message(message) or message)
