"""Surveys for programs: what is asked, who is asked, which a program may say, too, and what was answered."""

from typing import Any, ClassVar

import django_filters
from django.core.exceptions import ValidationError as Refused
from django.db.models import Case, F, When
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response as Answered

from accounts.api_changes import SINCE
from accounts.api_filters import ORIGIN, MomentField, YesOrNoFilter, filters_of
from accounts.api_pages import Pages, refuse_cursor
from accounts.api_rows import VERBS, Facts, Rows
from accounts.api_writes import etag_of, writing
from accounts.idempotency import once_per_key
from accounts.models import Organisation
from accounts.problems import Conflict
from surveys import invitations, serializers
from surveys.inviting import NotInvited, WhyNot
from surveys.models import Invitation, Response, Survey

SurveyColumns: Any = filters_of(Survey, equal=["touchpoint", "identity"], span=["made_at"])


class SurveyFilter(SurveyColumns):
    state = django_filters.ChoiceFilter(choices=Survey.State.choices)


class WithoutChanges(Rows):
    """What of these changed is written down nowhere."""

    def known_parameters(self) -> set[str]:
        return super().known_parameters() - {SINCE}


class SurveyView(WithoutChanges):
    """What customers are asked. Surveys are written on the pages."""

    queryset = Survey.objects.all()
    serializer_class = serializers.SurveySerializer
    filterset_class = SurveyFilter
    http_method_names = ["get", "head", "options"]

    def get_queryset(self) -> Any:
        today = Organisation.current().today(timezone.now())
        return Survey.objects.with_state(today).with_asked()

    def get_serializer_class(self) -> Any:
        return serializers.OneSurveySerializer if self.detail else serializers.SurveySerializer


InvitationColumns: Any = filters_of(
    Invitation,
    equal=["survey", "contact", "channel", *ORIGIN],
    span=["invited_at", "completed_at", "expires_at", "recorded_at"],
    account="account",
)


class InvitationFilter(InvitationColumns):
    answered = YesOrNoFilter(method="told", label="Those of anonymous surveys are neither")

    def told(self, rows: Any, _name: str, value: bool) -> Any:
        return rows.filter(is_answered=value)


ASKED_BY_A_PROGRAM = OpenApiExample(
    "After an order",
    request_only=True,
    value={
        "survey": "3",
        "contact": {"source": "shop", "external_id": "C-12"},
        "language": "ar",
        "days_valid": 14,
        "source": "shop",
        "external_id": "order-4711",
    },
)
OF_FIELD = {
    WhyNot.ERASED: "contact",
    WhyNot.PERSON_TOPIC: "contact",
    WhyNot.ACCOUNT_TOPIC: "account",
    WhyNot.TAKEN: "external_id",
}


class InvitationView(Facts, WithoutChanges):
    """Who was asked, whatever reminded them."""

    queryset = Invitation.objects.annotate(
        is_answered=Case(When(survey__identity=Survey.Identity.ANONYMOUS, then=None), default=F("answered"))
    )
    serializer_class = serializers.InvitationSerializer
    filterset_class = InvitationFilter
    http_method_names = ["get", "post", "head", "options"]
    verbs: ClassVar = VERBS | {"revoke": "change"}

    @extend_schema(
        request=serializers.NewInvitationSerializer,
        responses=dict.fromkeys((200, 201), serializers.MadeInvitationSerializer),
        examples=[ASKED_BY_A_PROGRAM],
    )
    @once_per_key
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Answered:
        """Somebody is asked, and the answer says at which address; cxhub writes to nobody.

        With the same `source` and `external_id` it is the same invitation, however often it is sent: 201 the first
        time, then 200; and 409 where something else is said under the same id. Whoever the rules of how often anybody
        is asked forbid to ask is not asked: 409, with `person_topic` or `account_topic` as the code of the error.
        """
        asked: Any = serializers.NewInvitationSerializer(
            data=request.data, context=self.get_serializer_context()
        )
        with writing(self.writer):
            asked.is_valid(raise_exception=True)
            try:
                invitation = asked.save()
            except NotInvited as refused:
                why = refused.why
                raise Conflict({OF_FIELD.get(why, "survey"): [str(why.label)]}, why.value) from None
            shown = serializers.MadeInvitationSerializer(self._found_again(invitation)).data
        headers = {"Location": request.build_absolute_uri(f"{request.path}{invitation.pk}/")}
        return Answered(shown, status=201 if asked.is_new else 200, headers=headers)

    @extend_schema(
        operation_id="invitations_revoke", request=None, responses=serializers.InvitationSerializer
    )
    @action(detail=True, methods=["post"])
    @once_per_key
    def revoke(self, _request: Request, pk: str) -> Answered:
        """For good: nobody can answer by it any more, or is reminded of it. What was answered is kept."""
        with writing(self.writer):
            invitation = self.get_object()
            invitations.revoke(invitation, timezone.now())
            shown = self._shown(self._found_again(invitation))
        return Answered(shown, headers={"ETag": etag_of(shown)})


class ByMoment(Pages):
    """In the order in which they were completed: their ids have none."""

    ordering = ("completed_at", "id")  # type: ignore[assignment]  # DRF takes several

    def decode_cursor(self, request: Request) -> Cursor | None:
        try:
            cursor = CursorPagination.decode_cursor(self, request)
            if cursor and cursor.position is not None:
                MomentField().clean(cursor.position)
        except (NotFound, Refused):
            refuse_cursor()
        return cursor


class ResponseView(Facts, WithoutChanges):
    """What people answered, who know that it is read with their names, once they had sent it."""

    queryset = (
        Response.objects.filter(identity=Survey.Identity.IDENTIFIED, completed_at__isnull=False)
        .select_related("version")
        .prefetch_related("answers")
    )
    serializer_class = serializers.ResponseSerializer
    pagination_class = ByMoment
    filterset_class = filters_of(
        Response,
        equal=["survey", "contact", "invitation", "band", "channel", "language", "is_machine", *ORIGIN],
        span=["responded_at", "completed_at", "recorded_at"],
        account="account",
    )
    http_method_names = ["get", "head", "options"]
