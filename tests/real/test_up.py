import pytest

from tests.real.installation import wait_for


@pytest.mark.servers
def test_readme_command_shows_a_sign_in_page_and_stops_when_told(installation):
    installation.start()

    status, page = installation.get("/")
    assert status == 200
    assert 'type="password"' in page
    assert installation.url.replace("127.0.0.1", "localhost") in installation.output()

    assert installation.stop() == 0
    assert installation.pids() == set()


def test_kill_9_of_up_ends_the_others_and_keeps_the_data(installation):
    installation.start()
    assert 'type="password"' in installation.get("/")[1]
    with installation.servers._connect("cxhub") as connection:
        assert connection.execute("SELECT count(*) FROM accounts_membership").fetchone() > (20,)
        connection.execute("INSERT INTO accounts_team (name) VALUES ('Kept')")
    postgres = installation.servers._postgres_pid()
    wait_for(lambda: len(installation.pids("gunicorn")) >= 2)
    wait_for(lambda: len(installation.pids("celery")) >= 3)

    installation.kill(installation.up_pid())

    wait_for(lambda: installation.pids() == set(), lambda: f"still there: {installation.pids()}", patience=40)

    installation.process.wait(10)
    installation.up()
    assert installation.servers._postgres_pid() == postgres
    with installation.servers._connect("cxhub") as connection:
        assert connection.execute("SELECT count(*) FROM accounts_team WHERE name = 'Kept'").fetchone() == (1,)
    assert installation.stop() == 0
    assert installation.servers._postgres_pid() is None
    assert installation.servers._valkey_pid() is None


@pytest.mark.long
def test_whatever_is_killed_is_started_again(installation):
    installation.up()
    up = installation.up_pid()
    before = installation.pids() - {up}
    servers = {installation.servers._postgres_pid(), installation.servers._valkey_pid()}

    for pid in before | servers:
        installation.kill(pid)

    wait_for(lambda: installation.ready().get("database") == "failing" or installation.get("/readyz")[0] == 0)
    wait_for(lambda: installation.get("/readyz")[0] == 200, installation.output)
    wait_for(lambda: len(installation.pids("celery")) >= 3, installation.output)
    assert installation.up_pid() == up
    assert not before & installation.pids()
    assert "starting it again" in installation.output()
