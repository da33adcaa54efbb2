"""Mailings for programs: read, let go out, paused, resumed and stopped. They are written on the pages."""

from collections.abc import Callable, Sequence
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_changes import SINCE
from accounts.api_fields import Moment, RowSerializer
from accounts.api_filters import filters_of
from accounts.api_rows import Rows
from accounts.api_writes import writing
from accounts.idempotency import once_per_key
from accounts.messages import letters, mailings
from accounts.messages.mailings import NotReady, Results
from accounts.models import Mailing
from accounts.problems import Conflict
from accounts.serializers import PersonSerializer
from accounts.tasks import send_messages

COUNTED = ("sent", "delivered", "opened", "clicked", "bounced", "unsubscribed", "complained", "replied")


class ResultsSerializer(serializers.Serializer[Results]):
    """People, each counted once; opens and clicks of machines are none."""

    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    opened = serializers.IntegerField()
    clicked = serializers.IntegerField()
    bounced = serializers.IntegerField()
    unsubscribed = serializers.IntegerField()
    complained = serializers.IntegerField()
    replied = serializers.IntegerField()


class MailingSerializer(RowSerializer):
    """A letter to everybody in a population."""

    state = serializers.ChoiceField(choices=Mailing.State.choices)
    made_by = PersonSerializer(allow_null=True)
    results = serializers.SerializerMethodField(help_text="Null: nobody was sent it yet.")

    class Meta:
        model = Mailing
        fields: tuple[str, ...] = (
            "id",
            "name",
            "state",
            "population",
            "purpose",
            "language",
            "campaign",
            "goal",
            "made_by",
            "made_at",
            "due_at",
            "queued_at",
            "paused_at",
            "stopped_at",
            "finished_at",
            "results",
        )
        read_only_fields = fields

    @extend_schema_field(ResultsSerializer(allow_null=True))
    def get_results(self, mailing: Any) -> dict[str, int] | None:
        return {name: getattr(mailing.results, name) for name in COUNTED} if mailing.results else None


class OneMailingSerializer(MailingSerializer):
    """With how many get it, and how many are left out for which reason: as of now, or as it went out."""

    gets_it = serializers.SerializerMethodField()
    skipped = serializers.SerializerMethodField(help_text="By reason.")

    class Meta(MailingSerializer.Meta):
        fields = (*MailingSerializer.Meta.fields, "gets_it", "skipped")
        read_only_fields = fields

    def get_gets_it(self, mailing: Any) -> int:
        return int(mailing.counts.get("", 0))

    def get_skipped(self, mailing: Any) -> dict[str, int]:
        return {reason: count for reason, count in mailing.counts.items() if reason}


class NothingSerializer(serializers.Serializer[Any]):
    """The body is empty."""


class WhenSerializer(serializers.Serializer[Any]):
    due_at = Moment(required=False, help_text="Not before now; without it: at once.")

    def validate_due_at(self, due_at: Any) -> Any:
        if due_at < timezone.now():
            raise ValidationError(_("This is over. Give a time that is yet to come, or none for at once."))
        return due_at


class MailingView(Rows):
    """Mailings of one's own; of everybody for those who see every account."""

    queryset = Mailing.objects.select_related("made_by", "letter", "population")
    serializer_class = MailingSerializer
    filterset_class = filters_of(
        Mailing, equal=["population", "purpose", "campaign"], span=["made_at", "due_at"]
    )
    http_method_names = ["get", "post", "head", "options"]

    def known_parameters(self) -> set[str]:
        return super().known_parameters() - {SINCE}

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.visible_to(self.reader)

    def get_serializer_class(self) -> Any:
        return MailingSerializer if self.action == "list" else OneMailingSerializer

    def paginate_queryset(self, queryset: Any) -> Any:
        return _with_results(super().paginate_queryset(queryset) or [])

    def get_object(self) -> Mailing:
        found = _with_results([super().get_object()])[0]
        found.counts = mailings.counts(found, timezone.now()) if found.letter.texts else {}
        return found

    @extend_schema(request=WhenSerializer, responses={200: OneMailingSerializer})
    @action(detail=True, methods=["post"])
    @once_per_key
    def schedule(self, request: Request, pk: str) -> Response:
        """Of a draft, whose letter is whole."""
        self.get_object()
        asked = WhenSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        now = timezone.now()
        due_at = asked.validated_data.get("due_at", now)
        return self._step(lambda mailing: mailings.schedule(mailing, due_at, now))

    @extend_schema(request=NothingSerializer, responses={200: OneMailingSerializer})
    @action(detail=True, methods=["post"])
    @once_per_key
    def pause(self, request: Request, pk: str) -> Response:
        return self._step(lambda mailing: mailings.pause(mailing, timezone.now()))

    @extend_schema(request=NothingSerializer, responses={200: OneMailingSerializer})
    @action(detail=True, methods=["post"])
    @once_per_key
    def resume(self, request: Request, pk: str) -> Response:
        return self._step(mailings.resume)

    @extend_schema(request=NothingSerializer, responses={200: OneMailingSerializer})
    @action(detail=True, methods=["post"])
    @once_per_key
    def stop(self, request: Request, pk: str) -> Response:
        """For good."""
        return self._step(lambda mailing: mailings.stop(mailing, timezone.now()))

    def _step(self, take: Callable[[Mailing], bool]) -> Response:
        with writing(self.writer):
            mailing = self.get_object()
            try:
                if not take(mailing):
                    raise Conflict(_("That is not possible in the state in which this mailing is."))
            except NotReady as error:
                raise ValidationError(_in_words(error.problems)) from None
            send_messages.delay_on_commit(medium=mailing.letter.medium)
            return Response(self.get_serializer(self.get_object()).data)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method == "POST" and not self.may_write(self.writer, "change"):
            raise PermissionDenied(_("Your roles do not include writing these. Ask an administrator."))


def _with_results(rows: list[Any]) -> list[Any]:
    found = mailings.results_of([row.pk for row in rows])
    for row in rows:
        row.results = found.get(row.pk)
    return rows


def _in_words(problems: Sequence[letters.Problem]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for problem in problems:
        found.setdefault(f"letter.{problem.language}", []).append(problem.message)
    return found
