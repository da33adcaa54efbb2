"""Is it alive, and can it work? For load balancers and the operator's watch: names of checks, never details."""

import hmac
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from redis import RedisError

from accounts.models import Job

# The timetable recomputes touched accounts every minute and everything at night.
LATEST_RECOMPUTE = timedelta(hours=26)


def database_answers() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return cursor.fetchone() == (1,)


def broker_answers() -> bool:
    cache.get("ready")
    return True


def migrations_are_applied() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def figures_are_fresh() -> bool:
    """A new installation has computed nothing yet, which is no fault of it."""
    finished = Job.objects.filter(kind__startswith="recompute.", state=Job.State.DONE)
    last = finished.aggregate(last=Max("finished_at"))["last"]
    return last is None or last > timezone.now() - LATEST_RECOMPUTE


CHECKS: dict[str, Callable[[], bool]] = {
    "database": database_answers,
    "broker": broker_answers,
    "migrations": migrations_are_applied,
    "recompute": figures_are_fresh,
}


def passes(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except (DatabaseError, RedisError):
        return False


@login_not_required
@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@login_not_required
@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    checks = {name: passes(check) for name, check in CHECKS.items()}
    is_ready = all(checks.values())
    answer = {
        "ready": is_ready,
        "checks": {name: "ok" if fine else "failing" for name, fine in checks.items()},
    }
    return JsonResponse(answer, status=200 if is_ready else 503)


@login_not_required
@never_cache
@require_safe
def prometheus(request: HttpRequest) -> HttpResponse:
    """Only for whoever has the token; where none is set there is no such page."""
    expected, given = f"Bearer {settings.PROMETHEUS_TOKEN}", request.headers.get("Authorization", "")
    if not settings.PROMETHEUS_TOKEN or not hmac.compare_digest(given.encode(), expected.encode()):
        return HttpResponseNotFound()
    return ExportToDjangoView(request)
