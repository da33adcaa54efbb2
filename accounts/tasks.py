from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from accounts import actions, duplicates, feeds, idempotency
from accounts.connectors import acts
from accounts.connectors import queue as calls
from accounts.imports import undo
from accounts.intake import partitions, worker
from accounts.messages import hits, mailings
from accounts.notices import chat
from accounts.notices import sending as notices
from accounts.rollups import passes, rebuilding
from accounts.services import apply_values_that_came_due
from accounts.webhooks import delivering

# A task gives its worker back before the next minute's work comes; that goes on where this was.
SLICE = timedelta(seconds=50)

# Of the intake: the next one comes within seconds.
SHORT = timedelta(seconds=20)


@shared_task
def take_events() -> None:
    """What came in becomes events, and what these change is rolled up."""
    now = timezone.now()
    worker.turn(now + SHORT)
    passes.roll_up(now + 2 * SHORT)


@shared_task
def act_on_calls() -> None:
    """What mail providers and Stripe said."""
    calls.turn(acts.ACTS, timezone.now() + SHORT)


@shared_task
def forget_calls() -> None:
    calls.forget(timezone.now())


@shared_task
def roll_up_anew() -> None:
    """When names, goals or the time zone changed; also what somebody began."""
    now = timezone.now()
    rebuilding.start_when_due()
    for job in rebuilding.due(now):
        rebuilding.work_on(job, until=now + SLICE)


@shared_task
def make_partitions() -> None:
    partitions.make_ahead(timezone.now())


@shared_task
def apply_dated_values() -> None:
    apply_values_that_came_due(timezone.now())


@shared_task
def forget_answers() -> None:
    idempotency.forget(timezone.now())


@shared_task
def note_feeds() -> None:
    """What came in from where: what metrics say they are complete to."""
    feeds.note(timezone.now())


@shared_task
def judge_hits() -> None:
    """Which opens and clicks were a person's."""
    hits.settle(timezone.now())


@shared_task
def undo_imports() -> None:
    """What is due is found in the rows, so that a lost message or a second worker does no harm."""
    until = timezone.now() + SLICE
    for job in undo.due(timezone.now()):
        undo.work_on(job, until=until)


@shared_task
def change_many() -> None:
    until = timezone.now() + SLICE
    for job in actions.due(timezone.now()):
        actions.work_on(job, until=until)


@shared_task
def send_messages(*, medium: str) -> None:
    """Each medium by itself: a long mailing holds up no SMS, and a slow provider of SMS no mail."""
    mailings.turn(timezone.now() + SLICE, media=[medium])


@shared_task
def find_duplicates() -> None:
    duplicates.search(timezone.now())


@shared_task
def deliver_webhooks() -> None:
    delivering.turn(timezone.now() + SHORT)


@shared_task
def forget_deliveries() -> None:
    delivering.forget(timezone.now())
    chat.forget(timezone.now())


@shared_task
def send_notices() -> None:
    """Mails and posts to our own people."""
    notices.turn(timezone.now() + SHORT)
