"""Who opened a mail and followed its links: noted at once, judged once what was asked for beside it is known.

Scanners open whatever comes in, and so do the proxies of some mail programs. What they did is kept, as a machine's.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from accounts.intake.calls import is_machine
from accounts.intake.digests import OURS
from accounts.messages import events, letters
from accounts.messages.choices import choices_of
from accounts.messages.events import Happening
from accounts.models import Event, EventMark, Hit, Message, Organisation, User

# Until then those that tell what it was may come.
SETTLED_AFTER = timedelta(minutes=1)
AT_ONCE = 1000
NEAR_THE_TRAP = timedelta(minutes=10)
# Of one message: whoever goes on asking fills no table.
MOST = 200
LONGEST_AGENT = 200
# They show pictures to whoever opens a mail, and are listed as robots all the same.
_MAIL_PROGRAMS = re.compile("GoogleImageProxy|YahooMailProxy|Microsoft Outlook|Microsoft Office|Thunderbird")
# Of no browser: that of a proxy which fetches the pictures of every mail.
_NO_BROWSERS = ("", "Mozilla/5.0")

DUE = f"""
SELECT h.id FROM accounts_hit h JOIN accounts_message m ON m.id = h.message_id
WHERE h.machine IS NULL AND h.at <= %(until)s AND m.state <> 'sending'
ORDER BY h.at, h.id LIMIT {AT_ONCE} FOR UPDATE OF h SKIP LOCKED"""
# Of the hits: the trap itself; right after it was sent; near the trap, and very near where another address touched it,
# for scanners have several; near several links in a moment, of this message or of this and another one.
MACHINES = """
SELECT h.id FROM accounts_hit h JOIN accounts_message m ON m.id = h.message_id
WHERE h.id = ANY(%(ids)s) AND (
  h.trap OR h.at < m.sent_at + interval '5 seconds'
  OR EXISTS (
    SELECT FROM accounts_hit t, LATERAL (
      SELECT CASE WHEN t.visitor = h.visitor THEN interval '10 minutes' ELSE interval '10 seconds' END) near (span)
    WHERE t.message_id = h.message_id AND t.trap AND t.at BETWEEN h.at - near.span AND h.at + near.span)
  OR EXISTS (
    SELECT FROM accounts_hit a JOIN accounts_hit b ON b.visitor = a.visitor
      AND b.at BETWEEN a.at - interval '3 seconds' AND a.at + interval '3 seconds'
      AND (b.message_id <> a.message_id
           OR (b.link <> a.link AND b.at BETWEEN a.at - interval '2 seconds' AND a.at + interval '2 seconds'))
    WHERE a.visitor = h.visitor AND a.message_id = h.message_id AND a.link IS NOT NULL AND b.link IS NOT NULL
      AND a.at BETWEEN h.at - interval '10 seconds' AND h.at + interval '10 seconds'))"""


class TooEarly(Exception):
    """It is not judged yet, or no event yet."""


def note(message: Message, asker: str, agent: str, now: datetime, *, link: int | None = None) -> None:
    """`asker`: the address that asked. Without a link: the picture."""
    _note(message, asker, agent, now, link=link)


def note_choice(message: Message, asker: str, agent: str, now: datetime, *, value: str = "") -> None:
    """Of the page where what it asks is answered: each value is a link of its own, as is the page without one."""
    _language, text = letters.in_language(message.letter.texts, message.language)
    if asked := choices_of(text):
        others = len(letters.links_of(text, message.letter.medium))
        _note(message, asker, agent, now, link=others + asked.place(value))


def note_trap(message: Message, asker: str, agent: str, now: datetime) -> None:
    _note(message, asker, agent, now, trap=True)


def _note(
    message: Message, asker: str, agent: str, now: datetime, *, link: int | None = None, trap: bool = False
) -> None:
    if message.hits.order_by()[:MOST].count() < MOST:
        visitor, known_as = visitor_of(asker, now), agent.replace("\0", "")[:LONGEST_AGENT]
        Hit.objects.create(message=message, link=link, trap=trap, at=now, visitor=visitor, agent=known_as)


def visitor_of(asker: str, now: datetime) -> str:
    """The same for a day; of two days nobody can tell."""
    return salted_hmac(f"accounts.messages.hits {now:%Y-%m-%d}", asker, algorithm="sha256").hexdigest()[:32]


def settle(now: datetime) -> int:
    """Judges what is old enough, each once; how many."""
    settled = 0
    while some := _settle_some(now):
        settled += some
    return settled


@transaction.atomic
def _settle_some(now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"until": now - SETTLED_AFTER})
        ids = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(MACHINES, {"ids": ids})
        machines = {pk for (pk,) in cursor.fetchall()}
    hits = list(
        Hit.objects.filter(pk__in=ids).select_related("message__letter", "message__mailing__campaign")
    )
    for hit in hits:
        hit.machine = hit.pk in machines or is_robot(hit.agent, opens=hit.link is None)
    Hit.objects.bulk_update(hits, ["machine"])
    events.write(_happenings(hits), now)
    for hit in hits:
        if hit.trap:
            _judge_anew(hit)
    return len(hits)


def _judge_anew(trap: Hit) -> None:
    """What the same visitor asked for before it came to the trap, and was taken for a person's."""
    before = Hit.objects.filter(
        message=trap.message, visitor=trap.visitor, at__range=(trap.at - NEAR_THE_TRAP, trap.at)
    )
    for hit in before.filter(machine=False, judged_by=None).select_related("message"):
        # One whose event nobody has taken in yet stays as it is.
        with suppress(TooEarly), transaction.atomic():
            Hit.objects.filter(pk=hit.pk).update(machine=True)
            hit.machine = True
            if hit.message.contact_id:
                _flip_event(hit)


def is_robot(agent: str, *, opens: bool) -> bool:
    """By how it calls itself. `opens`: a mail, and follows no link."""
    if opens and _MAIL_PROGRAMS.search(agent):
        return False
    return agent in _NO_BROWSERS or is_machine(agent)


def _happenings(hits: Iterable[Hit]) -> Iterable[Happening]:
    for hit in hits:
        if hit.trap:
            continue
        name = events.OPENED if hit.link is None else events.CLICKED[hit.message.medium]
        yield Happening(hit.message, name, hit.at, _event_id(hit), bool(hit.machine), _address(hit))


def _event_id(hit: Hit) -> str:
    return f"hit-{hit.pk}"


def _address(hit: Hit) -> str:
    if hit.link is None:
        return ""
    _language, text = letters.in_language(hit.message.letter.texts, hit.message.language)
    links = letters.links_of(text, hit.message.letter.medium)
    if hit.link < len(links):
        return links[hit.link]
    asked = choices_of(text)
    return asked.address if asked else ""


@transaction.atomic
def flip(hit: Hit, by: User, now: datetime) -> None:
    """What was taken for a machine was a person, or the other way round; figures follow. Raises TooEarly."""
    hit = Hit.objects.select_for_update().get(pk=hit.pk)
    if hit.machine is None or hit.trap:
        raise TooEarly
    hit.machine, hit.judged_by, hit.judged_at = not hit.machine, by, now
    hit.save(update_fields=["machine", "judged_by", "judged_at"])
    if hit.message.contact_id:
        _flip_event(hit)


def _flip_event(hit: Hit) -> None:
    event = Event.objects.filter(source=OURS, message_id=_event_id(hit), happened_at=hit.at)
    if not event.update(machine=hit.machine):
        raise TooEarly
    day = Organisation.current().today(hit.at)
    EventMark.objects.create(person=event.get().person, day=day)
