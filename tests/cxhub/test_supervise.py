import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cxhub import supervise
from cxhub.supervise import Child, Supervisor

ROOT = Path(__file__).resolve().parents[2]
SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
FAIL = [sys.executable, "-c", "raise SystemExit(3)"]


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(supervise, "TICK", 0.02)
    monkeypatch.setattr(supervise, "BACKOFF", (0.05, 0.05))
    kept = {kind: signal.getsignal(kind) for kind in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    yield
    for kind, handler in kept.items():
        signal.signal(kind, handler)


def later(seconds, action):
    timer = threading.Timer(seconds, action)
    timer.start()
    return timer


def test_stops_when_told_and_in_order():
    said, children = [], [Child("first", SLEEP), Child("second", SLEEP)]
    timer = later(0.5, lambda: os.kill(os.getpid(), signal.SIGTERM))

    code = Supervisor(children, said.append).run()

    timer.join()
    assert (code, said) == (0, ["Stopping."])
    assert [child.process.returncode for child in children] == [-signal.SIGTERM] * 2


def test_killed_child_is_started_again():
    said, child = [], Child("worker", SLEEP)

    def kill_then_stop():
        child.process.kill()
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGINT)

    timer = later(0.3, kill_then_stop)

    code = Supervisor([child], said.append).run()

    timer.join()
    assert code == 0
    assert said == ["worker ended with code -9; starting it again in 0.05 s.", "Stopping."]


def test_child_that_is_killed_again_and_again_is_started_each_time():
    said, child, seen = [], Child("worker", SLEEP), set()

    def kill_then_stop():
        while len(seen) < 5:
            process = child.process
            if process.pid not in seen:
                seen.add(process.pid)
                process.kill()
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    timer = later(0.3, kill_then_stop)

    code = Supervisor([child], said.append).run()

    timer.join()
    assert code == 0
    assert said.count("worker ended with code -9; starting it again in 0.05 s.") >= 4


def test_child_that_has_nothing_to_do_ends_everything():
    said, timer = [], later(5, lambda: os.kill(os.getpid(), signal.SIGINT))

    code = Supervisor([Child("worker", [sys.executable, "-c", ""])], said.append).run()

    timer.cancel()
    assert code == 1
    assert said[-2:] == ["worker does not keep running. Its messages above say why.", "Stopping."]


def test_child_that_cannot_run_ends_everything():
    said, steady = [], Child("web", SLEEP)

    code = Supervisor([steady, Child("worker", FAIL)], said.append).run()

    assert code == 1
    assert said[-2:] == ["worker does not keep running. Its messages above say why.", "Stopping."]
    assert steady.process.poll() is not None


def test_deaf_child_is_killed(monkeypatch):
    monkeypatch.setattr(supervise, "PATIENCE", 0.3)
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
    child = Child("deaf", [sys.executable, "-c", deaf])
    child.start()
    time.sleep(0.3)

    child.stop()

    assert child.process.returncode in {-signal.SIGKILL, -signal.SIGTERM}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_children_die_with_a_killed_parent():
    script = (
        "import time; from cxhub.supervise import Child\n"
        f"child = Child('c', {SLEEP!r}); child.start(); print(child.process.pid, flush=True); time.sleep(600)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as parent:
        pid = int(parent.stdout.readline())
        parent.kill()

    deadline = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_running(pid)


def is_running(pid):
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
