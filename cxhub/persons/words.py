"""What tells that a text speaks of a person: their names, addresses and numbers in the spellings that people use.

A sign is one or more patterns that must all be found in the text's search key (see accounts.texts), where case, Arabic
letters and digits are folded. The patterns are of that part of regular expressions which Python and PostgreSQL share.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from accounts.texts import search_key

# What may stand beside a word, as a class of characters.
BESIDE = r" !-/:-@\[-`{-~،؛؟٪٫٬«»“”‘’„–—·•"
BEGINS, ENDS = f"(?<![^{BESIDE}])", f"(?![^{BESIDE}])"
# "and", "for", "with", "so", "like" are written in one with an Arabic word, and so is "the".
ARABIC_PREFIX = "[ولبفك]?(ال)?"
IN_ADDRESSES = "a-z0-9._%+-"
BETWEEN_DIGITS = r"[ ().\/-]{0,3}"
# Of a number written with its country and without: the part that is in both. What is shorter is an extension.
LONGEST_PART, SHORTEST_PART = 9, 7
SHORTEST_WORD = 3
ESCAPES = r'\\[nrtbf"\\/]'

# Of ASCII alone the search key is the text in small letters, and made in a third of the time, in every row there is.
FOLDED = (
    "CASE WHEN octet_length({text}) = length({text})"
    " THEN replace(replace(translate(lower({text}), E'\\t\\n\\x0b\\f\\r', '     '), '  ', ' '), '  ', ' ')"
    " ELSE cxhub_search_key({text}) END"
)

Sign = tuple[str, ...]


def word(text: str) -> str:
    is_arabic = "\u0600" <= text[0] <= "\u06ff"
    return f"{BEGINS}{ARABIC_PREFIX if is_arabic else ''}{re.escape(text)}{ENDS}"


def words_of(name: str) -> list[str]:
    return [part for part in re.split(f"[{BESIDE}]+", search_key(name)) if part]


def of_name(name: str) -> list[Sign]:
    """All its words, in any order: a file may have them in two columns. One word alone may be anybody's."""
    parts = words_of(name)
    return [tuple(word(part) for part in parts)] if len(parts) > 1 else []


def of_address(email: str) -> list[Sign]:
    """Also as it stands in a web address."""
    pattern = re.escape(search_key(email)).replace("@", "(@|%40)")
    return [(f"(?<![{IN_ADDRESSES}]){pattern}(?![a-z0-9-]|[.][a-z0-9])",)] if email else []


def of_number(phone: str) -> list[Sign]:
    digits = re.sub("[^0-9]", "", search_key(phone))
    if len(digits) < SHORTEST_PART:
        return []
    return [(BETWEEN_DIGITS.join(digits[-LONGEST_PART:]) + "(?![0-9])",)]


@dataclass(frozen=True)
class Words:
    """Of one person, all that they are or were known by."""

    names: frozenset[str] = field(default_factory=frozenset)
    emails: frozenset[str] = field(default_factory=frozenset)
    phones: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def signs(self) -> list[Sign]:
        """By which they are told from everybody else."""
        named = [sign for name in sorted(self.names) for sign in of_name(name)]
        numbered = [sign for phone in sorted(self.phones) for sign in of_number(phone)]
        return named + numbered + self.addresses

    @cached_property
    def addresses(self) -> list[Sign]:
        """What nobody else has, not even a namesake or somebody at the same desk."""
        return [sign for email in sorted(self.emails) for sign in of_address(email)]

    @cached_property
    def hints(self) -> list[Sign]:
        """In texts that are about them anyway, a single word of a name is enough."""
        parts = {part for name in self.names for part in words_of(name) if len(part) >= SHORTEST_WORD}
        return self.signs + [(word(part),) for part in sorted(parts)]

    def are_in(self, text: str) -> bool:
        return any_in(self._compiled, search_key(text))

    @cached_property
    def _compiled(self) -> list[list[re.Pattern[str]]]:
        return compiled(self.signs)

    def without(self, value: Any, signs: Sequence[Sign] | None = None) -> Any:
        """What JSON can hold, the texts and numbers that speak of them emptied."""
        return emptied(value, self._compiled if signs is None else compiled(signs))


def compiled(signs: Iterable[Sign]) -> list[list[re.Pattern[str]]]:
    return [[re.compile(pattern) for pattern in sign] for sign in signs]


def any_in(signs: Iterable[Iterable[re.Pattern[str]]], key: str) -> bool:
    return any(all(pattern.search(key) for pattern in sign) for sign in signs)


def emptied(value: Any, signs: list[list[re.Pattern[str]]]) -> Any:
    if isinstance(value, dict):
        return {str(emptied(key, signs)): emptied(of_key, signs) for key, of_key in value.items()}
    if isinstance(value, list):
        return [emptied(one, signs) for one in value]
    if value is None or isinstance(value, bool):
        return value
    return "" if any_in(signs, search_key(str(value))) else value


# In SQL


def found_in(text: str, signs: Sequence[Sign]) -> tuple[str, list[str]]:
    """A condition on an SQL expression for a text, and its parameters."""
    if not signs:
        return "false", []
    anyone = [" AND ".join(["k ~ %s"] * len(sign)) for sign in signs]
    condition = f"(SELECT {' OR '.join(anyone)} FROM (SELECT {FOLDED.format(text=text)} OFFSET 0) folded (k))"
    return condition, [pattern for sign in signs for pattern in sign]


def in_json(column: str) -> str:
    """Its texts and numbers as one text. Two that stand apart may be found as one: who reads closer decides."""
    return f"regexp_replace({column}::text, '{ESCAPES}', ' ', 'g')"
