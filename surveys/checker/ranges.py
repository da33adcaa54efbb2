"""Options that are ranges of numbers: “1–5”, “6 to 10”, «أكثر من ١٠»."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise

from accounts.texts import search_key
from surveys.checker.language import Ranges
from surveys.checker.written import Written

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_THOUSANDS = re.compile(r"(?<=[0-9])[,٬](?=[0-9]{3}(?![0-9]))")


@dataclass(frozen=True)
class Range:
    """Both ends belong to it; None where it has none."""

    words: str
    low: Decimal | None
    high: Decimal | None


def read(options: Iterable[str], ranges: Ranges) -> list[Range]:
    """In their order on the line. Empty unless all are ranges of one unit, and at least one is more than a number."""
    texts = list(options)
    step = _step(texts)
    found = [_read(text, ranges, step) for text in texts]
    known = [one for one in found if one]
    if len(known) < max(2, len(texts)) or len(_units(texts, ranges)) > 1:
        return []
    if all(one.low == one.high for one in known):
        return []
    return sorted(known, key=lambda one: (one.low is not None, one.low or 0))


def _units(texts: list[str], ranges: Ranges) -> set[int]:
    return {place for place, unit in enumerate(ranges.units) for text in texts if Written(text).has(unit)}


def _step(texts: list[str]) -> Decimal:
    """How far apart two neighbours are: 1, or 0.1 where somebody wrote tenths."""
    places = max(
        (len(number.partition(".")[2]) for text in texts for number in _NUMBER.findall(_plain(text))),
        default=0,
    )
    return Decimal(1).scaleb(-places)


def _plain(text: str) -> str:
    return _THOUSANDS.sub("", search_key(text)).replace("٫", ".")


def _read(text: str, ranges: Ranges, step: Decimal) -> Range | None:
    plain = _plain(text)
    if match := ranges.between.search(plain):
        return Range(text, _number(match), _number(match, 2))
    for pattern, is_high, change in (
        (ranges.under, True, -step),
        (ranges.over, False, step),
        (ranges.up_to, True, Decimal(0)),
        (ranges.from_on, False, Decimal(0)),
    ):
        if match := pattern.search(plain):
            end = Decimal((match[1] or match[match.lastindex or 1]).strip(".")) + change
            return Range(text, None, end) if is_high else Range(text, end, None)
    numbers = _NUMBER.findall(plain)
    return Range(text, Decimal(numbers[0]), Decimal(numbers[0])) if len(numbers) == 1 else None


def _number(match: re.Match[str], group: int = 1) -> Decimal:
    return Decimal(match[group].strip("."))


def with_low(text: str, low: Decimal) -> str:
    """The same option, its first number another, in the digits that it is written in."""
    digits = str(low)
    if re.search("[٠-٩]", text):
        digits = digits.translate(str.maketrans("0123456789.", "٠١٢٣٤٥٦٧٨٩٫"))
    return re.sub(r"[0-9٠-٩]+(?:[.,٫٬][0-9٠-٩]+)*", digits, text, count=1)


def overlaps(known: list[Range]) -> list[tuple[Range, Range]]:
    return [
        (one, other)
        for one, other in pairwise(known)
        if other.low is None or one.high is None or other.low <= one.high
    ]


def gaps(known: list[Range], step: Decimal) -> list[tuple[Decimal, Decimal]]:
    """From the first number that is missing to the last."""
    return [
        (one.high + step, other.low - step)
        for one, other in pairwise(known)
        if one.high is not None and other.low is not None and other.low - one.high > step
    ]


def step_of(known: list[Range]) -> Decimal:
    return _step([one.words for one in known])
