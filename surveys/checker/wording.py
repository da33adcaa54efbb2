"""Rules on the words of a question."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from surveys.checker.asked import Asked
from surveys.checker.findings import Finding, Rule
from surveys.checker.joining import without
from surveys.checker.written import Written, reworded
from surveys.content import Kind
from surveys.scales import Measure, Scale

TWO_POINTS = 2


def specific(asked: Asked) -> Iterator[Finding]:
    if asked.validated:
        return
    yield from _too_long(asked)
    yield from _vague(asked)
    yield from _without_time(asked)


def _too_long(asked: Asked) -> Iterator[Finding]:
    most = asked.language.most_words
    if asked.text.length > most:
        better = _(
            "It has %(length)d words. Ask one thing in at most %(most)d, and put what explains it into the help text."
        ) % {"length": asked.text.length, "most": most}
        yield asked.finding(Rule.SPECIFIC, [asked.text.text], better)


def _vague(asked: Asked) -> Iterator[Finding]:
    said = asked.text.said(*(pattern for pattern, _instead in asked.language.vague))
    if said:
        advice = _("Name what is meant: which part, which action, how many times, since when.")
        made = _made_specific(asked) if asked.text.length <= asked.language.most_words else ""
        yield asked.finding(Rule.SPECIFIC, said, made or advice, made)


def _made_specific(asked: Asked) -> str:
    """With something definite in the place of each vague word; "" where the author alone knows what."""
    written = asked.text
    for pattern, instead in asked.language.vague:
        while found := next(written.found(pattern), None):
            if instead is None:
                return ""
            rest = without(written, found.first, found.after)
            start = written.words[found.first].start
            placed = f"{written.text[:start]}{instead}{written.text[written.words[found.after - 1].end :]}"
            text = (placed if instead else rest).strip()
            written = Written(text[:1].upper() + text[1:])
    return written.text


def _without_time(asked: Asked) -> Iterator[Finding]:
    frame = asked.language.time_frame
    said = asked.text.said(asked.language.how_often)
    if said and not asked.text.has(frame) and not any(Written(text).has(frame) for text in asked.options):
        text = asked.text.text.rstrip()
        mark = text[-1] if text[-1] in "?؟" else ""
        better = f"{text.rstrip('?؟ ')} {asked.language.frame}{mark}"
        yield asked.finding(Rule.SPECIFIC, said, better, better)


def direct(asked: Asked) -> Iterator[Finding]:
    scale = asked.scale
    if not scale or len(scale.points) == TWO_POINTS or asked.text.has(asked.language.degree):
        return
    tables = asked.language.direct
    if scale.measure == Measure.CSAT:
        tables = (*asked.language.rating, *tables)
    better = reworded(asked.text, tables)
    yield asked.finding(Rule.DIRECT, [asked.text.text], better or _ends(scale, asked.code), better)


def _ends(scale: Scale, code: str) -> str:
    low, high = (
        point.label.in_language(code) or str(point.value) for point in (scale.points[0], scale.points[-1])
    )
    return _("Say in the question what its ends mean: how far it is between “%(low)s” and “%(high)s”.") % {
        "low": low,
        "high": high,
    }


def one_thing(asked: Asked) -> Iterator[Finding]:
    joined = asked.language.joined(asked.text)
    if not joined:
        return
    better = _("Ask one thing; what else is to be known is a question of its own.")
    if len(joined) == 1 and joined[0].first:
        halves = {"first": joined[0].first, "second": joined[0].second}
        better = _("Ask two questions: “%(first)s” and “%(second)s”") % halves
    yield asked.finding(Rule.ONE_THING, [one.words for one in joined], better)


def plain_verbs(asked: Asked) -> Iterator[Finding]:
    """Not of a wording that was validated with such a verb in it."""
    said = asked.text.said(*asked.language.verbs)
    if said and not asked.validated:
        advice = _(
            "Ask for what is or was, not for what is possible, due or felt: “Did you …?”, “How easy was it to …?”"
        )
        better = reworded(asked.text, asked.language.plain)
        yield asked.finding(Rule.PLAIN_VERBS, said, better or advice, better)


def no_grid(asked: Asked) -> Iterator[Finding]:
    if said := asked.text.said(asked.language.grid):
        better = _("Ask of one thing at a time, and only of those that decide something.")
        yield asked.finding(Rule.NO_GRID, said, better)


def is_worded(asked: Asked) -> bool:
    """Statements ask nothing, and what somebody consents to is worded by lawyers."""
    return asked.question.kind not in {Kind.STATEMENT, Kind.CONSENT}
