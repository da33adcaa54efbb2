"""What every kind of file is read into: a row at a time, each with the line on which it begins."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass


class Unreadable(ValueError):
    """The file as a whole cannot be read in this way."""


@dataclass(frozen=True)
class Broken:
    """A row that is not even a row."""

    reason: str
    column: str = ""
    value: str = ""


class Flawed(list[str]):
    """A row with cells that say what stands in the file, but cannot be taken: why, by their place."""

    def __init__(self, cells: Iterable[str], wrong: dict[int, str]) -> None:
        super().__init__(cells)
        self.wrong = wrong


UNDECODED = re.compile("[\ud800-\udfff]")


def is_text(cell: str) -> bool:
    return "\0" not in cell and (cell.isascii() or not UNDECODED.search(cell))


def storable(text: str) -> str:
    """As a database and a page can hold it: what could not be decoded is no letter, and NUL has a sign."""
    return UNDECODED.sub("\ufffd", text).replace("\0", "\u2400")


Records = Iterator[tuple[int, list[str] | Broken]]
