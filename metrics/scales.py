"""Where values and their intervals stand on a line that is 100 wide. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

STEPS = (0.05, 0.1, 0.2, 0.25, 0.5, 1.0)
MARGIN = 0.08


@dataclass(frozen=True)
class Scale:
    start: float
    end: float

    def at(self, value: float) -> float:
        """Between 0 and 100."""
        share = (value - self.start) / (self.end - self.start)
        return round(100 * min(max(share, 0.0), 1.0), 2)


@dataclass(frozen=True)
class Mark:
    """A value with its interval: a dot on a bar."""

    point: float
    low: float | None
    high: float | None
    zero: float | None

    @property
    def width(self) -> float:
        return round(self.high - self.low, 2) if self.low is not None and self.high is not None else 0.0


def scale_of(values: Iterable[float | None], unit: str) -> Scale | None:
    """Shares and counts begin at 0, which is where a bar of them begins; a share's scale ends at a round one."""
    known = [float(value) for value in values if value is not None]
    if not known:
        return None
    low, high = min(known), max(known)
    if low >= 0:
        end = next((step for step in STEPS if step >= high), high) if unit == "%" else high * (1 + MARGIN)
        return Scale(0.0, end or 1.0)
    room = (high - low) * MARGIN or 1.0
    return Scale(low - room, max(high, 0.0) + room)


def mark(scale: Scale, value: float, low: float | None = None, high: float | None = None) -> Mark:
    return Mark(
        point=scale.at(float(value)),
        low=None if low is None else scale.at(float(low)),
        high=None if high is None else scale.at(float(high)),
        zero=scale.at(0.0) if scale.start < 0 < scale.end else None,
    )
