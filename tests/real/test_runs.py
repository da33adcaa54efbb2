"""Runs over everybody in real processes that are killed: nothing is lost, nothing is doubled."""

import random
import subprocess
from contextlib import suppress

import psycopg
import pytest
from celery import Celery
from kombu.exceptions import OperationalError
from redis import RedisError

from tests.real.installation import NIGHT_IS_OVER, ROOT, wait_for

# Their ids lie so far apart that each is a range of its own, and a run takes long enough to be killed in its midst.
ACCOUNTS = [5_000 * number + 1 for number in range(1, 13)]
WORKER = "celery --app cxhub --quiet worker"
STORED = {
    "metrics_currentvalue": "account_id, definition_id, numerator, denominator, value",
    "metrics_accountsnapshot": "account_id, definition_id, day, numerator, denominator, value",
}


FILL_ACCOUNTS = """
INSERT INTO accounts_account (id, name, industry, country, website, acquired_channel, acquired_campaign, internal,
                              stage, segment, tier, region)
SELECT id, 'Account', '', '', '', '', '', false, 'live', '', '', '' FROM unnest(%s::bigint[]) id
"""
FILL_SUBSCRIPTIONS = """
INSERT INTO accounts_subscription (account_id, reference, kind, price, interval, interval_count, quantity,
                                   discount_percent, discount_amount, currency, starts, cancel_reason)
SELECT id, '', 'paid', id, 'month', 1, 1, 0, 0, 'USD', date '2024-01-01', '' FROM accounts_account
"""


@pytest.fixture(scope="module")
def house(running):
    """Web, workers and timetable with some accounts, of which nothing is stored yet."""
    return House(running)


class House:
    def __init__(self, installation):
        self.installation = installation
        self.servers = installation.servers
        # Of whoever was here before.
        self.ask("TRUNCATE accounts_account, accounts_touched CASCADE")
        self.ask(FILL_ACCOUNTS, ACCOUNTS)
        self.ask(FILL_SUBSCRIPTIONS)
        # The night's run is another test's; that yesterday is kept makes it part of ours.
        self.ask("INSERT INTO metrics_storedday (day) VALUES (current_date - 1) ON CONFLICT DO NOTHING")
        self.ask(NIGHT_IS_OVER)

    def ask(self, statement, *parameters):
        with self.servers._connect("cxhub") as connection:
            cursor = connection.execute(statement, parameters)
            return cursor.fetchall() if cursor.description else []

    def tick(self):
        """What the timetable does each minute, now; as often as it takes to reach the broker."""
        transport = {"global_keyprefix": "cxhub:", "socket_connect_timeout": 2}
        app = Celery(
            "tick", broker=self.servers.redis_url, broker_transport_options=transport, set_as_current=False
        )

        def is_sent():
            with suppress(OperationalError, RedisError, OSError):
                app.send_task("metrics.tasks.tick", retry=False)
                return True
            return False

        wait_for(is_sent)
        app.close()

    def forget_values(self):
        for table in (*STORED, "metrics_populationvalue", "accounts_touched"):
            self.ask(f"DELETE FROM {table}")

    def start_run(self):
        """Over everybody, with yesterday; returns when workers are in its midst."""
        known = {job for (job,) in self.ask("SELECT id FROM accounts_job")}
        self.ask("INSERT INTO accounts_touched (account_id, earliest_day) VALUES (NULL, date '0001-01-01')")
        self.tick()
        (job,) = wait_for_rows(
            self, "SELECT id FROM accounts_job WHERE kind = 'recompute.full' AND id <> ALL(%s)", [*known]
        )
        wait_for(lambda: self.job(job)[1] >= 3, self.installation.output)
        state, done, total = self.job(job)
        assert (state, total) == ("running", 2 * len(ACCOUNTS))
        assert done < total
        return job

    def job(self, job):
        ((state, done, total),) = self.ask("SELECT state, done, total FROM accounts_job WHERE id = %s", job)
        return state, done, total

    def wait_until_done(self):
        """However often that takes: the timetable would tick each minute, which is long for a test."""

        def is_done():
            ((left,),) = self.ask("SELECT count(*) FROM accounts_job WHERE state IN ('waiting', 'running')")
            ((marks,),) = self.ask("SELECT count(*) FROM accounts_touched")
            if left or marks:
                self.ticks += 1
                if self.ticks % 20 == 0:
                    self.tick()
            return not left and not marks

        self.ticks = 0
        wait_for(is_done, self.installation.output)

    ticks = 0

    def stored(self):
        """Every stored row, with the transaction that wrote it."""
        return {
            table: set(self.ask(f"SELECT {columns}, xmin::text FROM {table}"))
            for table, columns in STORED.items()
        }

    def mrr(self, table="metrics_currentvalue"):
        of_mrr = "JOIN metrics_definition d ON d.id = definition_id WHERE d.key = 'mrr'"
        return dict(self.ask(f"SELECT account_id, numerator FROM {table} {of_mrr}"))

    def everybodys_mrr(self):
        ((value,),) = self.ask(
            "SELECT value FROM metrics_populationvalue JOIN metrics_definition d ON d.id = definition_id"
            " WHERE d.key = 'mrr' AND dimension = '' ORDER BY day DESC LIMIT 1"
        )
        return value


def wait_for_rows(house, statement, *parameters):
    found = []
    wait_for(lambda: found.extend(house.ask(statement, *parameters)) or found, house.installation.output)
    return found[0]


def assert_nothing_is_lost_or_doubled(house, job):
    assert house.job(job) == ("done", 2 * len(ACCOUNTS), 2 * len(ACCOUNTS))
    assert house.mrr() == house.mrr("metrics_accountsnapshot") == {account: account for account in ACCOUNTS}
    assert house.everybodys_mrr() == sum(ACCOUNTS)
    assert house.ask("SELECT count(*) FROM metrics_accountrange") == [(0,)]


def assert_an_undisturbed_run_changes_nothing(house):
    before = house.stored()
    house.installation.run("recompute", "--days", "1")
    house.wait_until_done()
    assert house.stored() == before


def workers(house):
    return house.installation.pids("celery") & house.installation.pids("worker")


@pytest.mark.long
def test_a_run_outlives_its_killed_workers(house):
    house.forget_values()
    job = house.start_run()
    killed = workers(house)
    assert len(killed) >= 3  # the one that receives and those that work

    house.installation.kill_all(killed)
    state, done, total = house.job(job)
    assert state == "running"
    assert done < total

    house.wait_until_done()
    assert_nothing_is_lost_or_doubled(house, job)
    assert_an_undisturbed_run_changes_nothing(house)


@pytest.mark.long
def test_a_run_goes_on_when_the_broker_is_back(house):
    house.forget_values()
    job = house.start_run()
    broker = house.servers._valkey_pid()

    house.installation.kill(broker)
    wait_for(lambda: house.servers._valkey_pid() not in {None, broker}, house.installation.output)

    house.wait_until_done()
    assert_nothing_is_lost_or_doubled(house, job)


@pytest.mark.long
def test_runs_at_once_store_what_one_stores(house):
    house.forget_values()
    job = house.start_run()

    beside = [
        subprocess.Popen(
            house.installation.manage("recompute", "--days", "1"),
            cwd=ROOT,
            env=house.installation.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [process.communicate(timeout=120)[0] for process in beside]

    assert [process.returncode for process in beside] == [0, 0], outputs
    house.wait_until_done()
    assert_nothing_is_lost_or_doubled(house, job)
    assert_an_undisturbed_run_changes_nothing(house)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(6))
def test_whatever_is_killed_a_run_comes_to_its_end(house, seed):
    """Workers, broker and database, again and again while touched accounts come in."""
    chance = random.Random(seed)
    house.forget_values()
    job = house.start_run()

    for _ in range(4):
        target = chance.choice(["worker", "workers", "broker", "database"])
        if target == "broker":
            house.installation.kill(house.servers._valkey_pid())
            wait_for(house.servers._valkey_pid, house.installation.output)
        elif target == "database":
            house.installation.kill(house.servers._postgres_pid())
            wait_for(lambda: answers(house), house.installation.output)
        elif running := sorted(workers(house)):
            house.installation.kill_all(set(running) if target == "workers" else {chance.choice(running)})
        with suppress(psycopg.Error):
            house.ask("UPDATE accounts_subscription SET quantity = 1, cancel_reason = %s", f"{seed}")
        house.tick()
        wait_for(lambda: answers(house), house.installation.output)

    house.wait_until_done()
    assert_nothing_is_lost_or_doubled(house, job)
    assert_an_undisturbed_run_changes_nothing(house)


def answers(house):
    with suppress(psycopg.Error, OSError):
        return house.ask("SELECT 1") == [(1,)]
    return False
