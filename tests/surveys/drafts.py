"""Surveys as tests of pages write them."""

from accounts.texts import Text
from surveys.content import Condition, Content, Kind, Option, Question, written
from surveys.models import Survey

SCORE = Question(
    "nps",
    Kind.SCALE,
    Text(en="How likely are you to recommend us?", ar="ما مدى احتمال أن توصي بنا؟"),
    scale="nps",
)
REASON = Question(
    "reason",
    Kind.ONE,
    Text(en="What is the main reason?", ar="ما السبب الرئيسي؟"),
    options=(
        Option("price", Text(en="Price", ar="السعر")),
        Option("speed", Text(en="Speed", ar="السرعة")),
        Option("other", Text(en="Another one", ar="سبب آخر")),
    ),
)
WHY = Question(
    "why", Kind.LONG, Text(en="What was missing?", ar="ما الذي نقص؟"), shows_if=(Condition("nps", (), 0, 6),)
)


def content(*questions, **whole):
    return Content(questions or (SCORE, REASON, WHY), **whole)


def survey(*questions, **fields):
    draft = written(content(*questions))
    return Survey.objects.create(**{"name": "Relationship", "draft": draft} | fields)


def png(size=40):
    """As many bytes as that, which begin as a picture does."""
    return b"\x89PNG\r\n\x1a\n" + b"\0" * (size - 8)
