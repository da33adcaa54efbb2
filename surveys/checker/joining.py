"""Where two things are asked at once, and the two questions that ask them apart."""

from collections.abc import Iterator
from itertools import pairwise

from surveys.checker.language import Joined, Pattern
from surveys.checker.written import Found, Written

ASKED = "?؟"


def second_questions(written: Written) -> Iterator[Joined]:
    """All that follows the first mark of a question, if it ends with another."""
    marks = [place for place, word in enumerate(written.words) if word.folded in ASKED]
    for earlier, later in pairwise(marks):
        if later - earlier > 1:
            yield Joined(written.slice(earlier + 1, later + 1))


def outside(written: Written, joiners: Pattern, fixed: Pattern) -> Iterator[Found]:
    """Words that join others, but for those inside fixed expressions."""
    taken = [match.span() for match in fixed.finditer(written.folded)]
    for found in written.found(joiners):
        start, end = found.match.span()
        if not any(first <= start and end <= last for first, last in taken):
            yield found


def without(written: Written, first: int, after: int) -> str:
    """The text without the words from `first` to before `after`."""
    before = written.text[: written.words[first].start].rstrip()
    rest = written.text[written.words[after - 1].end :] if first < after else written.text
    return before + rest


def said(written: Written, found: Found, after: int) -> str:
    """From the word before the one that joins to before `after`."""
    before = written.words[found.first - 1]
    return written.slice(found.first - before.folded[0].isalnum(), after)
