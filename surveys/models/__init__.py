from surveys.models.anonymous import AnonymousBox, SpentInvitation
from surveys.models.answers import Answer, FollowUp, Response
from surveys.models.asking import Channel, Distribution, Invitation, SurveyLink
from surveys.models.feedback import FeedbackItem, Theme
from surveys.models.imports import ResponseImport
from surveys.models.reports import ReportLink
from surveys.models.scales import GradedScale
from surveys.models.surveys import Survey, SurveyVersion, version_of

__all__ = [
    "AnonymousBox",
    "Answer",
    "Channel",
    "Distribution",
    "FeedbackItem",
    "FollowUp",
    "GradedScale",
    "Invitation",
    "ReportLink",
    "Response",
    "ResponseImport",
    "SpentInvitation",
    "Survey",
    "SurveyLink",
    "SurveyVersion",
    "Theme",
    "version_of",
]
