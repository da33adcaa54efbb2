"""Who was asked: an invitation of each message of a distribution that left, kept up to what is heard of it."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from accounts.models import Message
from surveys.models import Invitation

State = Message.State
# How the keys of what triggers send begin, before the distribution's number.
KEY = "survey-"
# It left; of one that came back, too, for somebody was asked.
LEFT = (State.SENT, State.DELIVERED, State.UNKNOWN, State.BOUNCED)
# For so long there may be news of a message.
NEWS = timedelta(days=14)

# Of a mailing, or by what happened: its letter may be another one since.
_OURS = (
    "d.mailing_id = m.mailing_id",
    f"d.id = CASE WHEN m.key LIKE '{KEY}%%' THEN split_part(m.key, '-', 2)::bigint END AND d.trigger <> ''",
)
_OF_DISTRIBUTION = """
accounts_message m JOIN surveys_distribution d ON {ours}
LEFT JOIN accounts_delivery v
  ON v.person = cxhub_digest('cxhub', 'contact', m.contact_id::text) AND v.mail = m.id::text"""
_DELIVERED = """
CASE WHEN m.state NOT IN ('bounced', 'failed', 'skipped', 'stopped') AND v.bounced_at IS NULL
  THEN coalesce(v.delivered_at, m.sent_at) END"""
# Tickets are the subjects of those that are asked about one: survey-<distribution>-<ticket>.
_MAKE = f"""
INSERT INTO surveys_invitation (survey_id, distribution_id, message_id, account_id, contact_id, ticket_id, channel,
  language, invited_at, delivered_at, expires_at)
SELECT d.survey_id, d.id, m.id, m.account_id, m.contact_id, t.id, m.medium, m.language, n.at, {_DELIVERED},
  n.at + make_interval(days => d.days_valid)
FROM {_OF_DISTRIBUTION}
LEFT JOIN accounts_ticket t ON t.id = CASE WHEN d.trigger = 'ticket' THEN split_part(m.key, '-', 3)::bigint END,
LATERAL (SELECT coalesce(m.sent_at, m.changed_at)) n (at)
WHERE {{which}} AND m.reminds_of_id IS NULL
  AND NOT EXISTS (SELECT FROM surveys_invitation i WHERE i.message_id = m.id)
ON CONFLICT (message_id) DO NOTHING"""
_KEEP = f"""
UPDATE surveys_invitation i SET delivered_at = n.at
FROM {_OF_DISTRIBUTION}, LATERAL (SELECT {_DELIVERED}) n (at)
WHERE i.message_id = m.id AND i.invited_at > %(since)s AND i.delivered_at IS DISTINCT FROM n.at"""


def keep(now: datetime) -> int:
    """Makes those that are missing, and notes what arrived; how many are new."""
    lately = "m.state = ANY(%(left)s) AND m.changed_at > %(since)s"
    given: dict[str, Any] = {"left": [*LEFT], "since": now - NEWS}
    made = _make(lately, given)
    with connection.cursor() as cursor:
        for ours in _OURS:
            cursor.execute(_KEEP.format(ours=ours), given)
    return made


def _make(which: str, given: dict[str, Any]) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        made = 0
        for ours in _OURS:
            cursor.execute(_MAKE.format(which=which, ours=ours), given)
            made += cursor.rowcount
        return made


def of_message(message: Message) -> Invitation | None:
    """Of the message itself, or of the one that it reminds of; made where it is missing. None: it asks nothing."""
    first = message.reminds_of_id or message.pk
    known = Invitation.objects.filter(message=first).select_related("survey", "distribution")
    if not known.exists():
        _make("m.id = %(message)s", {"message": first})
    return known.first()


def revoke(invitation: Invitation, now: datetime) -> None:
    """For good; what was answered is kept. Of one that is revoked already nothing changes."""
    with transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk, revoked_at=None).update(revoked_at=now)
        stop_reminders(invitation, now, reason="revoked")


def stop_reminders(invitation: Invitation, now: datetime, reason: str = "answered") -> int:
    """Nobody is reminded any more; how many were to be."""
    waiting = Message.objects.filter(
        reminds_of=invitation.message_id, reminds_of__isnull=False, state=State.WAITING
    )
    return waiting.update(state=State.SKIPPED, reason=reason, changed_at=now)
