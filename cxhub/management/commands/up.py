import socket
import sys
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.management import BaseCommand, CommandError, CommandParser, call_command
from django.db import connection
from django.utils import timezone

from accounts.models import Account, User
from cxhub.demo import PASSWORD, SIGN_INS
from cxhub.embedded import NotStarted
from cxhub.static_files import collect_static
from cxhub.supervise import Child, Supervisor
from metrics import memberships, recompute
from metrics.management.commands.recompute import past_days


class Command(BaseCommand):
    help = "Run everything: web, worker, timetable, and the servers below them where no URLs are set."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--demo", action="store_true", default=settings.DEMO, help="fill an empty database"
        )

    def handle(self, *args: Any, demo: bool, **options: Any) -> None:
        refuse_taken_port()
        self.say("Preparing.")
        call_command("migrate", interactive=False, verbosity=0, skip_checks=False)
        collect_static()
        if demo:
            self.seed()
        self.greet(has_demo=demo)
        # A connection must not be shared with the processes to come, nor be kept idle for weeks.
        connection.close()
        cache.close()
        code = Supervisor([web(), worker(), timetable()], self.say, every=self.revive_servers).run()
        sys.exit(code)

    def say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def revive_servers(self) -> None:
        try:
            settings.EMBEDDED.revive()
        except NotStarted as reason:
            self.say(str(reason))

    def seed(self) -> None:
        if not Account.objects.exists():
            self.say("Filling in demo data.")
            call_command("seed_demo", verbosity=0)
            call_command("recompute", verbosity=0)
            memberships.refresh_all(timezone.now())
            # Trends need the past, which the workers fill in while the pages can be read already.
            today = recompute.clock_at(timezone.now()).today
            recompute.start(recompute.BACKFILL, days=past_days(today, months=24, days=14), current=False)

    def greet(self, *, has_demo: bool) -> None:
        self.say(f"\ncxhub runs at {settings.URL}\n")
        if has_demo:
            for email, role in SIGN_INS:
                self.say(f"  {email:<28} {PASSWORD:<24} {role}")
        elif not User.objects.exists():
            self.say("There is no user yet. Make the first: .venv/bin/python manage.py createsuperuser")
        self.say("\nCtrl-C stops it.\n")


def refuse_taken_port() -> None:
    """Said at once, instead of a web process that is started again and again."""
    family = socket.AF_INET6 if ":" in settings.BIND else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.BIND, settings.PORT))
        except OSError as reason:
            raise CommandError(
                f"Cannot listen on {settings.BIND} port {settings.PORT}: {reason.strerror}."
                " PORT chooses another port."
            ) from reason


def web() -> Child:
    command = [sys.executable, "-m", "gunicorn", "cxhub.wsgi", "--worker-class", "gthread"]
    command += ["--bind", f"{settings.BIND}:{settings.PORT}"]
    command += ["--workers", str(settings.WEB_PROCESSES), "--threads", str(settings.WEB_THREADS)]
    command += [
        "--timeout",
        "60",
        "--graceful-timeout",
        "20",
        "--log-level",
        "warning",
        "--no-control-socket",
    ]
    return Child("web", command)


def worker() -> Child:
    # Told to stop, it goes on for CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT; what is not done then, the next worker gets.
    environment = {"REMAP_SIGTERM": "SIGQUIT"}
    return Child("worker", [*celery(), "worker", "--without-gossip", "--without-mingle"], environment)


def timetable() -> Child:
    return Child("beat", [*celery(), "beat", "--schedule", str(settings.VAR / "beat-schedule"), "--pidfile="])


def celery() -> list[str]:
    return [sys.executable, "-m", "celery", "--app", "cxhub", "--quiet"]
