"""How the API tells the results of a survey."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api_fields import LocalizedText
from metrics.serializers.answers import FigureSerializer, WindowSerializer
from metrics.survey_results import SPLITS
from metrics.survey_tallies import Line, Told
from surveys.content import Kind
from surveys.models import Channel, Survey


class SurveyResultsQuestionSerializer(serializers.Serializer[Any]):
    """Which of the responses. Where nobody is named, one filter at a time, and no window."""

    window = serializers.CharField(
        required=False,
        help_text="30d, 90d, quarter, 365d, year, or two days such as 2026-01-01..2026-03-31. Left out: 365d.",
    )
    version = serializers.IntegerField(required=False, min_value=1, help_text="The number of a version.")
    language = serializers.ChoiceField(required=False, choices=settings.LANGUAGES)
    channel = serializers.ChoiceField(required=False, choices=Channel.choices)
    by = serializers.ChoiceField(
        required=False, choices=SPLITS, help_text="Adds the score of each part. Unnamed: language or channel."
    )


class PartSerializer(FigureSerializer):
    members = serializers.ListField(
        source="split", child=serializers.CharField(allow_blank=True), help_text="The part; empty: of none."
    )


class RateSerializer(serializers.Serializer[Any]):
    """Of those who were asked by a channel, how many answered and how many began to."""

    channel = serializers.CharField(allow_null=True, help_text="null: all the others together.")
    response_rate = FigureSerializer()
    start_rate = FigureSerializer()


class AnswerCountSerializer(serializers.Serializer[Line]):
    answer = serializers.CharField(
        source="key", help_text="A value, the key of an option, yes or no, a month; empty: other words."
    )
    label = serializers.CharField()  # type: ignore[assignment]  # a field of this name
    count = serializers.IntegerField()
    share = serializers.FloatField(help_text="Of those who answered the question, from 0 to 1.")


class AnsweredQuestionSerializer(serializers.Serializer[Told]):
    """A question, and how often each answer was given. What people wrote is in /api/v1/responses/."""

    key = serializers.CharField(source="question.key")
    kind = serializers.ChoiceField(source="question.kind", choices=Kind.choices)
    text = LocalizedText(source="question.text")
    answered = serializers.IntegerField()
    mean = serializers.FloatField(allow_null=True, help_text="Of values on a scale, and of numbers.")
    is_hidden = serializers.BooleanField(help_text="Fewer than five answered it, or left it out.")
    answers = AnswerCountSerializer(source="lines", many=True)


class SurveyResultsSerializer(serializers.Serializer[Any]):
    survey = serializers.CharField(source="survey.pk")
    identity = serializers.ChoiceField(source="survey.identity", choices=Survey.Identity.choices)
    window = WindowSerializer(source="scope.window")
    is_hidden = serializers.BooleanField(help_text="Fewer than five answered who may not be named.")
    population = serializers.SerializerMethodField()
    responses = serializers.IntegerField(source="counts.begun", help_text="Of people, begun ones too.")
    completed = serializers.IntegerField(source="counts.completed")
    score = FigureSerializer(
        allow_null=True, help_text="Of what is asked first; null: its scale counts in none, or it is hidden."
    )
    by = PartSerializer(many=True, source="parts", help_text="The score of each part that was asked for.")
    trend = FigureSerializer(many=True, help_text="The score of each month.")
    rates = RateSerializer(many=True, help_text="Identified and confidential surveys alone.")
    questions = AnsweredQuestionSerializer(many=True)

    @extend_schema_field({"type": "string", "enum": ["all", "visible"]})
    def get_population(self, results: dict[str, Any]) -> str:
        """visible: only the accounts that the asking user may see were counted."""
        return "visible" if results["scope"].population.user else "all"
