"""What people answer, at random: surveys of every kind, invitations, responses of known people and of nobody."""

from datetime import timedelta

from surveys.models import Answer, FeedbackItem, FollowUp, Invitation, Response, SurveyVersion
from surveys.scales import BUILT_IN
from tests.surveys.rows import NPS, survey, theme

KINDS = (
    ("relationship", "identified"),
    ("support", "identified"),
    ("onboarding", "identified"),
    ("onboarding", "confidential"),
    ("relationship", "anonymous"),
)
SCALES = ("nps", "csat", "ces", "smileys", "thumbs", "ces5")


class Repliers:
    """Writes with the random generator, days and contacts of a book's actors."""

    def __init__(self, actors):
        self.actors, self.random = actors, actors.random

    def write(self):
        self.surveys = [
            survey(NPS, name=f"Survey {number}", touchpoint=touchpoint, identity=identity)
            for number, (touchpoint, identity) in enumerate(KINDS)
        ]
        self.themes = [theme("Exports"), theme("Prices")]
        self.versions = {version.survey_id: version for version in SurveyVersion.objects.all()}
        invited = [self.invitation() for _ in range(self.random.choice([0, 20, 60]))]
        answered = [one for one in Invitation.objects.bulk_create(invited) if self.is_answered(one)]
        replied = [self.response(one.survey, one.completed_at, invitation=one) for one in answered]
        unasked = range(self.random.choice([0, 40, 120]))
        replied += [self.response(self.random.choice(self.surveys), self.instant()) for _ in unasked]
        for one in replied:
            one.released_at = self.instant() if self.is_released(one) else None
        Response.objects.bulk_create(replied)
        Answer.objects.bulk_create(answer for one in replied for answer in self.answers(one))
        FollowUp.objects.bulk_create(self.follow_up(one) for one in replied if self.random.random() < 0.5)
        FeedbackItem.objects.bulk_create(self.said(one) for one in replied if self.random.random() < 0.3)

    def instant(self):
        """Several are at one instant."""
        return self.actors.at(self.actors.around()).replace(minute=self.random.choice([0, 30]))

    def owner(self):
        """A contact, an account's nobody, or nobody's at all."""
        found = self.actors.whose()
        return {"account_id": found.get("account_id"), "contact": found.get("contact")}

    def later(self, moment, share):
        days = self.random.choice([0, 1, 13, 14, 15])
        return moment + timedelta(days) if moment and self.random.random() < share else None

    def invitation(self):
        of, at = self.random.choice(self.surveys), self.instant()
        delivered = at if self.random.random() < 0.9 else None
        known = {"survey": of, "invited_at": at, "delivered_at": delivered, **self.owner()}
        if of.identity == "anonymous":
            return Invitation(answered=self.random.random() < 0.5, **known)
        started = self.later(at, 0.7)
        return Invitation(started_at=started, completed_at=self.later(started, 0.7), **known)

    def is_answered(self, invitation):
        return invitation.completed_at and self.random.random() < 0.5

    def response(self, of, at, **fields):
        known = {} if of.identity == "anonymous" else self.owner()
        return Response(
            survey=of,
            version=self.versions[of.pk],
            identity=of.identity,
            is_machine=self.random.random() < 0.1,
            responded_at=at,
            completed_at=self.random.choice([None, at, at + timedelta(hours=1)]),
            **known | fields,
        )

    def is_released(self, response):
        return response.identity != "identified" and self.random.random() < 0.8

    def answers(self, to):
        for scale in map(BUILT_IN.get, self.random.sample(SCALES, self.random.choice([0, 1, 1, 2, 3]))):
            value = self.random.choice(
                [scale.least, self.random.randint(scale.least, scale.most), scale.most]
            )
            yield Answer(
                response=to,
                question=scale.key,
                value=value,
                scale=scale.key,
                measure=scale.measure,
                score=value,
                band=scale.band(value),
                released_at=to.released_at,
            )
        if self.random.random() < 0.3:
            yield Answer(response=to, question="left out", scale="nps", measure="nps")

    def said(self, to):
        """In the survey, or by the same people elsewhere."""
        is_named, is_comment = to.identity == "identified", self.random.random() < 0.5
        of_survey = {"heard": "comment", "response": to, "question": "why"}
        return FeedbackItem(
            theme=self.random.choice(self.themes),
            said_on=self.actors.around(),
            account_id=to.account_id if is_named else None,
            contact_id=to.contact_id if is_named else None,
            **(of_survey if is_comment else {"heard": "review", "text": "More"}),
        )

    def follow_up(self, to):
        hours = self.random.choice([1, 1, 30, 47, 48, 72, 120])
        done = to.responded_at + timedelta(hours=hours) if self.random.random() < 0.8 else None
        return FollowUp(
            response=to,
            account=to.account,
            opened_at=to.responded_at,
            due_at=to.responded_at + timedelta(2),
            done_at=done,
            outcome="solved" if done else "",
        )
