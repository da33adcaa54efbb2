from celery import shared_task
from django.utils import timezone

from surveys import anonymous, follow_ups, invitations, pictures, releases, reminders, triggers


@shared_task
def ask() -> None:
    """Whom what happened asks for, who was asked, and who is reminded."""
    triggers.turn(timezone.now)
    now = timezone.now()
    invitations.keep(now)
    reminders.remind_due(now)


@shared_task
def hear() -> None:
    """Answers that name nobody of which there are enough, and low ones that nobody has followed up."""
    now = timezone.now()
    anonymous.release(now)
    releases.release(now)
    follow_ups.escalate(now)


@shared_task
def flag_answered() -> None:
    anonymous.flag()


@shared_task
def forget_pictures() -> None:
    pictures.forget_unused(timezone.now())
