"""The results of a survey, for programs."""

from collections.abc import Mapping
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from metrics.answers import Answer
from metrics.api import Figures, Shown, clock, refuse
from metrics.serializers.surveys import SurveyResultsQuestionSerializer, SurveyResultsSerializer
from metrics.survey_answers import Questions
from metrics.survey_forms import PeriodForm, ResultsForm
from metrics.survey_results import Results
from metrics.survey_unnamed import results_of
from surveys.models import Survey


class SurveyResultsView(Figures):
    """The score of a survey, who answered, and how often each answer was given, as its page of results says it."""

    question_class = SurveyResultsQuestionSerializer

    @extend_schema(
        operation_id="surveys_results",
        parameters=[SurveyResultsQuestionSerializer],
        responses=SurveyResultsSerializer,
    )
    def get(self, _request: Request, pk: int) -> Response:
        """Of the accounts that the user may see. Of a survey that names nobody only what was released counts, by five
        and more, over the whole time: a window is refused."""
        if not self.reader.has_perm("surveys.view_response"):
            raise Http404
        asked = self.question().validated_data
        results = self._chosen(get_object_or_404(Survey, pk=pk), asked)
        return Response(SurveyResultsSerializer(told(results, asked.get("by", ""))).data)

    def _chosen(self, survey: Survey, asked: Mapping[str, Any]) -> Results:
        whole = results_of(survey, self.reader, clock(), PeriodForm(asked).asked_window)
        if whole.is_protected and "window" in asked:
            raise refuse(
                "window", _("Of this survey everything is counted over the whole time: leave it out.")
            )
        if asked.get("by", whole.splits[0]) not in whole.splits:
            message = _("These results cannot be split by it. Use one of: %(known)s.")
            raise refuse("by", message % {"known": ", ".join(whole.splits)})
        form = ResultsForm(asked, choices=whole.choices(), one_at_a_time=whole.is_protected)
        if not form.is_valid():
            raise ValidationError(
                {name: [str(error) for error in errors] for name, errors in form.errors.items()}
            )
        return whole.of(form.chosen)


def told(results: Results, by: str) -> dict[str, Any]:
    found: dict[str, Any] = {"survey": results.survey, "scope": results.scope, "is_hidden": results.is_hidden}
    if results.is_hidden:
        nothing: dict[str, Any] = {name: [] for name in ("parts", "trend", "rates", "questions")}
        return found | nothing | {"counts": {"begun": 0, "completed": 0}, "score": None}
    return found | {
        "counts": results.counts,
        "score": results.score(),
        "parts": [Shown(answer, split=part) for part, answer in results.by(by)] if by else [],
        "trend": results.trend(),
        "rates": [_rate(part, answers) for part, answers in results.rates()],
        "questions": Questions.of(results).all_told(results),
    }


def _rate(part: tuple[str, ...] | None, answers: list[Answer]) -> dict[str, Any]:
    answered, began = answers
    return {"channel": part and part[0], "response_rate": answered, "start_rate": began}
