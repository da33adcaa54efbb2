"""A whole installation in real processes, started as the README says, in a var folder and on a port of its own."""

import json
import os
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from cxhub.embedded import Embedded, free_port

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 120
# What a shell may say about an installation stays out, but for the servers to test against.
PASSED_ON = {"PATH", "HOME", "LANG", "TMPDIR", "DATABASE_URL", "REDIS_URL"}
# The timetable has nothing left to do for yesterday.
NIGHT_IS_OVER = """
INSERT INTO accounts_job (kind, key, parameters, state, done, position, result)
SELECT 'recompute.night', 'night ' || day, '{}', 'done', 0, '{}', '{}'
FROM generate_series(current_date - 1, current_date, '1 day') moment, LATERAL (SELECT moment::date AS day) days
ON CONFLICT DO NOTHING
"""


class Installation:
    def __init__(self, **environment):
        self.var = ROOT / "var" / f"real-{uuid4().hex[:8]}"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        passed_on = {name: value for name, value in os.environ.items() if name in PASSED_ON}
        own = {"PORT": str(self.port), "CXHUB_VAR": str(self.var), "CXHUB_WEB_PROCESSES": "1"}
        self.environment = passed_on | own | environment
        self.servers = Embedded(self.var, self.environment)
        self.log = self.var / "up.log"
        self.process = None

    def start(self, *command):
        """`make run`, unless another command is given; returns when it is ready."""
        self.var.mkdir(parents=True, exist_ok=True)
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command or ["make", "run"],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait_until_ready()
        return self

    def up(self):
        """Without demo data."""
        return self.start(*self.manage("up"))

    def manage(self, *arguments):
        return [str(ROOT / ".venv" / "bin" / "python"), "manage.py", *arguments]

    def run(self, *arguments):
        """A management command beside it; its output."""
        done = subprocess.run(
            self.manage(*arguments), cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def wait_until_ready(self):
        wait_for(lambda: self.process.poll() is not None or self.get("/readyz")[0] == 200, self.output)
        assert self.process.poll() is None, self.output()

    def output(self):
        return self.log.read_text() if self.log.exists() else ""

    def get(self, path):
        """Status and body; status 0 while nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read().decode()
        except OSError:
            return 0, ""

    def ready(self):
        status, body = self.get("/readyz")
        return json.loads(body)["checks"] if status in {200, 503} else {}

    def pids(self, word=""):
        """Of the processes that belong to this installation, by its var folder in their environment."""
        return {pid for pid, command in running(f"CXHUB_VAR={self.var}") if word in command}

    def up_pid(self):
        """The manage.py that watches the others; make and its shell stand before it."""
        (pid,) = (
            pid
            for pid, command in running(f"CXHUB_VAR={self.var}")
            if "manage.py up" in command and "make" not in command
        )
        return pid

    def stop(self):
        """As Ctrl-C or a service manager would."""
        os.kill(self.up_pid(), signal.SIGTERM)
        return self.process.wait(PATIENCE)

    def kill(self, pid):
        os.kill(pid, signal.SIGKILL)

    def kill_all(self, pids):
        """Parents first: one that outlives its child starts another, which would answer alone for a while."""
        self._signal(sorted(pids), signal.SIGKILL)
        wait_for(lambda: not pids & self.pids(), lambda: f"still there: {pids}")

    @contextmanager
    def without_workers(self):
        """They stand still within the block, and go on after it."""
        workers = self.pids("celery --app cxhub --quiet worker")
        assert workers
        self._signal(workers, signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(workers, signal.SIGCONT)

    def _signal(self, pids, kind):
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, kind)

    def remove(self):
        self._signal(self.pids(), signal.SIGKILL)
        if self.process:
            self.process.wait(PATIENCE)
        self.servers.stop()
        shutil.rmtree(self.servers.home, ignore_errors=True)
        shutil.rmtree(self.var, ignore_errors=True)


def running(marker):
    """Pid and command line of every process with the marker in its environment."""
    for folder in Path("/proc").iterdir():
        with suppress(OSError):
            if folder.name.isdigit() and marker.encode() in (folder / "environ").read_bytes().split(b"\0"):
                state = (folder / "stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z":
                    yield int(folder.name), (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()


def wait_for(condition, explain=str, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.1)
