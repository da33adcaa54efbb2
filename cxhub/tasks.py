from celery import shared_task
from django.core.management import call_command


@shared_task
def sweep() -> None:
    """Sessions and sign-in attempts that have expired."""
    call_command("clearsessions")
    call_command("axes_reset_logs", age=90)
