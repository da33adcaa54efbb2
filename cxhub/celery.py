"""The Celery app and the whole timetable."""

import os
import warnings
from typing import Any

from celery import Celery
from celery.platforms import SecurityWarning
from celery.schedules import crontab
from celery.signals import setup_logging, worker_init

from cxhub.garbage import leave_what_is_loaded

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cxhub.settings")

# It warns of workers that run as root because of pickled messages; ours read JSON alone.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("cxhub")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_django_does(**_: Any) -> None:
    """Celery would otherwise put its own handlers in place of those of the settings."""


@worker_init.connect
def settle(**_: Any) -> None:
    """Before it makes its processes, which share what is loaded."""
    leave_what_is_loaded()


# When and how often; what is done stands in the tasks. Tasks ask for due rows, so a second beat does no harm.
app.conf.beat_schedule = {
    # Without a worker for a day, a thousand of them would wait for it.
    "recompute": {"task": "metrics.tasks.tick", "schedule": 60.0, "options": {"expires": 55}},
    # With the minute of the recompute, what came in is in the figures within 90 seconds.
    "events": {"task": "accounts.tasks.take_events", "schedule": 10.0, "options": {"expires": 9}},
    "calls": {"task": "accounts.tasks.act_on_calls", "schedule": 10.0, "options": {"expires": 9}},
    "rollups": {"task": "accounts.tasks.roll_up_anew", "schedule": 60.0, "options": {"expires": 55}},
    "webhooks": {"task": "accounts.tasks.deliver_webhooks", "schedule": 5.0, "options": {"expires": 4}},
    "partitions": {"task": "accounts.tasks.make_partitions", "schedule": crontab(hour="1", minute="11")},
    # After the values that they may ask for.
    "populations": {
        "task": "metrics.tasks.refresh_populations",
        "schedule": 300.0,
        "options": {"expires": 290},
    },
    **{
        f"messages_{medium}": {
            "task": "accounts.tasks.send_messages",
            "schedule": 10.0,
            "kwargs": {"medium": medium},
            "options": {"expires": 9},
        }
        for medium in ("email", "sms")
    },
    # After the runs that it tells of.
    "runs": {"task": "cxhub.tasks.tell_of_runs", "schedule": 60.0, "options": {"expires": 55}},
    "notices": {"task": "accounts.tasks.send_notices", "schedule": 60.0, "options": {"expires": 55}},
    "surveys": {"task": "surveys.tasks.ask", "schedule": 60.0, "options": {"expires": 55}},
    "responses": {"task": "surveys.tasks.hear", "schedule": 60.0, "options": {"expires": 55}},
    "answered": {"task": "surveys.tasks.flag_answered", "schedule": crontab(hour="3", minute="29")},
    "pictures": {"task": "surveys.tasks.forget_pictures", "schedule": crontab(hour="3", minute="53")},
    "hits": {"task": "accounts.tasks.judge_hits", "schedule": 30.0, "options": {"expires": 29}},
    "undo": {"task": "accounts.tasks.undo_imports", "schedule": 60.0, "options": {"expires": 55}},
    "actions": {"task": "accounts.tasks.change_many", "schedule": 60.0, "options": {"expires": 55}},
    # Hourly, for the day begins when it begins in the organisation's time zone.
    "dated_values": {"task": "accounts.tasks.apply_dated_values", "schedule": crontab(minute="1")},
    "imports": {"task": "cxhub.tasks.take_up_imports", "schedule": 60.0, "options": {"expires": 55}},
    "feeds": {"task": "accounts.tasks.note_feeds", "schedule": 300.0, "options": {"expires": 280}},
    "quality": {"task": "cxhub.tasks.look_at_quality", "schedule": crontab(minute="37")},
    "forget_answers": {"task": "accounts.tasks.forget_answers", "schedule": crontab(minute="23")},
    "forget_calls": {"task": "accounts.tasks.forget_calls", "schedule": crontab(hour="3", minute="41")},
    "forget_deliveries": {
        "task": "accounts.tasks.forget_deliveries",
        "schedule": crontab(hour="3", minute="7"),
    },
    "find_duplicates": {"task": "accounts.tasks.find_duplicates", "schedule": crontab(hour="2", minute="47")},
    "erasures": {"task": "cxhub.tasks.erase_persons", "schedule": 60.0, "options": {"expires": 55}},
    "retention": {"task": "cxhub.tasks.apply_retention", "schedule": crontab(hour="2", minute="41")},
    "sweep": {"task": "cxhub.tasks.sweep", "schedule": crontab(hour="3", minute="17")},
}
