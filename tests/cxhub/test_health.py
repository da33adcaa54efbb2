import pytest
from django.core.cache import cache
from django.db import OperationalError
from redis import ConnectionError as BrokerGone

from cxhub import health

FINE = {"database": "ok", "broker": "ok", "migrations": "ok", "recompute": "ok"}


def failing(error):
    def check():
        raise error

    return check


def test_alive_asks_nobody(client):
    answer = client.get("/healthz")

    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_ready_when_all_is_well(client, db):
    answer = client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"ready": True, "checks": FINE})


@pytest.mark.parametrize(
    ("name", "error"), [("database", OperationalError("secret host")), ("broker", BrokerGone("secret host"))]
)
def test_not_ready_names_the_check_and_no_detail(client, db, monkeypatch, name, error):
    monkeypatch.setitem(health.CHECKS, name, failing(error))

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"ready": False, "checks": FINE | {name: "failing"}}
    assert b"secret" not in answer.content


def test_missing_migration_is_not_ready(client, db):
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    MigrationRecorder(connection).record_unapplied("sessions", "0001_initial")

    assert client.get("/readyz").json()["checks"] == FINE | {"migrations": "failing"}


def test_database_that_has_what_migrations_replace_is_ready(client, db):
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader
    from django.db.migrations.recorder import MigrationRecorder

    recorder = MigrationRecorder(connection)
    replacing = MigrationLoader(connection).replacements
    replaced = [name for migration in replacing.values() for name in migration.replaces]
    for name in replacing:
        recorder.record_unapplied(*name)
    for name in replaced:
        recorder.record_applied(*name)

    assert len(replaced) == len(set(replaced)) == 65
    assert client.get("/readyz").json()["checks"] == FINE


def test_prometheus_does_not_exist_without_a_token(client, settings):
    settings.PROMETHEUS_TOKEN = ""

    assert client.get("/prometheus", headers={"Authorization": "Bearer "}).status_code == 404


def test_prometheus_answers_the_token_alone(client, settings):
    settings.PROMETHEUS_TOKEN = "watchman"

    assert client.get("/prometheus").status_code == 404
    assert client.get("/prometheus", headers={"Authorization": "Bearer other"}).status_code == 404
    answer = client.get("/prometheus", headers={"Authorization": "Bearer watchman"})
    assert answer.status_code == 200
    assert b"django_http_requests" in answer.content


def test_broker_is_really_asked(monkeypatch):
    asked = []
    monkeypatch.setattr(cache, "get", asked.append)

    health.broker_answers()

    assert asked == ["ready"]
