"""A text as words that can be searched in their folded form and told as they were written."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from accounts.texts import search_key

_MARKS = "\u0610-\u061a\u064b-\u065f\u0670"
# What stands in quotes is somebody's name for something, and so is a placeholder.
_QUOTED = r'"[^"]*"|“[^”]*”|«[^»]*»'
_WORD = re.compile(rf"({_QUOTED}|\{{\w+\}})|[\w{_MARKS}]+(?:['’‑-][\w{_MARKS}]+)*|[^\w\s]")
NAME = "{}"
STOPS = ".?!؟:;؛"
_ENDED = re.compile(rf"[{STOPS},،]")


def phrase(*alternatives: str) -> re.Pattern[str]:
    """Any of these as whole words. Each is a pattern over folded words, one space apart, without capitals."""
    return re.compile(rf"(?<![^ ])(?:{'|'.join(map(search_key, alternatives))})(?![^ ])")


def listed(words: str) -> frozenset[str]:
    """Folded, of words with spaces between them."""
    return frozenset(search_key(words).split(" "))


@dataclass(frozen=True)
class Word:
    start: int
    end: int
    folded: str


def _folded(word: str) -> str:
    """Without spaces, which some signs are folded to; "" of a word of nothing but tatweel."""
    return search_key(word).replace("’", "'").replace(" ", "")


@dataclass(frozen=True)
class Found:
    """From the word at `first` to the one before `after`."""

    first: int
    after: int
    match: re.Match[str]


@dataclass(frozen=True)
class Written:
    text: str

    @cached_property
    def words(self) -> tuple[Word, ...]:
        found = (
            Word(*match.span(), NAME if match[1] else _folded(match[0]))
            for match in _WORD.finditer(self.text)
        )
        return tuple(word for word in found if word.folded)

    @cached_property
    def folded(self) -> str:
        return " ".join(word.folded for word in self.words)

    @cached_property
    def _starts(self) -> list[int]:
        starts, at = [], 0
        for word in self.words:
            starts.append(at)
            at += len(word.folded) + 1
        return starts

    @property
    def length(self) -> int:
        """In words."""
        return sum(word.folded[0].isalnum() or word.folded == NAME for word in self.words)

    def found(self, pattern: re.Pattern[str]) -> Iterator[Found]:
        """Where it stands, but for names."""
        for match in pattern.finditer(self.folded):
            found = Found(self._at(match.start()), self._at(match.end() - 1) + 1, match)
            if not self._is_name(found):
                yield found

    def said(self, *patterns: re.Pattern[str]) -> tuple[str, ...]:
        """The places of these patterns in their order, as written, each once."""
        places = sorted((found.first, found.after) for pattern in patterns for found in self.found(pattern))
        return tuple(dict.fromkeys(self.slice(*place) for place in places))

    def has(self, pattern: re.Pattern[str]) -> bool:
        return any(True for _ in self.found(pattern))

    def slice(self, first: int, after: int) -> str:
        return self.text[self.words[first].start : self.words[after - 1].end] if first < after else ""

    def group(self, match: re.Match[str], number: int) -> str:
        start, end = match.span(number)
        return self.slice(self._at(start), self._at(end - 1) + 1) if start < end else ""

    def _at(self, offset: int) -> int:
        return bisect_right(self._starts, offset) - 1

    def _is_name(self, found: Found) -> bool:
        """Capitals inside a sentence: “Feeling Lucky”, a month. Not where every word has one."""
        begins = found.first == 0 or self.words[found.first - 1].folded in STOPS
        return (
            not begins and not self._is_title and all(map(self._is_capital, range(found.first, found.after)))
        )

    def are_names(self, places: Iterable[int]) -> bool:
        return not self._is_title and all(map(self._is_capital, places))

    def _is_capital(self, place: int) -> bool:
        word = self.text[self.words[place].start : self.words[place].end]
        return word[0].isupper() and word[1:].islower()

    @cached_property
    def _is_title(self) -> bool:
        letters = [place for place, word in enumerate(self.words) if word.folded[0].isalpha()]
        return sum(map(self._is_capital, letters)) * 2 > len(letters)


def reworded(written: Written, table: tuple[tuple[re.Pattern[str], str], ...]) -> str:
    """The first wording that fits the whole text; “~” is what its pattern left open. "" where none does."""
    for pattern, wording in table:
        if match := pattern.fullmatch(written.folded):
            rest = written.group(match, match.lastindex) if match.lastindex else ""
            return wording.replace("~", rest)
    return ""


def whole(*alternatives: str) -> re.Pattern[str]:
    """The text in full, whatever mark ends it."""
    return re.compile(rf"(?:{'|'.join(map(search_key, alternatives))})(?: [.?!؟:])*")
