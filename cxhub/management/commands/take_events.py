"""`manage.py take_events`: what came in is in the figures when it ends."""

import time
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import IntakeBatch
from cxhub.arrivals import take_in


class Command(BaseCommand):
    help = (
        "Takes in the events that wait, rolls them up and computes the figures of their accounts, here and now,"
        " instead of with the timetable."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        waiting, begun = IntakeBatch.objects.count(), time.monotonic()
        take_in(timezone.now())
        left = IntakeBatch.objects.count()
        done = {"batches": max(waiting - left, 0), "seconds": f"{time.monotonic() - begun:.1f}"}
        self.stdout.write(_("Batches taken: %(batches)s, in %(seconds)s s.") % done)
        if left:
            self.stderr.write(_("Batches that still wait: %(batches)s.") % {"batches": left})
