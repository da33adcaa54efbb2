"""POST /api/v1/bulk/<resource>/: many rows at once, brought to what they say by the ids that their source gave them."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ParseError, PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_fields import UNNAMED_SOURCE
from accounts.api_rows import StrictQuery
from accounts.idempotency import once_per_key
from accounts.imports import Conventions, Layout, Options, Resource
from accounts.imports.columns import is_date_format
from accounts.imports.reading import DELIMITERS
from accounts.models import ApiToken, Organisation, User
from accounts.problems import pointer
from cxhub import bulk
from cxhub.bulk_bodies import Body, CsvParser, JsonParser, LinesParser, Wrong
from cxhub.resources import RESOURCES, importable_by, resource_of
from cxhub.roles import SEE_ALL

FATES = ("created", "changed", "unchanged", bulk.REJECTED)
# As the lists spell them.
NAMES = {name.replace("_", "-"): name for name in RESOURCES}


class BulkQuestionSerializer(serializers.Serializer[Any]):
    source = serializers.CharField(  # type: ignore[assignment]  # a field of this name, not what a field reads
        max_length=60, default=UNNAMED_SOURCE, help_text="Who gave the rows their ids."
    )
    dry_run = serializers.BooleanField(
        default=False, help_text="Says what would become of each row, and writes nothing."
    )
    backfill = serializers.BooleanField(
        default=False, help_text="The rows count as known since they happened."
    )
    create_accounts = serializers.BooleanField(
        default=False, help_text="Creates an account for an id that no account has at this source."
    )
    date_format = serializers.CharField(
        default="",
        help_text="Such as %d/%m/%Y. Without it only 2026-03-31, 2026/03/31 and 20260331 are taken.",
    )
    decimal = serializers.ChoiceField(
        choices=[".", ","],
        default="",
        help_text="The sign before decimals in texts. Numbers of JSON need none.",
    )
    time_zone = serializers.CharField(
        default="", help_text="Of times that name none, such as Asia/Riyadh. Without it: the organisation's."
    )
    delimiter = serializers.ChoiceField(
        choices=[*DELIMITERS, "tab"],
        default="",
        help_text="Of CSV. Without it: found out from the first line.",
    )

    def validate_time_zone(self, value: str) -> str:
        if value and value not in available_timezones():
            raise serializers.ValidationError(_("This is no time zone. Give a name such as Asia/Riyadh."))
        return value

    def validate_date_format(self, value: str) -> str:
        if not is_date_format(value):
            raise serializers.ValidationError(_("This is no date format, as %d/%m/%Y is."))
        return value


class BulkErrorSerializer(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="To the row, or to what is wrong in it: #/3/amount.")
    detail = serializers.CharField()
    code = serializers.CharField()


class BulkResultSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField(help_text="Of the row in the request, from 0 on.")
    fate = serializers.ChoiceField(choices=FATES)
    id = serializers.CharField(allow_null=True, help_text="Ours; null where there is none.")
    errors = BulkErrorSerializer(many=True)  # type: ignore[assignment]  # it says what was sent, and is never read


class BulkTotalsSerializer(serializers.Serializer[Any]):
    read = serializers.IntegerField()
    created = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    rejected = serializers.IntegerField()


class BulkAnswerSerializer(serializers.Serializer[Any]):
    run = serializers.CharField(
        allow_null=True, help_text="By which this can be undone; null where nothing changed."
    )
    dry_run = serializers.BooleanField()
    totals = BulkTotalsSerializer()
    results = BulkResultSerializer(many=True)


OBJECT = {"type": "object", "additionalProperties": True}
BODIES = {
    "application/json": {"type": "array", "maxItems": 5000, "items": OBJECT},
    "application/x-ndjson": {"type": "string", "description": "One object a line."},
    "text/csv": {"type": "string", "description": "The first line names the fields."},
}
TAKEN = "What became of each row, in order. Some may have been rejected; the others are kept."
REFUSED = OpenApiResponse(
    BulkAnswerSerializer, "No row was taken; the results say why. Or the key was used before."
)


@method_decorator(transaction.non_atomic_requests, name="dispatch")
class BulkView(StrictQuery):
    """Creates rows and brings those that are known, by source and id, to what is said here."""

    parser_classes = [JsonParser, LinesParser, CsvParser]
    name: str

    def known_parameters(self) -> set[str]:
        return set(BulkQuestionSerializer().fields)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if kwargs["resource"] not in NAMES:
            raise Http404(
                _("Nothing of this name is taken here; the names are: %(names)s.")
                % {"names": ", ".join(NAMES)}
            )

    @extend_schema(
        operation_id="bulk_create",
        parameters=[
            BulkQuestionSerializer,
            OpenApiParameter("resource", OpenApiTypes.STR, OpenApiParameter.PATH, enum=list(NAMES)),
        ],
        request=BODIES,
        responses={200: OpenApiResponse(BulkAnswerSerializer, TAKEN), 422: REFUSED},
    )
    @once_per_key
    def post(self, request: Request, resource: str) -> Response:
        assert isinstance(request.user, User)
        asked = BulkQuestionSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        said = asked.validated_data
        wanted = writable(request.user, resource_of(NAMES[resource]), said["create_accounts"])
        body = request.data
        if not isinstance(body, Body):
            raise ParseError(_("The body is empty. Send rows."))
        rows = body.read(body, wanted, Layout(delimiter=said["delimiter"]), said["decimal"])
        try:
            answer = bulk.take(
                wanted,
                rows,
                options_of(said, request.user),
                about=token_of(request),
                now=timezone.now(),
                dry_run=said["dry_run"],
            )
        except bulk.TooManyKinds:
            raise ValidationError(too_many_kinds(wanted)) from None
        return Response(as_json(answer, said["dry_run"]), status=status_of(answer))


def writable(user: User, resource: Resource, create_accounts: bool) -> Resource:
    """Rows may be of any account: who may not see all of them would overwrite what does not exist for them."""
    if not user.has_perm(SEE_ALL):
        raise PermissionDenied(
            _(
                "The rows may be of any account, and your roles do not include seeing all. Ask an administrator."
            )
        )
    if resource.name not in importable_by(user) or (
        create_accounts and not user.has_perm("accounts.add_account")
    ):
        raise PermissionDenied(_("Your roles do not include writing these. Ask an administrator."))
    return resource


def options_of(said: dict[str, Any], user: User) -> Options:
    organisation = Organisation.current()
    zone = ZoneInfo(said["time_zone"]) if said["time_zone"] else organisation.zone
    return Options(
        today=organisation.today(timezone.now()),
        zone=organisation.zone,
        source=said["source"],
        conventions=Conventions(zone=zone, date_format=said["date_format"], decimal=said["decimal"]),
        backfill=said["backfill"],
        create_accounts=said["create_accounts"],
        by=user,
    )


def token_of(request: Request) -> dict[str, Any]:
    """The audit names the user and the run, and the run the token."""
    token = request.auth
    return {"token": token.pk, "token_name": token.name} if isinstance(token, ApiToken) else {}


def too_many_kinds(resource: Resource) -> str:
    if not resource.needs_id:
        return _("All rows of this kind must have the same keys; null is an empty value.")
    return _(
        "The rows have more than %(most)s different sets of keys. Send them in parts, or give empty values."
    ) % {"most": bulk.KINDS_OF_ROWS}


def status_of(answer: bulk.Answer) -> int:
    counts = answer.counts
    return HTTPStatus.UNPROCESSABLE_ENTITY if counts.read and counts.read == counts.rejected else 200


def as_json(answer: bulk.Answer, dry_run: bool) -> dict[str, Any]:
    return {
        "run": str(answer.job.pk) if answer.job else None,
        "dry_run": dry_run,
        "totals": asdict(answer.counts),
        "results": [
            {
                "index": index,
                "fate": result.fate,
                "id": None if result.id is None else str(result.id),
                "errors": [_error(index, wrong) for wrong in result.wrong],
            }
            for index, result in enumerate(answer.results)
        ],
    }


def _error(index: int, wrong: Wrong) -> dict[str, str]:
    return {
        "pointer": pointer(index, *([wrong.field] if wrong.field else [])),
        "detail": wrong.reason,
        "code": "invalid",
    }
