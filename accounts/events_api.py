"""POST /api/v1/events/: what people did, told by programs with a token, and what became of each event."""

from collections.abc import Callable, Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar, NoReturn

from django.db import transaction
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError, PermissionDenied, UnsupportedMediaType, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_fields import UNNAMED_SOURCE
from accounts.api_rows import StrictQuery
from accounts.idempotency import once_per_key
from accounts.imports.columns import has_offset
from accounts.intake import plain, service
from accounts.intake.bodies import LARGEST_BATCH, MOST_CALLS, Sending, loaded, unpacked
from accounts.intake.calls import Read, Receipt, moment
from accounts.intake.reasons import Reason, Rejected
from accounts.intake.service import Form, Refused, Sender
from accounts.models import ApiToken
from accounts.problems import TooLarge, pointer

ACCEPTED, REJECTED = "accepted", "rejected"


def read_row(row: Any, receipt: Receipt, *, kind: str = "", position: int = 0) -> Read:
    """Moments come with their offset from UTC, as at all addresses of this API."""
    given = row.get("happened_at") if type(row) is dict else None
    if given is not None and not (type(given) is str and has_offset(given)):
        moment(given, "happened_at")
        raise Rejected(Reason.NO_OFFSET, "happened_at")
    return plain.read_row(row, receipt, kind=kind, position=position)


IN_OUR_WORDS = Form(read_row, plain.call_of)


class BodyParser(BaseParser):
    """Of DRF it only takes that it knows which content type is meant."""

    rows: ClassVar[Callable[[bytes], list[Any]]]

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        encoding = parser_context["request"].META.get("HTTP_CONTENT_ENCODING", "").strip().lower()
        try:
            return type(self).rows(unpacked(stream.read(LARGEST_BATCH + 1), encoding, LARGEST_BATCH))
        except Rejected as rejected:
            refuse(rejected, encoding)


def rows_of_json(content: bytes) -> list[Any]:
    """One event, several, or several under the name `events`."""
    body = loaded(content)
    if type(body) is dict and body.keys() == {"events"}:
        if type(body["events"]) is not list:
            raise ValidationError({"events": [_("Events are a list. Send one, also of a single event.")]})
        return list(body["events"])
    return body if type(body) is list else [body]


def rows_of_lines(content: bytes) -> list[Any]:
    return [_row(line) for line in content.split(b"\n") if line.strip()]


def _row(line: bytes) -> Any:
    try:
        return loaded(line)
    except Rejected as rejected:
        return plain.Broken(line.decode("utf-8", "replace"), rejected)


class JsonParser(BodyParser):
    media_type = "application/json"
    rows = rows_of_json


class LinesParser(BodyParser):
    media_type = "application/x-ndjson"
    rows = rows_of_lines


def refuse(rejected: Rejected, encoding: str) -> NoReturn:
    match rejected.reason:
        case Reason.TOO_LARGE:
            raise TooLarge(rejected.reason.sentence)
        case Reason.UNKNOWN_ENCODING:
            raise UnsupportedMediaType(encoding, rejected.reason.sentence)
    raise ParseError(rejected.reason.sentence, rejected.reason)


class EventSerializer(serializers.Serializer[Any]):
    event = serializers.CharField(max_length=200, help_text="Its name, such as Feature Used.")
    user_id = serializers.CharField(
        max_length=200, required=False, help_text="Who did it, by the id that the source gives them."
    )
    anonymous_id = serializers.CharField(
        max_length=200, required=False, help_text="Who did it, where no user is known; one of both is needed."
    )
    account = serializers.CharField(
        max_length=200, required=False, help_text="For which account, by the id that the source gives it."
    )
    happened_at = serializers.DateTimeField(
        required=False, help_text="With its offset from UTC. Without it: now."
    )
    properties = serializers.DictField(
        required=False, help_text="What else is to be said, ten levels deep at most."
    )
    message_id = serializers.CharField(
        max_length=100,
        required=False,
        help_text="Sent again with the same id of the same source, it is the same event.",
    )
    source = serializers.CharField(  # type: ignore[assignment]  # a field of this name, not what a field reads
        max_length=60, required=False, help_text=f"Who gave the ids; without it: {UNNAMED_SOURCE}."
    )


class EventErrorSerializer(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="To the event, or to what is wrong in it: #/3/user_id.")
    detail = serializers.CharField()
    code = serializers.CharField()


class EventResultSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField(help_text="Of the event in the request, from 0 on.")
    fate = serializers.ChoiceField(choices=[ACCEPTED, REJECTED])
    errors = EventErrorSerializer(many=True)  # type: ignore[assignment]  # it says what was sent, and is never read


class EventTotalsSerializer(serializers.Serializer[Any]):
    read = serializers.IntegerField()
    accepted = serializers.IntegerField()
    rejected = serializers.IntegerField()


class EventsAnswerSerializer(serializers.Serializer[Any]):
    totals = EventTotalsSerializer()
    results = EventResultSerializer(many=True)


TAKEN = OpenApiResponse(
    EventsAnswerSerializer,
    "What became of each event, in order. Those accepted are stored, once each, however often they are sent; those"
    " rejected are kept beside, to be mended.",
)
REFUSED = OpenApiResponse(
    EventsAnswerSerializer, "No event was taken; the results say why. Or the key was used before."
)
BODIES = {
    "application/json": EventSerializer(many=True),
    "application/x-ndjson": {"type": "string", "description": "One object a line."},
}


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class EventsView(StrictQuery):
    """Takes events: an array of them, one alone, `{"events": […]}`, or one a line."""

    parser_classes = [JsonParser, LinesParser]
    scope = ApiToken.Scope.EVENTS

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not self.reader.has_perm("accounts.add_event"):
            raise PermissionDenied(_("Your roles do not include writing these. Ask an administrator."))

    @extend_schema(operation_id="events_create", request=BODIES, responses={200: TAKEN, 422: REFUSED})
    @once_per_key
    def post(self, request: Request) -> Response:
        rows = request.data
        if not isinstance(rows, list):
            raise ParseError(_("The body is empty. Send events."))
        if len(rows) > MOST_CALLS:
            raise TooLarge(Reason.TOO_MANY.sentence)
        refused = {one.position: one for one in take(rows, timezone.now())}
        all_refused = rows and len(refused) == len(rows)
        status = HTTPStatus.UNPROCESSABLE_ENTITY if all_refused else HTTPStatus.OK
        return Response(as_json(len(rows), refused), status=status)


@transaction.atomic
def take(rows: list[Any], now: datetime) -> Iterable[Refused]:
    """All or, where we fail, none: events of several sources come in several batches."""
    places: dict[str, list[int]] = {}
    for position, row in enumerate(rows):
        places.setdefault(plain.source_of(row) or UNNAMED_SOURCE, []).append(position)
    refused: list[Refused] = []
    for source, positions in places.items():
        sent = Sending([rows[position] for position in positions])
        taken = service.take(Sender(source, source, verified=True), sent, now=now, form=IN_OUR_WORDS)
        refused += [one._replace(position=positions[one.position]) for one in taken.refused]
    return refused


def as_json(read: int, refused: dict[int, Refused]) -> dict[str, Any]:
    return {
        "totals": {"read": read, "accepted": read - len(refused), "rejected": len(refused)},
        "results": [
            {
                "index": index,
                "fate": REJECTED if index in refused else ACCEPTED,
                "errors": [_error(refused[index])] if index in refused else [],
            }
            for index in range(read)
        ],
    }


def _error(refused: Refused) -> dict[str, str]:
    # The name of a property may hold a point.
    path = refused.field.split(".", 1) if refused.field else []
    return {
        "pointer": pointer(refused.position, *path),
        "detail": plain.sentence_of(refused.reason),
        "code": refused.reason,
    }
