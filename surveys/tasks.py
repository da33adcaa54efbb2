from celery import shared_task
from django.utils import timezone

from surveys import invitations, reminders, triggers


@shared_task
def ask() -> None:
    """Whom what happened asks for, who was asked, and who is reminded."""
    triggers.turn(timezone.now)
    now = timezone.now()
    invitations.keep(now)
    reminders.remind_due(now)
