from celery import shared_task
from django.utils import timezone

from accounts import idempotency
from accounts.services import apply_values_that_came_due


@shared_task
def apply_dated_values() -> None:
    apply_values_that_came_due(timezone.now())


@shared_task
def forget_answers() -> None:
    idempotency.forget(timezone.now())
