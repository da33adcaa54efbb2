"""The servers, the database and the cast of all tests.

This module is read before Django's settings are, so that the tests have servers, files and secrets of their own and
`make run` and `make test` can be used at once.
"""

import os
from pathlib import Path
from uuid import uuid4

import pytest
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).resolve().parent.parent
# Whatever the shell says about an installation must not reach the tests, but for the servers to test against.
for name in [
    name
    for name in os.environ
    if name.startswith("CXHUB_") and name not in {"CXHUB_REAL_DATA", "CXHUB_TEST_RUN"}
]:
    del os.environ[name]
os.environ |= {
    "CXHUB_VAR": str(ROOT / "var" / "test"),
    "CXHUB_LOG_LEVEL": "ERROR",
    "DJANGO_SETTINGS_MODULE": "cxhub.settings",
    "EMAIL_URL": "memorymail://",
}

from cxhub.embedded import Embedded, var_folder  # noqa: E402
from cxhub.garbage import leave_what_is_loaded  # noqa: E402

SERVERS = Embedded(var_folder())
# Where the two kinds of servers could differ: constraints, triggers, COPY, the engine, locks, the cache.
ALSO_ON_OTHER_SERVERS = {
    "accounts": [
        "test_api_races.py",
        "test_idempotency.py",
        "test_imports.py",
        "test_models.py",
        "test_services.py",
        "test_triggers.py",
        "test_undo_any.py",
    ],
    "intake": ["test_digests.py", "test_lines.py", "test_service.py", "test_worker.py"],
    "cxhub": ["test_health.py", "test_roles.py"],
    "metrics": [
        "test_evaluate.py",
        "test_recompute_at_once.py",
        "test_storing.py",
    ],
    "recompute": ["test_runs.py"],
    "rollups": ["test_rebuilding.py"],
}
# What the figures are compared with: loops that know nothing of the engine, sums on paper, another way to the same.
COMPARED = {
    "metrics": [
        "test_catalogue.py",
        "test_cohorts.py",
        "test_kept.py",
        "test_known_by.py",
        "test_merges.py",
        "test_movements.py",
        "test_naive.py",
        "test_splits.py",
    ],
    "rollups": ["test_oracle.py"],
    "intake": ["test_people_in_any_order.py"],
}


def pytest_configure(config: pytest.Config) -> None:
    SERVERS.enter(careless=True)
    config.add_cleanup(SERVERS.leave)

    from django.conf import settings

    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    # Else every client looks through all files, where somebody collected them: a quarter of the time.
    settings.WHITENOISE_AUTOREFRESH = True
    # Argon2 is slow on purpose; nobody steals the passwords of tests.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = f"test_{run_id()}"
    # Workers would keep connections open that a dropped database waits for.
    settings.DATABASES["default"]["CONN_MAX_AGE"] = 0


def pytest_collection_finish() -> None:
    """What is loaded by now stays: looking through it again and again for garbage took a tenth of the time."""
    leave_what_is_loaded()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.name in ALSO_ON_OTHER_SERVERS.get(item.path.parent.name, ()):
            item.add_marker(pytest.mark.servers)
        if item.path.name in COMPARED.get(item.path.parent.name, ()):
            item.add_marker(pytest.mark.naive)


def pytest_terminal_summary(terminalreporter) -> None:
    passed = [report.nodeid for report in terminalreporter.stats.get("passed", [])]
    compared = sum(name.startswith("tests/oracles/") for name in passed)
    if compared:
        terminalreporter.write_line(f"{compared} figures are those that others computed from real data.")


def run_id() -> str:
    """The same in all processes of one run and in no other run: several people may test at once."""
    return os.environ.setdefault("CXHUB_TEST_RUN", f"{os.getpid()}")


@pytest.fixture(scope="session", autouse=True)
def _forsaken_databases() -> None:
    """Runs that were killed left theirs behind."""
    if "PYTEST_XDIST_WORKER" in os.environ or not SERVERS.wants_postgres:
        return
    with SERVERS._connect("postgres") as connection:
        for (name,) in connection.execute(
            "SELECT datname FROM pg_database WHERE datname ~ '^test_[0-9]+'"
        ).fetchall():
            pid = name.removeprefix("test_").partition("_")[0]
            if pid != run_id() and not Path(f"/proc/{pid}").exists():
                connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix, django_db_blocker) -> None:
    from django.conf import settings

    from tests.migrated import template

    with django_db_blocker.unblock():
        settings.DATABASES["default"]["TEST"]["TEMPLATE"] = template()


@pytest.fixture(scope="session", autouse=True)
def _restored_at_once() -> None:
    """After tests that write for good; Django empties every table."""
    from django.test import TransactionTestCase

    from tests.migrated import restore

    TransactionTestCase._fixture_teardown = lambda _self: restore()


@pytest.fixture(scope="module", autouse=True)
def _swept(django_db_blocker):
    """What tests took back stays in the tables until somebody sweeps it up, and makes every statement slower."""
    from django.db import connection

    yield
    if connection.connection is None or connection.in_atomic_block:
        return
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(relname) FROM pg_stat_user_tables WHERE n_dead_tup > 5000")
        if tables := [name for (name,) in cursor.fetchall()]:
            cursor.execute(f"VACUUM {', '.join(tables)}")


@pytest.fixture(autouse=True)
def _own_cache() -> None:
    """Throttles and locks of one test are not those of the next."""
    from django.core.cache import cache

    cache.key_prefix = f"test-{uuid4()}"


@pytest.fixture(autouse=True)
def _own_language():
    """A page asked for in Arabic leaves that language active, as it does in a worker until the next request."""
    from django.utils import translation

    with translation.override("en"):
        yield


@pytest.fixture(scope="module")
def lasting(django_db_setup, django_db_blocker):
    """A transaction around all tests of the module: what is made in it is there for all of them, and gone after."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def team(db):
    from accounts.models import Team

    return Team.objects.create(name="North")


def _user(name: str, **fields):
    from accounts.models import User

    return User.objects.create_user(
        f"{name.lower()}@example.com", "correct horse battery", name=name, **fields
    )


@pytest.fixture
def alice(team):
    """Owns the accounts of the tests."""
    user = _user("Alice")
    user.teams.add(team)
    return user


@pytest.fixture
def bob(team):
    """Of Alice's team."""
    user = _user("Bob")
    user.teams.add(team)
    return user


@pytest.fixture
def charlie(db):
    """A stranger: what he may not see does not exist for him."""
    from accounts.models import Team

    user = _user("Charlie")
    user.teams.add(Team.objects.create(name="South"))
    return user


@pytest.fixture
def administrator(db):
    return _user("Ada", is_staff=True, is_superuser=True)


@pytest.fixture
def sign_in(client):
    """Signs somebody in without the form: `sign_in(alice).get("/")`."""

    def as_user(user):
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return as_user


def pytest_xdist_make_scheduler(config: pytest.Config, log):
    """Of `--dist loadscope`: what shares an installation stays together, all else goes wherever there is time."""
    return _Together(config, log) if config.getoption("dist") == "loadscope" else None


class _Together(LoadScopeScheduling):
    SHARING = "tests/real/running/"

    def _split_scope(self, nodeid: str) -> str:
        return self.SHARING if nodeid.startswith(self.SHARING) else nodeid
