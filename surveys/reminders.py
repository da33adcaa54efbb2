"""Whoever was asked and has not answered is asked again: in the same language, of the same letter, each time once."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from accounts.models import Message
from surveys.anonymous import SPENT, secret
from surveys.hours import spread
from surveys.models import Distribution, Invitation

# Between two messages to the same person.
LEAST_APART = timedelta(days=1)

# Of an invitation i by message m; `{which}`: those that are due. Replies count to the message and to its reminders.
_REMIND = """
INSERT INTO accounts_message (key, reminds_of_id, letter_id, contact_id, account_id, medium, purpose, topic, address,
  name, language, values, state, reason, answer, tries, provider_id, queued_at, due_at, changed_at)
SELECT 'reminder-' || m.id || '-' || %(by)s, m.id, m.letter_id, m.contact_id, m.account_id, m.medium, m.purpose,
  m.topic, m.address, m.name, m.language, m.values, 'waiting', '', '', 0, '', %(now)s, %(now)s, %(now)s
FROM surveys_invitation i JOIN accounts_message m ON m.id = i.message_id
JOIN accounts_contact c ON c.id = m.contact_id
WHERE {which} AND i.delivered_at IS NOT NULL AND NOT i.answered AND i.completed_at IS NULL
  AND i.revoked_at IS NULL AND (i.expires_at IS NULL OR i.expires_at > %(now)s)
  AND NOT EXISTS ({spent}) AND m.address <> '' AND c.erased_at IS NULL AND (c.left IS NULL OR c.left > %(now)s::date)
  AND NOT EXISTS (SELECT FROM accounts_reply r JOIN accounts_message a ON a.id = r.message_id
    WHERE NOT r.automatic AND m.id IN (a.id, a.reminds_of_id))
  AND NOT EXISTS (SELECT FROM accounts_message o WHERE (o.id = m.id OR o.reminds_of_id = m.id)
    AND (o.state = 'waiting' OR coalesce(o.sent_at, o.queued_at) > %(before)s))
ON CONFLICT DO NOTHING RETURNING id"""


def remind_due(now: datetime) -> int:
    """Of all distributions that go; how many are reminded."""
    going = Distribution.objects.filter(
        Q(mailing=None) | Q(mailing__paused_at=None, mailing__stopped_at=None)
    )
    going = going.filter(paused_at=None, survey__archived_at=None).exclude(reminders=[])
    return sum(
        _remind_by(distribution, days, now) for distribution in going for days in distribution.reminders
    )


def _remind_by(distribution: Distribution, days: int, now: datetime) -> int:
    which = "i.distribution_id = %(distribution)s AND i.delivered_at <= %(asked)s"
    given = {"distribution": distribution.pk, "asked": now - timedelta(days=days), "by": f"after-{days}"}
    return _queue(distribution, which, given, now)


def remind(invitation: Invitation, now: datetime) -> bool:
    """One person, by hand, within the same rules; whether they are."""
    before = Message.objects.filter(reminds_of=invitation.message_id).count() if invitation.message_id else 0
    given = {"invitation": invitation.pk, "by": f"by-hand-{before + 1}"}
    return bool(_queue(invitation.distribution, "i.id = %(invitation)s", given, now))


@transaction.atomic
def _queue(distribution: Distribution | None, which: str, given: dict[str, Any], now: datetime) -> int:
    with connection.cursor() as cursor:
        moments = {"now": now, "before": now - LEAST_APART}
        cursor.execute(_REMIND.format(which=which, spent=SPENT), given | moments | {"secret": secret()})
        made = [pk for (pk,) in cursor.fetchall()]
    if made and distribution:
        spread(distribution, "m.id = ANY(%(ids)s)", {"ids": made}, now)
    return len(made)
