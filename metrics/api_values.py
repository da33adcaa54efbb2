"""The values of all accounts, streamed, for programs that keep them: as JSON, a line of JSON each, or CSV."""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from itertools import chain
from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from metrics import populations, warehouse
from metrics.api import Figures, clock, context_of_population, population_of, refuse
from metrics.completeness import Supplies
from metrics.definitions import Metric
from metrics.exports import lines
from metrics.framing import QuestionError, check
from metrics.populations import Population
from metrics.serializers.answers import AskedSerializer, CompleteSerializer, Number, ValuesSerializer
from metrics.serializers.questions import ValuesQuestionSerializer
from metrics.sources import Clock


class JsonLinesRenderer(JSONRenderer):
    media_type = "application/x-ndjson"
    format = "ndjson"


class CsvRenderer(JSONRenderer):
    media_type = "text/csv"
    format = "csv"


class ValuesView(Figures):
    """Every metric of every account that one may see, as of a day: a row for each account, streamed by id."""

    question_class = ValuesQuestionSerializer
    renderer_classes = (JSONRenderer, JsonLinesRenderer, CsvRenderer)

    @extend_schema(
        operation_id="metrics_values",
        parameters=[ValuesQuestionSerializer],
        responses={
            (200, "application/json"): ValuesSerializer,
            (200, "application/x-ndjson"): OpenApiTypes.STR,
            (200, "text/csv"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        question = self.question()
        given = question.validated_data
        now = clock(given.get("known_by"))
        as_of = given.get("as_of", now.today)
        metrics = given.get("keys", [*warehouse.exported().values()])
        _check(metrics, as_of, now)
        named = population_of(question, self.reader)
        sees_all = self.reader.has_perm("accounts.view_all_accounts")
        population = named if sees_all else populations.of(named.label, user=self.reader)
        # Before the values are read: what comes in meanwhile is not promised.
        supplies = Supplies.now(now)
        about = _about(metrics, supplies, population, as_of)
        rows = warehouse.rows(metrics, population, now, as_of, about["data_complete_to"])
        write = WRITERS[request.accepted_renderer.media_type]
        written = write(warehouse.columns(metrics), rows, about)
        form = request.accepted_renderer.media_type
        # JSON is UTF-8 by its own rules; of other texts clients guess.
        form = form if form == JSONRenderer.media_type else f"{form}; charset=utf-8"
        response = StreamingHttpResponse(written, content_type=form)
        response["Cache-Control"] = "no-store"
        return response


def _check(metrics: Iterable[Metric], as_of: date, now: Clock) -> None:
    for metric in metrics:
        try:
            check(metric, as_of, now, None)
        except QuestionError as error:
            raise refuse(error.field, error) from error


def _about(
    metrics: Iterable[Metric], supplies: Supplies, population: Population, as_of: date
) -> dict[str, Any]:
    now = supplies.clock
    known_by = now.known_by and now.known_by.isoformat()
    context = context_of_population(population, now, as_of)
    context["completeness"] = supplies.of_all(metrics)
    each = {metric.key: CompleteSerializer({"completeness": supplies.of(metric)}).data for metric in metrics}
    return {
        "as_of": as_of.isoformat(),
        "known_by": known_by,
        **AskedSerializer(context).data,
        "metrics": each,
    }


def _plain(cell: Any) -> Any:
    return cell if cell is None or isinstance(cell, str) else Number().to_representation(cell)


def _objects(names: list[str], rows: Iterable[warehouse.Row]) -> Iterator[str]:
    for row in rows:
        yield json.dumps(dict(zip(names, map(_plain, row), strict=True)), ensure_ascii=False)


def as_json(names: list[str], rows: Iterable[warehouse.Row], about: dict[str, Any]) -> Iterator[str]:
    """An answer that breaks off is no JSON."""
    yield json.dumps(about, ensure_ascii=False)[:-1] + ', "results": ['
    for index, line in enumerate(_objects(names, rows)):
        yield f"{',' if index else ''}\n{line}"
    yield "\n]}\n"


def as_json_lines(names: list[str], rows: Iterable[warehouse.Row], _about: Any) -> Iterator[str]:
    return (f"{line}\n" for line in _objects(names, rows))


def as_csv(names: list[str], rows: Iterable[warehouse.Row], _about: Any) -> Iterator[str]:
    return lines(chain([names], rows))


WRITERS: dict[str, Callable[..., Iterator[str]]] = {
    JSONRenderer.media_type: as_json,
    JsonLinesRenderer.media_type: as_json_lines,
    CsvRenderer.media_type: as_csv,
}
