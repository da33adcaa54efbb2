"""What the rules have to know of a language. Each is declared in a module of its own name."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from surveys.checker.written import Written

Pattern = re.Pattern[str]
Rewordings = tuple[tuple[Pattern, str], ...]


@dataclass(frozen=True)
class Joined:
    """Two things asked at once: the words that join them, and two questions instead, where they can be made."""

    words: str
    first: str = ""
    second: str = ""


@dataclass(frozen=True)
class Options:
    """How options are recognised by their words."""

    leaves_open: Pattern
    covers_all: Pattern
    yes: Pattern
    no: Pattern
    good: Pattern
    bad: Pattern
    neutral: Pattern
    negated: Pattern
    not_at_all: Pattern
    ordered: Pattern
    other: str


@dataclass(frozen=True)
class Ranges:
    """`under`, `up_to`, `over`, `from_on`: patterns with one group, the number; `between`: two groups.

    `below` and `above`: an option for what is less than ~, and for ~ and more. `units`: two of them cannot be compared.
    """

    between: Pattern
    under: Pattern
    up_to: Pattern
    over: Pattern
    from_on: Pattern
    units: tuple[Pattern, ...]
    below: str
    above: str


@dataclass(frozen=True)
class Language:
    """`vague`: words, and what to write instead; None where the author alone knows.

    `degree`: names what a scale measures; `judged`: and asks for an opinion, not for an amount.
    `rating`: wordings instead of those that fit a scale of satisfaction, `direct`: any.
    """

    code: str
    most_words: int
    vague: tuple[tuple[Pattern, str | None], ...]
    how_often: Pattern
    time_frame: Pattern
    frame: str
    degree: Pattern
    judged: Pattern
    rating: Rewordings
    direct: Rewordings
    joined: Callable[[Written], list[Joined]]
    verbs: tuple[Pattern, ...]
    plain: Rewordings
    known: Pattern
    grid: Pattern
    options: Options
    ranges: Ranges
    stem: Callable[[str], str]
    stop_words: frozenset[str]
