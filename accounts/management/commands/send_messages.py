"""`manage.py send_messages`: what is due has gone out when it ends."""

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.messages import mailings
from accounts.models import Message, Outbox

LONGEST = timedelta(hours=12)


class Command(BaseCommand):
    help = "Sends the messages that are due, here and now, instead of with the timetable."

    def handle(self, *args: Any, **options: Any) -> None:
        sent = mailings.turn(timezone.now() + LONGEST)
        self.stdout.write(_("Messages sent: %(messages)s.") % {"messages": sent})
        if left := Message.objects.due(timezone.now()).count():
            self.stderr.write(_("Messages that still wait: %(messages)s.") % {"messages": left})
        for outbox in Outbox.objects.exclude(paused_at=None):
            self.stderr.write(
                _("Paused: %(medium)s. %(why)s") % {"medium": outbox, "why": outbox.paused_because}
            )
