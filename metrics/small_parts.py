"""Which parts of a whole can be shown without saying what a few people answered."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

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


def settled(releases: Iterable[tuple[datetime, Any, int]]) -> datetime | None:
    """The last of the releases with which each part had enough more than at the one before, or none.

    `releases`: in their order, how many of each part.
    """
    last, more = None, Counter[Any]()
    for moment, parts in groupby(releases, key=itemgetter(0)):
        more.update({part: count for _moment, part, count in parts})
        if min(more.values()) >= LEAST:
            last, more = moment, Counter()
    return last
