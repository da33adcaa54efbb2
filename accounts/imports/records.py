"""What every kind of file is read into: a row at a time, each with the line on which it begins."""

import re
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


UNDECODED = re.compile("[\ud800-\udfff]")


def storable(text: str) -> str:
    """As a database and a page can hold it: what could not be decoded is no letter, and NUL has a sign."""
    return UNDECODED.sub("\ufffd", text).replace("\0", "\u2400")


Records = Iterator[tuple[int, list[str] | Broken]]
