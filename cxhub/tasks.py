from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from accounts import attachments
from accounts.imports import uploads, work
from accounts.models import Import, Organisation
from accounts.models.work import SILENCE
from accounts.quality import Looking
from cxhub import arrivals, ended, quality, retention
from cxhub.persons import erasing
from cxhub.resources import resource_of

# Well within the time limit of a task; what is left then is the next one's.
SLICE = timedelta(minutes=6)
# The next minute sends anew whatever nobody had time for.
EXPIRES = 55


@shared_task
def sweep() -> None:
    """Sessions and sign-in attempts that have expired, files whose time is over, and those that no row names."""
    call_command("clearsessions")
    call_command("axes_reset_logs", age=90)
    uploads.prune(timezone.now() - settings.UPLOADS_KEPT)
    attachments.prune(timezone.now())


@shared_task
def look_at_quality() -> None:
    quality.look(Looking(Organisation.current(), timezone.now()))


@shared_task
def take_up_imports() -> None:
    """Those that wait because nobody was told of them, and those whose worker died."""
    due = Import.objects.due(timezone.now() - SILENCE)
    for pk in due.order_by("pk").values_list("pk", flat=True):
        work_on_import.apply_async(kwargs={"planned": pk}, expires=EXPIRES)


@shared_task
def work_on_import(planned: int) -> None:
    found = Import.objects.with_jobs().get(pk=planned)
    work.work_on(found, resource_of(found.resource), until=timezone.now() + SLICE)


@shared_task
def take_in() -> None:
    """When somebody does not want to wait for the timetable."""
    arrivals.take_in(timezone.now())


@shared_task
def tell_of_runs() -> None:
    """Who began them."""
    ended.tell(timezone.now())


@shared_task
def erase_persons() -> None:
    """Those that wait, and those whose worker died."""
    for job in erasing.due(timezone.now()):
        erasing.work_on(job)


@shared_task
def apply_retention() -> None:
    """What is not done in time is the next night's."""
    retention.run(until=timezone.now() + SLICE)
