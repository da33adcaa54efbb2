"""Webhooks for programs: entered, changed, given another secret and tried, and what they were sent, once more too."""

from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api_changes import SINCE
from accounts.api_fields import Moment, RowSerializer
from accounts.api_filters import IdFilter, filters_of
from accounts.api_rows import VERBS, Rows
from accounts.api_writes import etag_of, writing
from accounts.idempotency import once_per_key, once_per_key_without
from accounts.models import User, WebhookDelivery, WebhookEndpoint
from accounts.problems import Conflict
from accounts.serializers import PersonSerializer
from accounts.tasks import deliver_webhooks
from accounts.webhooks import delivering, endpoints

# Notices are of every account.
WATCH = ("accounts.view_webhookendpoint", "accounts.view_webhookdelivery", "accounts.view_all_accounts")
SECRET = "secret"  # noqa: S105  The name of a field.
ONCE = "Shown once. Null: this request was answered before; make another secret."


class WebhookSerializer(RowSerializer):
    active = serializers.BooleanField(
        source="is_active", required=False, help_text="What happens while it is not is not sent to it."
    )
    created_by = PersonSerializer(allow_null=True, read_only=True)

    class Meta:
        model = WebhookEndpoint
        fields = (
            "id",
            "url",
            "description",
            "kinds",
            "active",
            "disabled_at",
            "disabled_because",
            "created_by",
            "created_at",
        )
        read_only_fields = ("disabled_at", "disabled_because", "created_at")

    def validate_kinds(self, kinds: list[str]) -> list[str]:
        known = endpoints.kinds_for(self.instance)
        wrong = [
            _("There is no kind “%(kind)s”.") % {"kind": kind}
            for kind in dict.fromkeys(kinds)
            if kind not in known
        ]
        if wrong:
            raise serializers.ValidationError(
                [*wrong, _("There are: %(kinds)s") % {"kinds": ", ".join(sorted(known))}]
            )
        return list(dict.fromkeys(kinds))

    def create(self, given: dict[str, Any]) -> WebhookEndpoint:
        """Its secret stands beside it, once."""
        active = given.pop("is_active", True)
        endpoint, self.made_secret = endpoints.make(
            **given, by=self.context["request"].user, now=(now := timezone.now())
        )
        if not active:
            endpoints.disable(endpoint, WebhookEndpoint.Why.BY_HAND, now)
        return endpoint

    def update(self, row: WebhookEndpoint, given: dict[str, Any]) -> WebhookEndpoint:
        active = given.pop("is_active", None)
        super().update(row, given)
        if active is False:
            endpoints.disable(row, WebhookEndpoint.Why.BY_HAND, timezone.now())
        elif active:
            endpoints.enable(row)
            deliver_webhooks.delay_on_commit()
        return row


class MadeWebhookSerializer(WebhookSerializer):
    secret = serializers.CharField(allow_null=True, help_text=ONCE)

    class Meta(WebhookSerializer.Meta):
        fields = (*WebhookSerializer.Meta.fields, SECRET)  # type: ignore[assignment]  # one more


class SecretSerializer(serializers.Serializer[Any]):
    secret = serializers.CharField(allow_null=True, help_text=ONCE)
    both_until = Moment(help_text="Until then deliveries are signed with the secret before as well.")


class ReplaySerializer(serializers.Serializer[Any]):
    since = Moment(
        required=False, help_text="Those that were tried last after that. Left out: all that failed."
    )

    def to_internal_value(self, given: Any) -> Any:
        unknown = {name: [_("There is no such field.")] for name in given if name not in self.fields}
        if unknown:
            raise serializers.ValidationError(unknown)
        return super().to_internal_value(given)


class ReplayedSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField(help_text="How many deliveries are sent again.")


class WebhookDeliverySerializer(RowSerializer):
    webhook = serializers.CharField(source="endpoint_id", help_text="The id of the webhook.")
    key = serializers.CharField(help_text="As the header webhook-id says it, however often it is sent.")
    milliseconds = serializers.IntegerField(help_text="How long the last try took.")

    class Meta:
        model = WebhookDelivery
        fields = read_only_fields = (
            "id",
            "webhook",
            "key",
            "kind",
            "payload",
            "state",
            "tries",
            "made_at",
            "tried_at",
            "next_at",
            "delivered_at",
            "status",
            "problem",
            "answer",
            "milliseconds",
        )


class Watched(Rows):
    """What is told is of all accounts: for those who may see them all."""

    verbs: ClassVar = VERBS | {"rotate": "change", "test": "change", "replay": "change"}

    def may_read(self, user: User) -> bool:
        return user.has_perms(WATCH)

    def may_write(self, user: User, verb: str) -> bool:
        return user.has_perm(f"accounts.{verb}_webhookendpoint")


class WebhookView(Watched):
    """Other systems that are told over HTTP of what happens."""

    queryset = WebhookEndpoint.objects.select_related("created_by")
    serializer_class = WebhookSerializer
    filterset_class = filters_of(WebhookEndpoint, equal=["url", "disabled_because"], span=["created_at"])

    @extend_schema(responses={201: MadeWebhookSerializer})
    @once_per_key_without(SECRET)
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer: Any = self.get_serializer(data=request.data)
        with writing(self.writer):
            serializer.is_valid(raise_exception=True)
            shown = self._shown(self._found_again(serializer.save()))
        headers = {
            "ETag": etag_of(shown),
            "Location": request.build_absolute_uri(f"{request.path}{shown['id']}/"),
        }
        return Response(shown | {SECRET: serializer.made_secret}, status=201, headers=headers)

    @extend_schema(operation_id="webhooks_rotate", request=None, responses=SecretSerializer)
    @action(detail=True, methods=["post"])
    @once_per_key_without(SECRET)
    def rotate(self, _request: Request, pk: str) -> Response:
        """Another secret."""
        now = timezone.now()
        with writing(self.writer):
            secret = endpoints.rotate(self.get_object(), now)
        return Response(SecretSerializer({SECRET: secret, "both_until": now + endpoints.OLD_ONE_VALID}).data)

    @extend_schema(operation_id="webhooks_test", request=None, responses={201: WebhookDeliverySerializer})
    @action(detail=True, methods=["post"])
    @once_per_key
    def test(self, request: Request, pk: str) -> Response:
        """One delivery that is tried once. What became of it is read at its own address."""
        endpoint = self.get_object()
        if endpoint.disabled_at:
            raise Conflict(_("This webhook is not active. Make it so first."))
        with writing(self.writer):
            delivery = delivering.send_test(endpoint, timezone.now())
        deliver_webhooks.delay_on_commit()
        shown = WebhookDeliverySerializer(delivery).data
        address = request.build_absolute_uri(f"/api/v1/webhooks/deliveries/{delivery.pk}/")
        return Response(shown, status=201, headers={"Location": address})

    @extend_schema(operation_id="webhooks_replay", request=ReplaySerializer, responses=ReplayedSerializer)
    @action(detail=True, methods=["post"])
    @once_per_key
    def replay(self, request: Request, pk: str) -> Response:
        """All that failed is sent again, under the same keys."""
        failed = WebhookDelivery.objects.failed().filter(endpoint=self.get_object())
        asked = ReplaySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        if since := asked.validated_data.get("since"):
            failed = failed.filter(tried_at__gt=since)
        with writing(self.writer):
            count = delivering.replay(failed, timezone.now())
        deliver_webhooks.delay_on_commit()
        return Response(ReplayedSerializer({"count": count}).data)


Columns: Any = filters_of(
    WebhookDelivery, equal=["state", "kind", "problem", "status"], span=["made_at", "tried_at"]
)


class DeliveryFilter(Columns):
    webhook = IdFilter(field_name="endpoint_id", label="Id of the webhook")


class WebhookDeliveryView(Watched):
    """What webhooks were sent in the last thirty days, and what they answered."""

    queryset = WebhookDelivery.objects.all()
    serializer_class = WebhookDeliverySerializer
    filterset_class = DeliveryFilter
    http_method_names = ["get", "post", "head", "options"]

    def known_parameters(self) -> set[str]:
        return super().known_parameters() - {SINCE}

    @extend_schema(exclude=True)
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.http_method_not_allowed(request)

    @extend_schema(
        operation_id="webhooks_deliveries_replay", request=None, responses=WebhookDeliverySerializer
    )
    @action(detail=True, methods=["post"])
    @once_per_key
    def replay(self, _request: Request, pk: str) -> Response:
        """It is sent again, under the same key."""
        delivery = self.get_object()
        with writing(self.writer):
            if not delivering.replay(WebhookDelivery.objects.filter(pk=delivery.pk), timezone.now()):
                raise Conflict(_("This delivery is not over yet: it is tried again by itself."))
        deliver_webhooks.delay_on_commit()
        return Response(self._shown(self._found_again(delivery)))
