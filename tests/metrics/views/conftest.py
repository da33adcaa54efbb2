import pytest


@pytest.fixture
def computed(db):
    """A run has filled the current values."""
    from django.utils import timezone

    from accounts.models import Job

    now = timezone.now()
    return Job.objects.create(kind="recompute.full", state=Job.State.DONE, started_at=now, finished_at=now)
