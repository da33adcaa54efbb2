"""A mailing from its draft to its end: scheduled, queued when its time has come, paused, stopped, and what came of it.

Each step is one conditional UPDATE: of two at once, one happens.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import connection, transaction
from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from accounts.messages import letters, mails, recipients, sending, sms
from accounts.messages.recipients import Recipient
from accounts.models import Goal, Letter, Mailing, Message, Organisation, User
from accounts.models.outboxes import Medium
from accounts.notices.kinds import MAILING_FINISHED
from accounts.notices.telling import tell
from accounts.taxonomy import PAGE, SCREEN

State = Message.State
# It is not over while some of these are left.
OPEN = (State.WAITING, State.SENDING)
SKIPPED = """
SELECT m.contact_id, m.account_id, a.name, m.name, m.address, m.language, m.values,
  CASE WHEN m.state = 'skipped' THEN m.reason ELSE '' END, CASE WHEN m.reason = 'no_value' THEN m.answer ELSE '' END
FROM accounts_message m JOIN accounts_account a ON a.id = m.account_id
WHERE m.mailing_id = %(mailing)s"""
# What was being handed over is not sent yet.
COUNTED_AS_SENT = (State.SENT, State.DELIVERED, State.UNKNOWN, State.BOUNCED)
# Of messages that left, what came of each stands in its delivery.
COUNTED = """
count(*), count(*) FILTER (WHERE arrived), count(d.opened_at) FILTER (WHERE arrived),
  count(d.clicked_at) FILTER (WHERE arrived), count(*) FILTER (WHERE bounced),
  count(d.unsubscribed_at) FILTER (WHERE arrived), count(d.complained_at) FILTER (WHERE arrived),
  count(d.replied_at) FILTER (WHERE arrived)"""
# Not every server says what it delivered: what somebody did something with has arrived too.
SENT = """
FROM accounts_message m LEFT JOIN accounts_delivery d
  ON d.person = cxhub_digest('cxhub', 'contact', m.contact_id::text) AND d.mail = m.id::text,
LATERAL (SELECT m.state = 'bounced' OR d.bounced_at IS NOT NULL AS bounced) b,
LATERAL (SELECT NOT bounced AND (m.state = 'delivered' OR num_nonnulls(d.delivered_at, d.opened_at, d.clicked_at,
  d.replied_at, d.complained_at, d.unsubscribed_at) > 0) AS arrived) a
WHERE m.mailing_id = ANY(%(mailings)s) AND m.state = ANY(%(left)s)"""
# By the same person, once it was sent.
REACHED = """
count(*) FILTER (WHERE EXISTS (
  SELECT FROM accounts_activityday g
  WHERE g.account_id = m.account_id AND g.contact_id = m.contact_id AND NOT g.machine AND g.last_at > m.sent_at
    AND g.day BETWEEN (m.sent_at AT TIME ZONE %(zone)s)::date AND (m.sent_at AT TIME ZONE %(zone)s)::date + %(days)s
    AND g.name = ANY(%(names)s) AND (%(object)s = '' OR g.object = %(object)s)))"""
# Whoever reaches the goal later does not do so for the mailing.
DAYS_TO_THE_GOAL = 14


# What others do with a mailing's messages within the transaction that makes them.
WHEN_QUEUED: list[Callable[[Mailing, datetime], None]] = []


class NotReady(Exception):
    """What is wrong with the letter, in the words of the active language."""

    def __init__(self, problems: Sequence[letters.Problem]) -> None:
        super().__init__(problems)
        self.problems = problems


@dataclass(frozen=True)
class Results:
    """People of one mailing, each counted once; opens and clicks of machines are none. `reached`: its goal, if any.

    What anybody did with it is counted of those delivered, so that there are never more.
    """

    sent: int
    delivered: int
    opened: int
    clicked: int
    bounced: int
    unsubscribed: int
    complained: int
    replied: int
    reached: int | None

    @property
    def is_unreported(self) -> bool:
        """Some did not come back, and of none is it known that it arrived."""
        return not self.delivered and self.bounced < self.sent


# Who gets it


def counts(mailing: Mailing, now: datetime) -> dict[str, int]:
    """People by why they are skipped, those who get it by an empty text: as of now, or as it was queued."""
    if not mailing.queued_at:
        return recipients.counts(mailing, now)
    skipped = (
        _messages(mailing).filter(state=State.SKIPPED).values_list("reason").annotate(people=Count("pk"))
    )
    others = _messages(mailing).exclude(state=State.SKIPPED).count()
    return dict(skipped) | ({"": others} if others else {})


def some(mailing: Mailing, now: datetime, skip: str, after: int = 0, most: int = 50) -> list[Recipient]:
    """Those of a reason, by the numbers of their contacts."""
    if not mailing.queued_at:
        return recipients.some(mailing, now, skip, after, most)
    of_reason = "m.state = 'skipped' AND m.reason = %(skip)s" if skip else "m.state <> 'skipped'"
    asked = f"{SKIPPED} AND {of_reason} AND m.contact_id > %(after)s ORDER BY m.contact_id LIMIT %(most)s"
    return _read(asked, mailing=mailing.pk, skip=skip, after=after, most=most)


def one(mailing: Mailing, now: datetime, contact: int | None) -> Recipient | None:
    """That one, or the first who gets it."""
    if not mailing.queued_at:
        return recipients.one(mailing, now, contact)
    if contact is None:
        return next(iter(some(mailing, now, "", most=1)), None)
    return next(
        iter(_read(f"{SKIPPED} AND m.contact_id = %(contact)s", mailing=mailing.pk, contact=contact)), None
    )


def preview(mailing: Mailing, recipient: Recipient) -> letters.Filled:
    """As that recipient gets it; its links lead where the letter says, and ours nowhere. Of an SMS the text alone."""
    if mailing.letter.medium == Medium.SMS:
        return letters.Filled("", sms.sample(mailing.letter, recipient, mailing.purpose), "")
    message = Message(letter=mailing.letter, language=recipient.language, values=recipient.values)
    return letters.fill_to_look_at(mails.ready(message, mails.house_of(message)), recipient.values)


# A draft


@transaction.atomic
def save(mailing: Mailing, texts: letters.Texts, by: User, medium: str = "") -> Mailing:
    """Letters are never changed: other texts make another one. Without a medium it stays."""
    before = mailing.letter if mailing.letter_id else None
    medium = medium or (before.medium if before else Medium.EMAIL)
    if before is None or (before.texts, before.medium) != (texts, medium):
        mailing.letter = Letter.objects.create(texts=dict(texts), medium=medium, made_by=by)
    mailing.made_by = mailing.made_by or by
    mailing.save()
    if before and before.pk != mailing.letter_id:
        _forget_unused(before)
    return mailing


def duplicate(mailing: Mailing, by: User) -> Mailing:
    kept = ("name", "population", "purpose", "letter", "language", "campaign", "goal")
    return Mailing.objects.create(made_by=by, **{name: getattr(mailing, name) for name in kept})


def _forget_unused(letter: Letter) -> None:
    unused = Letter.objects.filter(pk=letter.pk)
    for model in (Mailing, Message):
        unused = unused.exclude(Exists(model._default_manager.filter(letter=OuterRef("pk"))))
    unused.delete()


def send_test(mailing: Mailing, recipient: Recipient, to: User, language: str, now: datetime) -> Message:
    """To one of us, as the recipient would get it; it counts nowhere."""
    return Message.objects.create(
        key=f"{Message.TEST}{uuid4()}",
        letter=mailing.letter,
        medium=mailing.letter.medium,
        purpose=mailing.purpose,
        address=to.email,
        name=to.name,
        language=language,
        values=recipient.values,
        due_at=now,
    )


# Steps


def schedule(mailing: Mailing, due_at: datetime, now: datetime) -> bool:
    """Raises NotReady. False: it was no draft any more."""
    if problems := letters.problems(mailing.letter.texts, mailing.letter.medium):
        raise NotReady(problems)
    return _step(Mailing.objects.draft(), mailing, due_at=max(due_at, now))


def unschedule(mailing: Mailing) -> bool:
    """A draft again."""
    return _step(Mailing.objects.going().filter(queued_at=None), mailing, due_at=None, paused_at=None)


def pause(mailing: Mailing, now: datetime) -> bool:
    return _step(Mailing.objects.going().filter(paused_at=None), mailing, paused_at=now)


def resume(mailing: Mailing) -> bool:
    return _step(Mailing.objects.going().filter(paused_at__isnull=False), mailing, paused_at=None)


@transaction.atomic
def stop(mailing: Mailing, now: datetime) -> bool:
    """What has not left does not leave."""
    stopped = _step(Mailing.objects.going(), mailing, stopped_at=now)
    if stopped:
        _messages(mailing).filter(state=State.WAITING).update(state=State.STOPPED, changed_at=now)
    return stopped


def _step(those: Any, mailing: Mailing, **moments: datetime | None) -> bool:
    happened = bool(those.filter(pk=mailing.pk).update(**moments))
    mailing.refresh_from_db(fields=["due_at", "queued_at", "paused_at", "stopped_at", "finished_at"])
    return happened


# At its time


def turn(
    until: datetime, clock: Callable[[], datetime] = timezone.now, media: Collection[str] = tuple(Medium)
) -> int:
    """Queues the mailings that are due and sends what is, by these media; how many messages were sent."""
    queue_due(clock())
    sent = sending.turn(until, clock, media)
    finish(clock())
    return sent


def queue_due(now: datetime) -> None:
    while _queue_one(now):
        pass


@transaction.atomic
def _queue_one(now: datetime) -> bool:
    """All its messages or none."""
    due = Mailing.objects.due(now).select_for_update(skip_locked=True, of=("self",))
    mailing = due.select_related("letter", "population", "made_by").order_by("due_at", "pk").first()
    if mailing is None:
        return False
    recipients.queue(mailing, now)
    for then in WHEN_QUEUED:
        then(mailing, now)
    Mailing.objects.filter(pk=mailing.pk).update(queued_at=now)
    return True


@transaction.atomic
def finish(now: datetime) -> None:
    """Ends those of which nothing is left. What was being sent when it was stopped may have come back to wait."""
    waiting = Message.objects.filter(mailing__stopped_at__isnull=False, state=State.WAITING)
    waiting.update(state=State.STOPPED, changed_at=now)
    left = Message.objects.filter(mailing=OuterRef("pk"), state__in=OPEN)
    over = Mailing.objects.filter(~Exists(left), queued_at__isnull=False, finished_at=None, stopped_at=None)
    for mailing in over.select_for_update(skip_locked=True):
        Mailing.objects.filter(pk=mailing.pk).update(finished_at=now)
        payload = {"mailing": mailing.pk, "name": mailing.name}
        tell(MAILING_FINISHED, payload, now, to=[mailing.made_by_id], key=str(mailing.pk))


# What came of it


def progress(mailing: Mailing) -> dict[str, int]:
    """Its messages by state."""
    return dict(_messages(mailing).values_list("state").annotate(messages=Count("pk")))


def results(mailing: Mailing) -> Results:
    given: dict[str, Any] = {"mailings": [mailing.pk], "left": [*COUNTED_AS_SENT]}
    goal = mailing.goal
    if goal:
        is_page = goal.kind == Goal.Kind.PAGE
        given |= {
            "zone": Organisation.current().time_zone,
            "days": DAYS_TO_THE_GOAL,
            "names": [PAGE, SCREEN] if is_page else [goal.target],
            "object": goal.target if is_page else "",
        }
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COUNTED}, {REACHED if goal else 'NULL::bigint'} {SENT}", given)
        return Results(*cursor.fetchone())


def results_of(mailings: Sequence[int]) -> dict[int, Results]:
    """Of those that anybody was sent, but for their goals; by the mailing's number."""
    given: dict[str, Any] = {"mailings": list(mailings), "left": [*COUNTED_AS_SENT]}
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT m.mailing_id, {COUNTED}, NULL::bigint {SENT} GROUP BY 1", given)
        return {mailing: Results(*counted) for mailing, *counted in cursor.fetchall()}


def _messages(mailing: Mailing) -> Any:
    return Message.objects.filter(mailing=mailing).order_by()


def _read(asked: str, **given: Any) -> list[Recipient]:
    with connection.cursor() as cursor:
        cursor.execute(asked, given)
        return recipients.read(cursor.fetchall())
