"""Small charts as paths in a box of 100 × 24: a page of figures needs no script and no inline style."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, MARGIN = 100.0, 24.0, 2.0


@dataclass(frozen=True)
class Sparkline:
    line: str
    area: str
    end: str


def draw(values: Sequence[float | None]) -> Sparkline | None:
    """A gap for every None; None when fewer than two values are known."""
    known = [float(value) for value in values if value is not None]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    step = WIDTH / (len(values) - 1)
    runs = [
        [(index * step, height(float(value), low, high)) for index, value in run] for run in unbroken(values)
    ]
    line = " ".join(path(run) for run in runs)
    area = " ".join(f"{path(run)}V{HEIGHT:.0f}H{run[0][0]:.1f}Z" for run in runs)
    x, y = runs[-1][-1]
    return Sparkline(line, area, f"M{x:.1f} {y:.1f}h0")


def height(value: float, low: float, high: float) -> float:
    """From the top down; a line without any movement lies in the middle."""
    share = (value - low) / (high - low) if high > low else 0.5
    return HEIGHT - MARGIN - share * (HEIGHT - 2 * MARGIN)


def path(points: Sequence[tuple[float, float]]) -> str:
    steps = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f"M{steps}" if len(points) > 1 else f"M{steps}h0"


def unbroken(values: Sequence[float | None]) -> list[list[tuple[int, float]]]:
    runs: list[list[tuple[int, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((index, value))
    return [run for run in runs if run]
