"""Surveys of one question, for the tables of what triggers a rule."""

from accounts.texts import Text
from surveys.checker import check
from surveys.content import Content, Kind, Option, Question
from surveys.library import OWN_SCALES
from surveys.scales import BUILT_IN

SCALES = BUILT_IN | OWN_SCALES


def asked(text, language="en", kind=Kind.SCALE, options=(), key="q", **rest):
    offered = tuple(Option(f"o{place}", Text({language: one})) for place, one in enumerate(options))
    scale = {"scale": "csat"} if kind == Kind.SCALE else {}
    return Question(key, kind, Text({language: text}), options=offered, **scale | rest)


def findings(rule, *questions, **known):
    return [finding for finding in check(Content(questions), SCALES, **known) if finding.rule == rule]


def words(rule, *questions, **known):
    return [finding.words for finding in findings(rule, *questions, **known)]
