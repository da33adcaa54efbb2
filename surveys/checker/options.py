"""Rules on what is offered to choose from."""

import re
from collections.abc import Iterator

from django.utils.translation import gettext as _

from accounts.texts import search_key
from surveys.checker import ranges
from surveys.checker.asked import Asked, Survey
from surveys.checker.degrees import is_graded
from surveys.checker.findings import Finding, Rule
from surveys.checker.written import Written
from surveys.content import CHOOSING, Kind

ONE_ANSWER = frozenset({Kind.ONE, Kind.DROPDOWN, Kind.PICTURE})
FEW, ALPHABETICAL = 3, 6
# Percentages end here, and nothing begins below.
WHOLE = 100
_DIGIT = re.compile("[0-9]")


def complete(asked: Asked) -> Iterator[Finding]:
    known = ranges.read(_closed_ones(asked), asked.language.ranges)
    if known:
        yield from _open_ends(asked, known)
        yield from _gaps(asked, known)
    elif _lacks_other(asked):
        other = asked.language.options.other
        better = _("Add “%(option)s”, so that everybody finds an answer that is true.") % {"option": other}
        yield asked.finding(Rule.COMPLETE, asked.options, better)


def _closed_ones(asked: Asked) -> list[str]:
    """Without “other”, “none”, “I don't know”."""
    return [text for text in asked.options if not Written(text).has(asked.language.options.leaves_open)]


def _lacks_other(asked: Asked) -> bool:
    if not asked.options or asked.question.kind == Kind.RANKING or asked.question.has_other:
        return False
    if asked.has_validated_options or len(_closed_ones(asked)) < len(asked.options):
        return False
    return not _is_yes_no(asked) and not is_graded(asked) and not _is_ordered(asked)


def _is_yes_no(asked: Asked) -> bool:
    keys = [" ".join(word.folded for word in Written(text).words) for text in asked.options]
    patterns = asked.language.options
    return any(map(patterns.yes.fullmatch, keys)) and any(map(patterns.no.fullmatch, keys))


def _open_ends(asked: Asked, known: list[ranges.Range]) -> Iterator[Finding]:
    least, most = known[0], known[-1]
    step = ranges.step_of(known)
    percents = any(sign in text for text in asked.options for sign in "%٪")
    missing = []
    if least.low is not None and least.low > step:
        missing.append((least.words, asked.language.ranges.below.replace("~", str(least.low))))
    if most.high is not None and not (percents and most.high >= WHOLE):
        missing.append((most.words, asked.language.ranges.above.replace("~", str(most.high + step))))
    for words, option in missing:
        better = _("Add “%(option)s”, so that everybody finds an answer that is true.") % {"option": option}
        yield asked.finding(Rule.COMPLETE, [words], better)


def _gaps(asked: Asked, known: list[ranges.Range]) -> Iterator[Finding]:
    step = ranges.step_of(known)
    for first, last in ranges.gaps(known, step):
        option = f"{first}–{last}" if first != last else str(first)
        around = [one.words for one in known if one.high == first - step or one.low == last + step]
        better = _("Add “%(option)s”, so that everybody finds an answer that is true.") % {"option": option}
        yield asked.finding(Rule.COMPLETE, around, better)


def exclusive(asked: Asked) -> Iterator[Finding]:
    yield from _overlaps(asked)
    yield from _twice(asked)
    if asked.question.kind in ONE_ANSWER:
        yield from _all_of_the_above(asked)


def _overlaps(asked: Asked) -> Iterator[Finding]:
    known = ranges.read(_closed_ones(asked), asked.language.ranges)
    for one, other in ranges.overlaps(known):
        better = _("Let each begin after the one before it ends.")
        if one.high is not None and other.low is not None and other.low == one.high != other.high:
            apart = ranges.with_low(other.words, one.high + ranges.step_of(known))
            better = _("“%(first)s” and “%(second)s”") % {"first": one.words, "second": apart}
        yield asked.finding(Rule.EXCLUSIVE, [one.words, other.words], better)


def _twice(asked: Asked) -> Iterator[Finding]:
    by_key: dict[str, list[str]] = {}
    for text in asked.options:
        by_key.setdefault(search_key(text), []).append(text)
    for same in by_key.values():
        if len(same) > 1:
            yield asked.finding(Rule.EXCLUSIVE, same, _("Keep one of them."))


def _all_of_the_above(asked: Asked) -> Iterator[Finding]:
    pattern = asked.language.options.covers_all
    said = [text for text in asked.options if any(_is_whole(Written(text), pattern))]
    if said:
        better = _("Let several be chosen, and leave this one out.")
        yield asked.finding(Rule.EXCLUSIVE, said, better)


def _is_whole(written: Written, pattern: re.Pattern[str]) -> Iterator[bool]:
    for found in written.found(pattern):
        yield found.first == 0 and (found.after == len(written.words) or found.after > 1)


def shuffled(survey: Survey) -> Iterator[Finding]:
    for question in survey.content.questions:
        asked = survey.in_first_language(question.key)
        if (
            question.kind not in CHOOSING
            or question.is_shuffled
            or not asked
            or len(_closed_ones(asked)) < FEW
        ):
            continue
        in_all = [one for one in survey.asked if one.question.key == question.key]
        if not any(_has_order(one) for one in in_all):
            better = _("Have them shuffled: what stands first is chosen more often.")
            yield Finding(Rule.SHUFFLED, question.key, "", asked.options, better)


def _has_order(asked: Asked) -> bool:
    closed = _closed_ones(asked)
    keys = [search_key(text) for text in closed]
    is_alphabetical = len(closed) >= ALPHABETICAL and keys == sorted(keys)
    return is_alphabetical or _is_yes_no(asked) or is_graded(asked) or _is_ordered(asked)


def _is_ordered(asked: Asked) -> bool:
    """Numbers, days, frequencies, sizes, levels: all but at most one say so."""
    closed = _closed_ones(asked)
    patterns = (asked.language.options.ordered, *asked.language.ranges.units)
    telling = sum(
        bool(_DIGIT.search(search_key(text))) or any(map(Written(text).has, patterns)) for text in closed
    )
    numbers = ranges.read(closed, asked.language.ranges)
    return bool(numbers) or (telling > 1 and telling >= len(closed) - 1)
