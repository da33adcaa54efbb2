"""How long things take, measured so that a busy machine harms all of them alike."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Timing:
    """Seconds of every repetition."""

    seconds: list[float]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    def as_json(self) -> dict[str, Any]:
        return {
            "median": round(self.median, 5),
            "min": round(min(self.seconds), 5),
            "max": round(max(self.seconds), 5),
            "repetitions": len(self.seconds),
        }


@dataclass(frozen=True)
class Ratio:
    """How many times as long as another thing, repetition by repetition: both ran one right after the other."""

    pairs: list[float]

    @classmethod
    def of(cls, timing: Timing, floor: Timing) -> "Ratio":
        return cls([a / b for a, b in zip(timing.seconds, floor.seconds, strict=True)])

    @property
    def median(self) -> float:
        return statistics.median(self.pairs)

    def as_json(self) -> dict[str, Any]:
        return {
            "median": round(self.median, 3),
            "min": round(min(self.pairs), 3),
            "max": round(max(self.pairs), 3),
        }


def seconds_of(piece: Callable[[], object]) -> float:
    start = time.perf_counter()
    piece()
    return time.perf_counter() - start


def interleaved(pieces: Mapping[str, Callable[[], object]], repetitions: int) -> dict[str, Timing]:
    """A B C A B C …"""
    seconds: dict[str, list[float]] = {name: [] for name in pieces}
    for _repetition in range(repetitions):
        for name, piece in pieces.items():
            seconds[name].append(seconds_of(piece))
    return {name: Timing(found) for name, found in seconds.items()}
