"""The figures, for programs."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_rows import StrictQuery
from accounts.models import Account, AttributeDefinition, Organisation, User
from accounts.models import Population as Saved
from metrics import catalogue, cohorts, populations, rows, stored, windows
from metrics.answers import Answer, ask, overlapping, undated
from metrics.completeness import Supplies
from metrics.definitions import Metric, Unit
from metrics.framing import QuestionError, check, month_ends
from metrics.populations import POPULATION, By, Population
from metrics.questions import Question
from metrics.serializers.answers import (
    AccountMetricsSerializer,
    AnswerSerializer,
    CatalogueSerializer,
    CohortsSerializer,
    RowsSerializer,
    SeriesSerializer,
    scale,
)
from metrics.serializers.questions import (
    CatalogueQuestionSerializer,
    CohortsQuestionSerializer,
    FilterSerializer,
    RowsQuestionSerializer,
    SeriesQuestionSerializer,
    SplitQuestionSerializer,
    WindowedSerializer,
    parameters_of_metrics,
)
from metrics.sources import Clock

MOST_POINTS = 400
MONTHS_OF_TREND = 12


def clock(known_by: date | None = None) -> Clock:
    return Clock(Organisation.current(), timezone.now(), known_by)


def metric_of(key: str) -> Metric:
    if metric := catalogue.ALL.get(key):
        return metric
    raise Http404(_("There is no metric of this key; /api/v1/metrics/ lists them all."))


def refuse(field: str, message: object) -> ValidationError:
    return ValidationError({field: [str(message)]})


class Figures(StrictQuery):
    """Answers questions that `question_class` reads out of the query."""

    question_class: Any

    def known_parameters(self) -> set[str]:
        return set(self.question_class(context=self.asked_of).get_fields())

    @property
    def asked_of(self) -> dict[str, Any]:
        """The metric of the address, whose parameters may be asked for, and the declared attributes asked by."""
        declared = AttributeDefinition.objects.for_filters().named(self.request.query_params)
        return {"metric": catalogue.ALL.get(self.kwargs.get("key", "")), "declared": [*declared]}

    def question(self) -> Any:
        asked = self.question_class(data=self.request.query_params, context=self.asked_of)
        asked.is_valid(raise_exception=True)
        return asked


def understood(
    metric: Metric, question: WindowedSerializer, user: User, as_of: date | None = None
) -> Question:
    """Refuses days to come, and windows that the metric does not have."""
    given = question.validated_data
    now = clock(given.get("known_by"))
    as_of = as_of or given.get("as_of")
    population = population_of(question, user)
    parameters = question.given_parameters
    asked = Question(metric, population, now, as_of or now.today, given.get("window"), parameters)
    try:
        check(metric, as_of, now, asked.window, parameters)
    except QuestionError as error:
        raise refuse(question.asked_as(error.field), error) from error
    return asked


def population_of(question: FilterSerializer, user: User) -> Population:
    """An account that one may not see does not exist, also not as a filter."""
    for name in ("account", "group"):
        if account := question.chosen.get(name):
            get_object_or_404(Account.objects.visible_to(user), pk=account)
    if saved := question.chosen.get(POPULATION):
        get_object_or_404(Saved.objects.visible_to(user), pk=saved)
    population = populations.of(question.chosen, user=populations.seen_by(user))
    for name, value in population.filters:
        if not populations.is_known(name, value, population.user):
            raise refuse(name, _("No account has this value, nor ever had it."))
    return population


def context_of(asked: Question, by: By = ()) -> dict[str, Any]:
    values = dict(asked.counted.parameters)
    day = asked.counted.membership_day
    return context_of_population(asked.population, asked.clock, day, by, values) | {
        "overlapping": overlapping(asked.metric, by, asked.counted.parameters),
        "completeness": Supplies.now(asked.clock).of(asked.metric),
    }


def context_of_population(
    population: Population, clock: Clock, day: date, by: By = (), values: dict[str, Any] | None = None
) -> dict[str, Any]:
    return {
        "evaluated_at": clock.now,
        "undated": undated(population, by, day, clock),
        "overlapping": False,
        "parameters": {
            "filters": population.label,
            "by": by,
            "population": "visible" if population.user else "all",
            "values": values or {},
        },
    }


class Shown:
    """An answer together with what else is said of it."""

    def __init__(self, answer: Answer, **more: Any) -> None:
        self.answer = answer
        self.__dict__.update(more)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.answer, name)


class CatalogueView(Figures):
    """Every metric and what it means."""

    question_class = CatalogueQuestionSerializer

    @extend_schema(
        operation_id="metrics_list", parameters=[CatalogueQuestionSerializer], responses=CatalogueSerializer
    )
    def get(self, _request: Request) -> Response:
        text = self.question().validated_data.get("q", "")
        context = {
            "declared": [found.field for found in AttributeDefinition.objects.for_filters()],
            "supplies": Supplies.now(clock()),
        }
        return Response(CatalogueSerializer({"results": catalogue.found_by(text)}, context=context).data)


class MetricView(Figures):
    """A metric's value for any day, window and population."""

    question_class = SplitQuestionSerializer

    @extend_schema(
        operation_id="metrics_ask",
        parameters=[SplitQuestionSerializer, *parameters_of_metrics(SplitQuestionSerializer)],
        responses=AnswerSerializer,
    )
    def get(self, _request: Request, key: str) -> Response:
        metric = metric_of(key)
        question = self.question()
        asked = understood(metric, question, self.reader)
        by = question.validated_data.get("by", ())
        if POPULATION in by:
            population = replace(asked.population, compared=populations.comparable(self.reader))
            asked = replace(asked, population=population)
        parts = sorted(asked.split(by), key=lambda part: part[0].split) if by else None
        answer = asked.answer()
        change = asked.change(answer) if "compare" in question.validated_data else None
        shown = Shown(
            answer,
            before=change and Shown(change.other, change=change),
            splits=parts and [Shown(part, against_others=against) for part, against in parts],
            **context_of(asked, by),
        )
        return Response(AnswerSerializer(shown).data)


class SeriesView(Figures):
    """A metric over time: each point is what the facts up to its day give."""

    question_class = SeriesQuestionSerializer

    @extend_schema(
        operation_id="metrics_series",
        parameters=[SeriesQuestionSerializer, *parameters_of_metrics(SeriesQuestionSerializer)],
        responses=SeriesSerializer,
    )
    def get(self, _request: Request, key: str) -> Response:
        metric = metric_of(key)
        question = self.question()
        days = self._days(**question.validated_data)
        if windows.is_of_two_days(question.validated_data.get("window", "")):
            raise refuse("window", _("A window of two days is the same every day and has no course."))
        asked = understood(metric, question, self.reader, days[-1])
        understood(metric, question, self.reader, days[0])
        answer = {"key": key, "unit": metric.unit, "step": question.validated_data["step"]}
        answer["points"] = asked.series(days)
        return Response(SeriesSerializer(answer | context_of(asked)).data)

    @staticmethod
    def _days(step: str, **given: Any) -> list[date]:
        today = clock().today
        last = given.get("to", today)
        try:
            first = given.get("from") or windows.add_months(last, -12)
        except windows.WindowError as error:
            raise refuse("to", error) from error
        if first > last:
            raise refuse("from", _("The series ends before it begins. Put the earlier day first."))
        if last > today:
            raise refuse("to", _("This day has not come yet."))
        days = list(days_between(first, last, step))
        if len(days) > MOST_POINTS:
            message = _(
                "That would be %(count)s points. Take a longer step or a shorter time: %(most)s at most."
            )
            raise refuse("step", message % {"count": len(days), "most": MOST_POINTS})
        return days


def days_between(first: date, last: date, step: str) -> Iterable[date]:
    """The points of a series. The last day is always one of them."""
    if step == "month":
        months = (last.year - first.year) * 12 + last.month - first.month
        return [day for day in month_ends(last, months) if day >= first]
    stride = 7 if step == "week" else 1
    count = (last - first).days // stride
    return [last - timedelta(days=stride * back) for back in range(count, -1, -1)]


class RowsView(Figures):
    """What a figure is made of: the accounts that count in it, and the facts of one of them."""

    question_class = RowsQuestionSerializer

    @extend_schema(
        operation_id="metrics_rows",
        parameters=[RowsQuestionSerializer, *parameters_of_metrics(RowsQuestionSerializer)],
        responses=RowsSerializer,
    )
    def get(self, _request: Request, key: str) -> Response:
        metric = metric_of(key)
        question = self.question()
        asked = understood(metric, question, self.reader)
        paging = {name: question.validated_data[name] for name in ("page", "page_size")}
        return Response(RowsSerializer({"key": key} | self._answer(asked, **paging)).data)

    def _answer(self, asked: Question, page: int, page_size: int) -> dict[str, Any]:
        counted = asked.counted
        # A figure of the whole company may be seen without seeing every account.
        sees_all = self.reader.has_perm("accounts.view_all_accounts")
        population = (
            asked.population if sees_all else populations.of(asked.population.label, user=self.reader)
        )
        found = rows.accounts(
            counted, population, asked.clock, offset=(page - 1) * page_size, limit=page_size
        )
        account = asked.population.account
        recorded = rows.recorded(counted, population, asked.clock)
        return {
            "rows_of": counted.metric.key,
            "as_of": counted.as_of,
            "window": counted.window,
            "membership_day": counted.membership_day,
            "count": found.count,
            "page": page,
            "page_size": page_size,
            "total": found.total,
            "late": recorded.late,
            "backfilled": recorded.backfilled,
            "results": _with_names(found.rows),
            "facts": account
            and [_of_measure(facts, page_size) for facts in rows.facts(counted, account, asked.clock)],
            **context_of(asked),
        }


def _with_names(shares: list[rows.AccountRow]) -> list[dict[str, Any]]:
    names = dict(Account.objects.filter(pk__in=[share.account for share in shares]).values_list("pk", "name"))
    return [
        {
            "account": share.account or None,
            "name": names.get(share.account, ""),
            "numerator": share.numerator,
            "denominator": share.denominator,
        }
        for share in shares
    ]


def _of_measure(facts: rows.Facts, limit: int) -> dict[str, Any]:
    source = facts.measure.source
    shown = facts.rows.values_list("pk", source.moment, "counted")[:limit]
    return {
        "measure": facts.measure.key,
        "name": facts.measure.name,
        "facts": source.model._meta.model_name,
        "since": facts.first,
        "until": facts.reading.until,
        "count": facts.rows.count(),
        "rows": [
            {"id": pk, "moment": moment.isoformat(), "counted": counted} for pk, moment, counted in shown
        ],
    }


class CohortsView(Figures):
    """Customers by the month of their first day, and what became of them month by month."""

    question_class = CohortsQuestionSerializer

    @extend_schema(
        operation_id="cohorts_retention", parameters=[CohortsQuestionSerializer], responses=CohortsSerializer
    )
    def get(self, _request: Request) -> Response:
        question, now = self.question(), clock()
        given = question.validated_data
        measure, as_of = given["measure"], given.get("as_of", now.today)
        population = population_of(question, self.reader)
        try:
            check(catalogue.ALL["new_customers"], as_of, now, None)
        except QuestionError as error:
            raise refuse(error.field, error) from error
        found = cohorts.retention(measure, population, now, as_of=as_of, months=given["months"])
        unit = cohorts.unit_of(measure)
        answer = {
            "completeness": Supplies.now(now).of_all(cohorts.metrics_of(measure)),
            "measure": measure,
            "unit": unit,
            "currency": now.organisation.currency if unit is Unit.MONEY else None,
            "as_of": as_of,
            "cohorts": found,
        }
        return Response(
            CohortsSerializer(
                answer | context_of_population(population, now, found[0].day if found else as_of)
            ).data
        )


class AccountMetricsView(Figures):
    """Every metric of one account as of now, the headline metrics with their history."""

    question_class = FilterSerializer

    def known_parameters(self) -> set[str]:
        return set()

    @extend_schema(operation_id="accounts_metrics", responses=AccountMetricsSerializer)
    def get(self, _request: Request, pk: int) -> Response:
        account = get_object_or_404(Account.objects.visible_to(self.reader), pk=pk)
        now = clock()
        answers = ask(catalogue.ALL, Population(account=pk), now, as_of=now.today)
        trends, supplies = _trends(account, now), Supplies.now(now)
        results = [
            Shown(answers[key][()], trend=trends.get(key, []), completeness=supplies.of(metric))
            for key, metric in catalogue.ALL.items()
            if () in answers[key]
        ]
        left_out = "merged" if account.merged_into_id else "internal" if account.internal else ""
        answer = {
            "account": pk,
            "as_of": now.today,
            "evaluated_at": now.now,
            "left_out": left_out,
            "results": results,
        }
        return Response(AccountMetricsSerializer(answer).data)


def _trends(account: Account, now: Clock) -> dict[str, list[dict[str, Any]]]:
    days = month_ends(now.today, MONTHS_OF_TREND)[:-1]
    figures = stored.of_account(account.pk, catalogue.HEADLINES, days, "", is_filled=True)
    return {
        figure.metric.key: [
            {"day": day, "value": value and value * scale(figure.metric)}
            for day, value in zip(days, figure.trend, strict=False)
        ]
        for figure in figures
    }
