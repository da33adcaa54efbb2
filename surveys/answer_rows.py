"""Answers as rows, and back: what they count in is written beside them, so that figures need no scales."""

from collections.abc import Iterable, Mapping
from typing import Any

from surveys.answer_fields import with_words
from surveys.content import OPEN, OTHER, Content, Kind, Question
from surveys.models import Answer
from surveys.scales import Scale

# What a person writes; it is kept as text alone, and beside an option what stands in place of one.
WRITTEN = OPEN | {Kind.CONTACT}
PARTS = ("name", "email", "phone")


def rows(content: Content, scales: Mapping[str, Scale], answers: Mapping[str, Any]) -> list[Answer]:
    """Of no response yet. `answers`: by question, as surveys.answer_fields keeps them."""
    asked = (question for question in content.questions if question.key in answers)
    return [_row(question, scales, answers[question.key]) for question in asked]


def answers_of(content: Content, kept: Iterable[Answer]) -> dict[str, Any]:
    """By question, as they were given; of questions that the content asks."""
    kinds = {question.key: question.kind for question in content.questions}
    return {row.question: _given(kinds[row.question], row) for row in kept if row.question in kinds}


def band_of(content: Content, scales: Mapping[str, Scale], answers: Mapping[str, Any]) -> str:
    """Of the first scale; nothing where it was not answered."""
    first = content.first_scale
    if first is None or first.key not in answers:
        return ""
    return _row(first, scales, answers[first.key]).band


def _row(question: Question, scales: Mapping[str, Scale], given: Any) -> Answer:
    if question.kind in WRITTEN:
        return Answer(question=question.key, text=_text(given))
    if question.kind == Kind.SEVERAL:
        # In the survey's order, in whatever order they were shown.
        chosen = [one.key for one in question.options if one.key in given]
        words = next((one["other"] for one in given if isinstance(one, dict)), "")
        return Answer(question=question.key, value=chosen + [OTHER] * bool(words), text=words)
    if isinstance(given, dict):
        return Answer(question=question.key, value=OTHER, text=given["other"])
    if question.kind != Kind.SCALE:
        return Answer(question=question.key, value=given)
    scale = scales[question.scale]
    score = scale.score(given, is_turned=question.is_turned)
    return Answer(
        question=question.key,
        value=given,
        scale=scale.key,
        measure=scale.measure,
        score=score,
        band=scale.band(score),
    )


def _text(given: str | Mapping[str, str]) -> str:
    """Of how to reach somebody, a line each."""
    return given if isinstance(given, str) else "\n".join(given.get(part, "") for part in PARTS)


def _given(kind: Kind, row: Answer) -> Any:
    if kind not in WRITTEN:
        return with_words(row.value, row.text)
    if kind != Kind.CONTACT:
        return row.text
    return {part: line for part, line in zip(PARTS, row.text.split("\n"), strict=False) if line}
