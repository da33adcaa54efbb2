"""What the API says of accounts and facts: every field by name; ids and amounts are strings, instants in UTC."""

from datetime import UTC
from typing import Any, ClassVar

from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.attributes import LONGEST_TAG, MOST_TAGS
from accounts.declared import NotRead, read
from accounts.fields import LocalizedField
from accounts.models import (
    Account,
    AccountKey,
    AttributeDefinition,
    Contact,
    Departure,
    ExchangeRate,
    Expense,
    Lead,
    Order,
    OrderLine,
    Pause,
    Payment,
    Plan,
    Product,
    Return,
    Subscription,
    Team,
    Term,
    Ticket,
    TicketEvent,
    User,
)


class Moment(serializers.DateTimeField):
    """The same text for every reader, whatever time zone they live in."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)


class LocalizedText(serializers.DictField):
    """One text by language code."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.pop("encoder", None)
        kwargs.pop("decoder", None)
        super().__init__(child=serializers.CharField(), **kwargs)


class RowSerializer(serializers.ModelSerializer[Any]):
    serializer_field_mapping: ClassVar = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.BigAutoField: serializers.CharField,
        models.DateTimeField: Moment,
        # They may be empty, and an empty text is no address.
        models.EmailField: serializers.CharField,
        models.URLField: serializers.CharField,
        LocalizedField: LocalizedText,
    }

    def build_standard_field(self, field_name: str, model_field: Any) -> Any:
        field_class, kwargs = super().build_standard_field(field_name, model_field)
        if model_field.primary_key:
            return serializers.CharField, {"read_only": True}
        return field_class, kwargs

    def build_relational_field(self, field_name: str, relation_info: Any) -> Any:
        field_class, kwargs = super().build_relational_field(field_name, relation_info)
        return field_class, {**kwargs, "pk_field": serializers.CharField()}


@extend_schema_field(
    {"type": "object", "additionalProperties": True, "example": {"seats": 250, "modules": ["crm", "erp"]}}
)
class Attributes(serializers.Field):
    """Declared attributes by key: texts, whole numbers, true or false; days and exact decimals in strings.

    Written they become `{"attribute.<key>": text}`, as `change_account` takes them.
    """

    @cached_property
    def declared(self) -> dict[str, AttributeDefinition]:
        return {definition.key: definition for definition in AttributeDefinition.objects.in_use()}

    def to_representation(self, kept: dict[str, list[str]]) -> dict[str, Any]:
        return {
            key: self._said(definition, kept[key])
            for key, definition in (self.declared if kept else {}).items()
            if key in kept
        }

    @staticmethod
    def _said(definition: AttributeDefinition, lines: list[str]) -> Any:
        value = definition.value(lines)
        return value if isinstance(value, int | list) else lines[0]

    def to_internal_value(self, given: Any) -> dict[str, str]:
        if not isinstance(given, dict):
            raise serializers.ValidationError(_("Give an object: a value for each key."))
        try:
            return read(given, self.declared.values())
        except NotRead as refused:
            raise serializers.ValidationError({key: [why] for key, why in refused.reasons.items()}) from None


class Tags(serializers.ListField):
    """Each tag once, whatever its spelling."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.CharField(max_length=LONGEST_TAG), max_length=MOST_TAGS, **kwargs)


ORIGIN = ("source", "external_id", "recorded_at")


class KeySerializer(serializers.ModelSerializer[AccountKey]):
    class Meta:
        model = AccountKey
        fields = read_only_fields = ("source", "value")


class PersonSerializer(RowSerializer):
    """One of us."""

    class Meta:
        model = User
        fields = read_only_fields = ("id", "name", "email")


class TeamSerializer(RowSerializer):
    class Meta:
        model = Team
        fields = read_only_fields = ("id", "name")


class AccountSerializer(RowSerializer):
    keys = KeySerializer(many=True, read_only=True)
    owner = PersonSerializer(read_only=True, allow_null=True)
    team = TeamSerializer(read_only=True, allow_null=True)
    attributes = Attributes(read_only=True)
    tags = Tags(read_only=True)

    class Meta:
        model = Account
        fields = read_only_fields = (
            "id",
            "name",
            "industry",
            "country",
            "website",
            "acquired_channel",
            "acquired_campaign",
            "internal",
            "merged_into",
            "stage",
            "segment",
            "tier",
            "region",
            "owner",
            "team",
            "parent",
            "attributes",
            "tags",
            "keys",
            "recorded_at",
        )


class ContactSerializer(RowSerializer):
    tags = Tags(read_only=True)

    class Meta:
        model = Contact
        fields = read_only_fields = (
            "id",
            "account",
            "name",
            "email",
            "phone",
            "language",
            "time_zone",
            "role",
            "joined",
            "left",
            "preferred_channel",
            "preferred_hour",
            "tags",
            *ORIGIN,
        )


class LeadSerializer(RowSerializer):
    class Meta:
        model = Lead
        fields = read_only_fields = (
            "id",
            "account",
            "name",
            "email",
            "company",
            "first_interest",
            "channel",
            "campaign",
            "converted",
            *ORIGIN,
        )


class ProductSerializer(RowSerializer):
    class Meta:
        model = Product
        fields = read_only_fields = ("id", "sku", "name", "category")


class PlanSerializer(RowSerializer):
    class Meta:
        model = Plan
        fields = read_only_fields = ("id", "code", "name")


class SubscriptionSerializer(RowSerializer):
    class Meta:
        model = Subscription
        fields = read_only_fields = (
            "id",
            "account",
            "reference",
            "plan",
            "kind",
            "price",
            "interval",
            "interval_count",
            "quantity",
            "discount_percent",
            "discount_amount",
            "discount_ends",
            "currency",
            "starts",
            "ends",
            "ends_recorded_at",
            "cancelled_on",
            "cancelled_recorded_at",
            "cancel_reason",
            "past_due_since",
            *ORIGIN,
        )


class PauseSerializer(RowSerializer):
    class Meta:
        model = Pause
        fields = read_only_fields = ("id", "subscription", "starts", "ends", "ends_recorded_at", *ORIGIN)


class TermSerializer(RowSerializer):
    class Meta:
        model = Term
        fields = read_only_fields = (
            "id",
            "account",
            "reference",
            "starts",
            "ends",
            "notice_by",
            "due_mrr",
            "currency",
            "outcome",
            "decided_on",
            "outcome_recorded_at",
            "renewed_mrr",
            "lost_reason",
            *ORIGIN,
        )


class DepartureSerializer(RowSerializer):
    class Meta:
        model = Departure
        fields = read_only_fields = (
            "id",
            "account",
            "churn_day",
            "reason",
            "competitor",
            "note",
            "recovered",
            *ORIGIN,
        )


class ExchangeRateSerializer(RowSerializer):
    class Meta:
        model = ExchangeRate
        fields = read_only_fields = ("id", "base", "currency", "day", "rate", "source", "recorded_at")


class OrderSerializer(RowSerializer):
    class Meta:
        model = Order
        fields = read_only_fields = (
            "id",
            "account",
            "number",
            "ordered_at",
            "cancelled_at",
            "cancelled_recorded_at",
            "channel",
            "currency",
            "amount",
            "discount",
            "tax",
            "shipping",
            *ORIGIN,
        )


class OrderLineSerializer(RowSerializer):
    class Meta:
        model = OrderLine
        fields = read_only_fields = ("id", "order", "product", "quantity", "amount", *ORIGIN)


class ReturnSerializer(RowSerializer):
    class Meta:
        model = Return
        fields = read_only_fields = ("id", "order", "line", "day", "units", "amount", "reason", *ORIGIN)


class PaymentSerializer(RowSerializer):
    class Meta:
        model = Payment
        fields = read_only_fields = (
            "id",
            "account",
            "day",
            "amount",
            "tax",
            "currency",
            "refund_of",
            "order",
            "subscription",
            "income",
            "channel",
            *ORIGIN,
        )


class ExpenseSerializer(RowSerializer):
    class Meta:
        model = Expense
        fields = read_only_fields = (
            "id",
            "month",
            "amount",
            "currency",
            "kind",
            "channel",
            "campaign",
            *ORIGIN,
        )


class TicketSerializer(RowSerializer):
    class Meta:
        model = Ticket
        fields = read_only_fields = (
            "id",
            "account",
            "subject",
            "channel",
            "type",
            "priority",
            "product",
            "requester",
            "assignee",
            "opened_at",
            "opened_by_staff",
            "spam",
            "merged_into",
            *ORIGIN,
        )


class TicketEventSerializer(RowSerializer):
    class Meta:
        model = TicketEvent
        fields = read_only_fields = ("id", "ticket", "kind", "happened_at", "by", "public", *ORIGIN)
