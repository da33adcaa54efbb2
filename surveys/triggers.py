"""What happened since it was looked last, and who is asked about it: by the rules of mailings, of each thing once."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import connection, transaction

from accounts.messages import recipients
from accounts.models import Mailing, Organisation
from accounts.models.identities import Consent
from surveys.hours import spread
from surveys.invitations import KEY
from surveys.models import Distribution

Trigger = Distribution.Trigger
# What was recorded meanwhile may show later; by its key nothing is asked twice.
LATE = timedelta(hours=1)
# What happened longer ago and is told only now is asked about no more.
STALE = timedelta(days=3)

# By contact, a survivor of merges, what it is about: one thing each, the last.
_ABOUT = {
    Trigger.TICKET: """
SELECT DISTINCT ON (1) coalesce(c.merged_into_id, c.id), t.id::text
FROM accounts_ticketevent e JOIN accounts_ticket t ON t.id = e.ticket_id
JOIN accounts_contact c ON c.id = t.requester_id
WHERE e.kind = 'resolved' AND e.recorded_at > %(since)s AND e.happened_at > %(stale)s AND e.happened_at <= %(now)s
ORDER BY 1, e.happened_at DESC, e.id DESC""",
    # As it is rolled up: what machines do is apart there, and whose it was is known.
    Trigger.EVENT: """
SELECT DISTINCT ON (1) coalesce(c.merged_into_id, c.id), c.id || '-' || d.day
FROM accounts_activityday d JOIN accounts_contact c ON c.id = d.contact_id
WHERE d.name = %(event)s AND NOT d.machine AND d.day >= %(first)s AND d.last_at > %(since)s AND d.last_at <= %(now)s
ORDER BY 1, d.day DESC""",
    # By their account's first subscription.
    Trigger.CUSTOMER: """
SELECT DISTINCT coalesce(c.merged_into_id, c.id), coalesce(c.merged_into_id, c.id)::text
FROM accounts_contact c JOIN accounts_account o ON o.id = c.account_id
JOIN (SELECT coalesce(a.merged_into_id, a.id) AS id, min(s.starts) AS starts
      FROM accounts_subscription s JOIN accounts_account a ON a.id = s.account_id GROUP BY 1) b
  ON b.id = coalesce(o.merged_into_id, o.id)
WHERE b.starts + %(days)s > %(looked)s AND b.starts + %(days)s <= %(today)s""",
    Trigger.EVERY: """
SELECT DISTINCT coalesce(c.merged_into_id, c.id), coalesce(c.merged_into_id, c.id) || '-' || %(today)s::date
FROM accounts_contact c
WHERE NOT EXISTS (
  SELECT FROM accounts_message m WHERE m.key LIKE %(keys)s AND m.contact_id = coalesce(c.merged_into_id, c.id)
    AND m.reminds_of_id IS NULL AND m.queued_at > %(now)s - make_interval(days => %(days)s))""",
}


def turn(clock: Callable[[], datetime]) -> int:
    """Of all that go; how many messages were made, those that are skipped among them."""
    going = Distribution.objects.exclude(trigger="").filter(paused_at=None, survey__archived_at=None)
    return sum(_look(pk, clock()) for pk in going.values_list("pk", flat=True))


@transaction.atomic
def _look(pk: int, now: datetime) -> int:
    rows = Distribution.objects.select_for_update(skip_locked=True, of=("self",))
    distribution = (
        rows.select_related("letter", "population", "made_by", "survey").filter(pk=pk, paused_at=None).first()
    )
    if distribution is None:
        return 0
    about = _about(distribution, now)
    made = _queue(distribution, about, now) if about else 0
    Distribution.objects.filter(pk=pk).update(looked_until=now)
    return made


def _about(distribution: Distribution, now: datetime) -> dict[int, str]:
    here, looked = Organisation.current(), distribution.looked_until or now
    given = {
        "now": now,
        "since": max(looked - LATE, distribution.made_at),
        "stale": now - STALE,
        "first": here.today(looked) - STALE,
        "today": here.today(now),
        # Of days that are over nobody needs to look twice, of this one the keys know.
        "looked": here.today(looked) - timedelta(days=1),
        "days": distribution.days,
        "event": distribution.event,
        "keys": f"{KEY}{distribution.pk}-%",
    }
    with connection.cursor() as cursor:
        cursor.execute(_ABOUT[Trigger(distribution.trigger)], given)
        return dict(cursor.fetchall())


def mailing_of(distribution: Distribution) -> Mailing:
    """One that is kept nowhere: by it people are reached, or left out."""
    return Mailing(
        letter=distribution.letter,
        population=distribution.population,
        purpose=Consent.Purpose.SURVEYS,
        topic=distribution.survey.topic,
        made_by=distribution.made_by,
    )


def _queue(distribution: Distribution, about: dict[int, str], now: datetime) -> int:
    mailing = mailing_of(distribution)
    before = f"{KEY}{distribution.pk}-"
    keys = {contact: f"{before}{subject}" for contact, subject in about.items()}
    made = recipients.queue_to(mailing, keys, now)
    which = "m.letter_id = %(letter)s AND m.key = ANY(%(keys)s) AND m.queued_at = %(now)s"
    given = {"letter": distribution.letter_id, "keys": [*keys.values()], "now": now}
    if made:
        spread(distribution, which, given, now)
    return made
