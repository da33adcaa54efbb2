"""Rules on scales, and on options that are scales."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from surveys.checker.asked import Asked, Survey, words
from surveys.checker.findings import Finding, Rule
from surveys.checker.language import Options
from surveys.checker.written import Written
from surveys.content import CHOOSING, Kind

FEWEST, HALF = 3, 2
UNGRADED = frozenset({Kind.YES_NO, Kind.NUMBER})


def sense(text: str, options: Options) -> int | None:
    """-1 bad, 0 in between, 1 good; None where it judges nothing."""
    written = Written(text)
    if written.has(options.neutral):
        return 0
    if written.has(options.bad):
        return 1 if written.has(options.negated) and not written.has(options.not_at_all) else -1
    if written.has(options.good):
        return -1 if written.has(options.negated) else 1
    return None


def senses(asked: Asked) -> list[int]:
    """Of the options that judge, in their order."""
    told = (sense(text, asked.language.options) for text in asked.options)
    return [one for one in told if one is not None]


def is_graded(asked: Asked) -> bool:
    """Options that are the points of a scale: most judge, and at least one of them for or against."""
    told = senses(asked)
    return len(told) >= FEWEST - 1 and len(told) * HALF > len(asked.options) and any(told)


def graded(asked: Asked) -> Iterator[Finding]:
    yield from _unlabelled(asked)
    if asked.has_validated_options:
        return
    if asked.text.has(asked.language.judged):
        yield from _ungraded(asked)
    yield from _unbalanced(asked)


def _unlabelled(asked: Asked) -> Iterator[Finding]:
    points = asked.scale.points if asked.scale else ()
    bare = [
        str(point.value) for point in (*points[:1], *points[-1:]) if not point.label.get(asked.language.code)
    ]
    if bare:
        better = _("Give both ends of the scale words in this language, and better each of its points.")
        yield asked.finding(Rule.GRADED, bare, better)


def _ungraded(asked: Asked) -> Iterator[Finding]:
    degree = asked.text.said(asked.language.judged)
    better = _("Ask on a scale whose points have words, from the least to the most.")
    if asked.question.kind in UNGRADED:
        yield asked.finding(Rule.GRADED, degree, better)
    elif asked.question.kind in CHOOSING and asked.options and not _has_degrees(asked):
        yield asked.finding(Rule.GRADED, asked.options, better)


def _has_degrees(asked: Asked) -> bool:
    ordered = asked.language.options.ordered
    graded = [
        sense(text, asked.language.options) is not None or Written(text).has(ordered)
        for text in asked.options
    ]
    return sum(graded) * HALF > len(graded)


def _unbalanced(asked: Asked) -> Iterator[Finding]:
    """Not of a scale from nothing to much: “not at all important” to “extremely important”."""
    told = senses(asked)
    if len(asked.options) < FEWEST or not is_graded(asked):
        return
    good, bad = told.count(1), told.count(-1)
    pattern = asked.language.options.not_at_all
    from_nothing = bad == 1 and any(Written(text).has(pattern) for text in asked.options)
    if good != bad and not from_nothing:
        better = _("Offer as many points against as for: there are %(bad)d against and %(good)d for.")
        yield asked.finding(Rule.GRADED, asked.options, better % {"bad": bad, "good": good})


def one_direction(survey: Survey) -> Iterator[Finding]:
    """The fewer ones are to be turned; of as many, those unlike the first."""
    directions = {
        question.key: direction
        for question in survey.content.questions
        if (asked := survey.in_first_language(question.key)) and (direction := _direction(asked))
    }
    told = list(directions.values())
    if len(set(told)) < HALF:
        return
    usual = 1 if told.count(1) * HALF > len(told) else -1 if told.count(-1) * HALF > len(told) else told[0]
    for question in survey.content.questions:
        if directions.get(question.key, usual) != usual:
            better = _("Ask it the same way round as the others, so that nobody answers the opposite.")
            yield Finding(Rule.ONE_DIRECTION, question.key, "", (words(question),), better)


def _direction(asked: Asked) -> int:
    """1 from bad to good, -1 from good to bad, 0 neither."""
    if asked.question.kind == Kind.SCALE and asked.scale:
        ends = [sense(str(point.label), asked.language.options) for point in asked.scale.points]
        rises = -1 if (ends[0] or 0) > (ends[-1] or 0) else 1
        return -rises if asked.question.is_turned else rises
    told = senses(asked) if is_graded(asked) else []
    if len(told) < FEWEST - 1 or told[0] == told[-1]:
        return 0
    return 1 if told[0] < told[-1] else -1
