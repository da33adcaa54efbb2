"""Rules on the survey as a whole, and on one question beside the others."""

from collections.abc import Iterator
from itertools import groupby

from django.utils.translation import gettext as _

from accounts.texts import search_key
from surveys.checker import likeness
from surveys.checker.asked import Asked, Survey, is_closed, seen_by_one, words
from surveys.checker.findings import Finding, Rule
from surveys.content import CHOOSING, Kind, Question

MOST_QUESTIONS, MOST_OPEN, IN_A_ROW = 10, 2, 3
JUDGING = frozenset({Kind.SCALE, Kind.YES_NO, Kind.RANKING})


def needed(survey: Survey) -> Iterator[Finding]:
    asked_of_one = seen_by_one(survey.answered)
    if asked_of_one > MOST_QUESTIONS:
        better = _("One person is asked %(asked)d questions. Keep the %(most)d that somebody will act on.")
        count = {"asked": asked_of_one, "most": MOST_QUESTIONS}
        yield Finding(Rule.NEEDED, "", "", (str(asked_of_one),), better % count)
    for question in survey.content.questions:
        if question.kind == Kind.CONTACT and question.required:
            better = _("Leave it to them whether they say how to reach them.")
            yield Finding(Rule.NEEDED, question.key, "", (words(question),), better)
    if survey.is_identified:
        yield from _known(survey)


def _known(survey: Survey) -> Iterator[Finding]:
    for asked in survey.asked:
        known = asked.language.known.fullmatch(asked.text.folded)
        if known and asked.question.kind not in JUDGING and asked.question.is_answered:
            better = _("Leave it out: whoever is invited by name is known already, with their account.")
            yield asked.finding(Rule.NEEDED, [asked.text.text], better)


def validated(asked: Asked) -> Iterator[Finding]:
    if likeness.same(asked.text, asked.language, likeness.SUBJECT_OF_WORDS):
        return
    if one := likeness.near(asked.text, asked.language):
        wording = one.question.text[asked.language.code]
        better = _("“%(wording)s” (%(source)s)") % {"wording": wording, "source": one.source}
        yield asked.finding(Rule.VALIDATED, [asked.text.text], better, wording)


def few_open(survey: Survey) -> Iterator[Finding]:
    """A score and its why are a survey too: one open question beside one closed is few enough."""
    opened = [question for question in survey.answered if question.is_open]
    seen = seen_by_one(opened)
    closed = seen_by_one([question for question in survey.answered if is_closed(question)])
    if seen > MOST_OPEN or (seen >= closed and (seen, closed) != (1, 1) and seen):
        better = _(
            "Ask fewer to write: at most %(most)d, and fewer than choose. Offer the likely answers as options."
        )
        yield Finding(
            Rule.FEW_OPEN, "", "", tuple(words(one) for one in opened), better % {"most": MOST_OPEN}
        )
    for question in opened:
        if not _is_paired(question, survey.answered):
            better = _(
                "Put it right after the question whose answer it explains, or let it show on that answer."
            )
            yield Finding(Rule.FEW_OPEN, question.key, "", (words(question),), better)


def _is_paired(question: Question, answered: list[Question]) -> bool:
    by_key = {one.key: one for one in answered}
    before = answered[: answered.index(question)]
    led = [by_key[one.question] for one in question.shows_if if one.question in by_key]
    return any(is_closed(one) for one in [*before[-1:], *led])


def in_a_row(survey: Survey) -> Iterator[Finding]:
    for kind, group in groupby(survey.answered, key=_same_scale):
        row = list(group)
        if kind and len(row) >= IN_A_ROW:
            better = _("Ask the one that matters most, or put another kind of question between them.")
            yield Finding(Rule.NO_GRID, row[IN_A_ROW - 1].key, "", tuple(map(words, row)), better)


def _same_scale(question: Question) -> tuple[str, ...]:
    if question.kind == Kind.SCALE:
        return ("", question.scale)
    options = question.options if question.kind in CHOOSING else ()
    return tuple(search_key(words_of) for option in options for words_of in option.text.values())
