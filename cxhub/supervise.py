"""Keeps a few processes running until somebody says stop, then ends them in order."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

BACKOFF = (0.5, 1, 2, 4, 8, 16, 30)  # seconds before the first, second, … start in a row
STEADY = 30  # seconds after which a process counts as running well
PATIENCE = 30  # seconds for what is under way when asked to stop
TICK = 0.2

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def _die_with_parent() -> None:
    """In the child before it becomes the program: kill -9 of us must not leave it serving."""
    if _libc:
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class Child:
    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0
    failures: int = 0
    due: float = 0

    def start(self) -> None:
        self.process = subprocess.Popen(
            self.command,
            env=os.environ | self.environment,
            stdin=subprocess.DEVNULL,
            # Ctrl-C reaches us alone, so that the order of stopping is ours.
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509  we have one thread
        )
        self.started = time.monotonic()

    def stop(self) -> None:
        """By its own pid: a worker told together with its pool cannot finish what is under way."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Supervisor:
    def __init__(
        self, children: Sequence[Child], say: Callable[[str], None], every: Callable[[], None] = lambda: None
    ) -> None:
        """`every` is called each few seconds, for what else should be kept alive."""
        self.children = children
        self.say = say
        self.every = every
        self.is_stopping = False

    def run(self) -> int:
        """Returns the exit code: 0 after being told to stop, 1 when a process could not be kept running."""
        for kind in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(kind, self._stop)
        try:
            for child in self.children:
                child.start()
            return self._watch()
        finally:
            self.is_stopping = True
            self.say("Stopping.")
            for child in self.children:
                child.stop()

    def _stop(self, *_: object) -> None:
        self.is_stopping = True

    def _watch(self) -> int:
        ticks = 0
        while not self.is_stopping:
            time.sleep(TICK)
            ticks += 1
            if ticks % 25 == 0:
                self.every()
            if not all(self._keep(child) for child in self.children if not self.is_stopping):
                return 1
        return 0

    def _keep(self, child: Child) -> bool:
        """False when it is beyond help."""
        now = time.monotonic()
        if child.due:
            if now >= child.due:
                child.due = 0
                child.start()
            return True
        if child.process is None or child.process.poll() is None:
            return True
        child.failures = 1 if now - child.started > STEADY else child.failures + 1
        # Who was killed can run, however often that happens.
        if child.failures > len(BACKOFF) and child.process.returncode >= 0:
            self.say(f"{child.name} does not keep running. Its messages above say why.")
            return False
        wait = BACKOFF[min(child.failures, len(BACKOFF)) - 1]
        self.say(f"{child.name} ended with code {child.process.returncode}; starting it again in {wait:g} s.")
        child.due = now + wait
        return True
