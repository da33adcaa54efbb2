"""What came in, through to the figures: as the timetable does it, but all at once and for whoever waits for it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.rollups import passes
from metrics import recompute

# Within the time limit of a task; what is left then is the timetable's.
LONGEST = timedelta(minutes=6)


def take_in(now: datetime, clock: Callable[[], datetime] = timezone.now) -> int:
    """All that was accepted by now is in its accounts' current values; how many marks of touched accounts that were."""
    passes.catch_up(now)
    recompute.start_night(clock())
    return recompute.recompute_touched(now + LONGEST)
