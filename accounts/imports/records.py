"""What every kind of file is read into: a row at a time, each with the line on which it begins."""

from collections.abc import Iterator
from dataclasses import dataclass


class Unreadable(ValueError):
    """The file as a whole cannot be read in this way."""


@dataclass(frozen=True)
class Broken:
    """A row that is not even a row."""

    reason: str
    column: str = ""
    value: str = ""


Records = Iterator[tuple[int, list[str] | Broken]]
