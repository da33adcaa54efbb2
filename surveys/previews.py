"""A draft as it will be seen, and what is to be said of it."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from surveys import checker
from surveys.answer_fields import fields_of
from surveys.checker import Finding
from surveys.content import Content, Kind, Question
from surveys.drafting import question_seen
from surveys.models import GradedScale, Survey
from surveys.pictures import address_of
from surveys.problems import Problem, gaps, problems
from surveys.scales import Band, Scale
from surveys.showing import Shown, filled, shown

# Forms beside it have fields too.
FIELD_ID = "preview_%s"
AFTER = {
    "": _("Thanks to everybody"),
    Band.LOW: _("Thanks after a low answer"),
    Band.MIDDLE: _("Thanks after one in between"),
    Band.HIGH: _("Thanks after a high answer"),
}


@dataclass(frozen=True)
class Note:
    """What is said of a question, or, without one, of the survey."""

    question: Question | None
    seen: str
    problems: list[Problem]
    missing: list[str]
    findings: list[tuple[Finding, Any]]

    @property
    def count(self) -> int:
        return len(self.problems) + len(self.missing) + len(self.findings)


@dataclass(frozen=True)
class Review:
    whole: Note
    questions: list[Note]

    @property
    def problems(self) -> list[tuple[Question | None, Problem]]:
        """All that keeps it from being published."""
        notes = [self.whole, *self.questions]
        return [(note.question, problem) for note in notes for problem in note.problems]

    @property
    def advised(self) -> int:
        return sum(len(note.findings) for note in (self.whole, *self.questions))


def reviewed(survey: Survey, content: Content, scales: Mapping[str, Scale]) -> Review:
    is_identified = survey.identity == Survey.Identity.IDENTIFIED
    wrong: dict[str, list[Problem]] = defaultdict(list)
    missing: dict[str, list[str]] = defaultdict(list)
    found: dict[str, list[tuple[Finding, Any]]] = defaultdict(list)
    names = dict(settings.LANGUAGES)
    for problem in problems(content, scales):
        if problem.message not in {one.message for one in wrong[problem.question]}:
            wrong[problem.question].append(problem)
    for key, language in gaps(content):
        missing[key].append(str(names.get(language, language)))
    for finding in checker.check(content, scales, is_identified=is_identified):
        found[finding.question].append((finding, names.get(finding.language, "")))

    def note(question: Question | None) -> Note:
        key = question.key if question else ""
        return Note(
            question, question_seen(question) if question else "", wrong[key], missing[key], found[key]
        )

    return Review(note(None), [note(question) for question in content.questions])


@dataclass(frozen=True)
class Preview:
    """`logo`: its address. `thanks`: after which answers, and the words."""

    logo: str
    intro: str
    privacy: str
    questions: list[Shown]
    thanks: list[tuple[str, str]]


def preview_of(survey: Survey, content: Content, language: str, organisation: str) -> Preview:
    """In that language, words of the house included."""
    scales = GradedScale.objects.by_key()
    with override(language):
        form = forms.Form(auto_id=FIELD_ID, use_required_attribute=False)
        for question in content.questions:
            is_ready = question.kind != Kind.SCALE or question.scale in scales
            if question.is_answered and is_ready:
                form.fields |= fields_of(question, scales, language)
        thanks = [
            (str(label), filled(content.thanks[band].in_language(language), organisation))
            for band, label in AFTER.items()
            if content.thanks.get(band)
        ]
    return Preview(
        address_of(survey.logo.name or ""),
        filled(content.intro.in_language(language), organisation),
        filled(content.privacy.in_language(language), organisation),
        [shown(question, form, scales, language, organisation) for question in content.questions],
        thanks,
    )
