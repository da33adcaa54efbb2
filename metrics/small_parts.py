"""Which parts of a whole can be shown without saying what a few people answered."""

from collections.abc import Mapping
from typing import TypeVar

from surveys.anonymous import LEAST

Key = TypeVar("Key")


def shown_of(sizes: Mapping[Key, int]) -> list[Key]:
    """The parts that have enough, where all the others together have enough as well, or there are none."""
    ordered, hidden = sorted(sizes, key=lambda key: (sizes[key], str(key))), 0
    for place, key in enumerate(ordered):
        if sizes[key] >= LEAST and (hidden == 0 or hidden >= LEAST):
            return ordered[place:]
        hidden += sizes[key]
    return []
