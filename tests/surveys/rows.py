"""Surveys, who was asked, and what they answered, as one says them in tests."""

from accounts.models import Letter
from accounts.texts import Text
from surveys.content import Content, Kind, Question, written
from surveys.models import (
    Answer,
    Distribution,
    FeedbackItem,
    FollowUp,
    Invitation,
    Response,
    Survey,
    SurveyLink,
    SurveyVersion,
    Theme,
)
from surveys.scales import BUILT_IN
from tests.factories import account, at, plain

NPS = Question("nps", Kind.SCALE, Text(en="How likely?", ar="ما مدى احتمال ذلك؟"), scale="nps", required=True)
WHY = Question("why", Kind.LONG, Text(en="Why?", ar="لماذا؟"))
JAN_10 = "2026-01-10 12:00"


def survey(*questions, **fields):
    """Published, with an NPS question and its why unless told otherwise."""
    content = fields.pop("content", None) or Content(questions or (NPS, WHY))
    made = Survey.objects.create(**{"name": "Relationship", "draft": written(content)} | fields)
    SurveyVersion.objects.create(survey=made, number=1, asked=written(content))
    return made


def distribution(of=None, **fields):
    """By resolved tickets."""
    given = {"survey": of or survey(), "trigger": "ticket"}
    if "mailing" not in fields:
        given["letter"] = fields.pop("letter", None) or plain(Letter)
    return Distribution.objects.create(**given | fields)


def link(of=None, **fields):
    return SurveyLink.objects.create(**{"survey": of or survey(), "name": "Web"} | fields)


def invitation(of=None, **fields):
    given = {"survey": of or survey(), "invited_at": at(JAN_10)}
    if "account" not in fields:
        given["account"] = account()
    return Invitation.objects.create(**given | fields)


def response(of=None, *, on=JAN_10, **fields):
    """Completed; `on`: when."""
    asked = of or survey()
    given = {"survey": asked, "version": asked.current, "responded_at": at(on), "completed_at": at(on)}
    if "account" not in fields and fields.get("identity") != "anonymous":
        given["account"] = account()
    return Response.objects.create(**given | fields)


def answer(to=None, value=9, *, scale="nps", question=None, is_turned=False):
    """On a scale."""
    known = BUILT_IN[scale]
    score = known.score(value, is_turned=is_turned)
    return Answer.objects.create(
        response=to or response(),
        question=question or scale,
        value=value,
        scale=scale,
        measure=known.measure,
        score=score,
        band=known.band(score),
    )


def follow_up(to=None, *, opened="2026-01-10 12:00", due="2026-01-12 12:00", **fields):
    about = to or response()
    given = {"response": about, "account": about.account, "opened_at": at(opened), "due_at": at(due)}
    return FollowUp.objects.create(**given | fields)


def theme(name="Exports", **fields):
    return Theme.objects.create(name=name if isinstance(name, Text) else Text(en=name), **fields)


def item(of=None, *, said="2026-01-10", heard="touchpoint", **fields):
    """Said in a conversation, unless told otherwise; comments are those on why."""
    given = {"theme": of or theme(), "heard": heard, "said_on": said}
    given |= {"comment": {"question": "why"}, "ticket": {}}.get(heard, {"text": "We need more"})
    if "account" not in fields:
        given["account"] = account()
    return FeedbackItem.objects.create(**given | fields)
