"""What the API says of accounts and facts: every field by name; ids and amounts are strings, instants in UTC."""

from typing import Any, ClassVar

from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from accounts.api_fields import ORIGIN, Attributes, Day, Reference, RowSerializer, Tags
from accounts.attributes import PREFIX
from accounts.models import (
    Account,
    AccountKey,
    Campaign,
    CampaignDay,
    Consent,
    Contact,
    Departure,
    EventName,
    ExchangeRate,
    Expense,
    Feature,
    Goal,
    Identity,
    Lead,
    Order,
    OrderLine,
    Organisation,
    Pause,
    Payment,
    Plan,
    PlanFeature,
    Product,
    Resource,
    Return,
    Subscription,
    Team,
    Term,
    Ticket,
    TicketEvent,
    User,
    WorkingCalendar,
)
from accounts.problems import FieldNotYours
from accounts.services import THE_PAST_IS_OTHERS, change_account, may_change_the_past, set_keys


class KeySerializer(serializers.ModelSerializer[AccountKey]):
    class Meta:
        model = AccountKey
        fields = ("source", "value")
        # Whether another account has it, the database says.
        validators: ClassVar[list[Any]] = []

    def to_representation(self, key: AccountKey) -> dict[str, str]:
        """By hand: the framework's way is half of what a list of accounts costs."""
        return {"source": key.source, "value": key.value}


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
    """What is dated is written from a day on (`from_day`; today), and counts from then. `keys` are given as a whole."""

    keys = KeySerializer(many=True, required=False)
    owner = Reference(
        queryset=User.objects.filter(is_active=True),
        shown_by=PersonSerializer,
        allow_null=True,
        required=False,
    )
    team = Reference(queryset=Team.objects.all(), shown_by=TeamSerializer, allow_null=True, required=False)
    attributes = Attributes(required=False)
    tags = Tags(required=False)
    from_day = Day(write_only=True, required=False)

    pointers: ClassVar = {"accountkey_once_per_source": "keys"}

    class Meta:
        model = Account
        fields = (
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
            "from_day",
            "keys",
            "recorded_at",
        )
        read_only_fields = ("merged_into",)

    def validate_keys(self, keys: list[dict[str, str]]) -> list[dict[str, str]]:
        if len({(key["source"], key["value"]) for key in keys}) < len(keys):
            raise serializers.ValidationError(_("The same key is given twice."))
        return keys

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        declared = given.pop("attributes", {})
        if "from_day" in given and not (declared or set(given) & set(Account.DATED)):
            raise serializers.ValidationError({"from_day": _("Nothing is given that counts from a day on.")})
        self._check_permissions(given)
        return super().validate(given) | declared

    def _check_permissions(self, given: dict[str, Any]) -> None:
        """Ids and the past are others' to mend."""
        user, today = self.context["request"].user, Organisation.current().today(timezone.now())
        if not user.has_perms([f"accounts.{verb}_accountkey" for verb in self._verbs_of_keys(given)]):
            raise FieldNotYours("keys", _("Your roles do not include changing the ids of accounts (keys)."))
        if given.get("from_day", today) < today and not may_change_the_past(user):
            raise FieldNotYours("from_day", THE_PAST_IS_OTHERS)

    def _verbs_of_keys(self, given: dict[str, Any]) -> set[str]:
        """Another id of the same source is a change."""
        if "keys" not in given:
            return set()
        before = {(key.source, key.value) for key in self.instance.keys.all()} if self.instance else set()
        after = {(key["source"], key["value"]) for key in given["keys"]}
        gone, new = ({source for source, _value in keys} for keys in (before - after, after - before))
        verbs = {"change": gone & new, "add": new - gone, "delete": gone - new}
        return {verb for verb, sources in verbs.items() if sources}

    def create(self, given: dict[str, Any]) -> Account:
        """Every account has a stage from the first day on; of the rest nothing is said where nothing is given."""
        undated = {name: given[name] for name in given if name in self._undated}
        stated = {name: given[name] for name in given if given[name] not in ("", None)}
        account = Account.objects.create(**undated)
        return self._with_parts(account, {"stage": Account.Stage.LEAD, **stated})

    def update(self, account: Account, given: dict[str, Any]) -> Account:
        account.save(update_fields=[name for name in given if name in self._undated])
        return self._with_parts(account, given)

    @property
    def _undated(self) -> set[str]:
        return {field.name for field in Account._meta.concrete_fields} - set(Account.DATED)

    def _with_parts(self, account: Account, given: dict[str, Any]) -> Account:
        if dated := {name: given[name] for name in given if name in Account.DATED or name.startswith(PREFIX)}:
            now = timezone.now()
            day = given.get("from_day") or Organisation.current().today(now)
            change_account(account, by=self.context["request"].user, day=day, now=now, **dated)
        if "keys" in given:
            set_keys(account, [(key["source"], key["value"]) for key in given["keys"]])
        return account


class ContactSerializer(RowSerializer):
    tags = Tags(required=False)

    class Meta:
        model = Contact
        fields = (
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
            "merged_into",
            *ORIGIN,
        )
        read_only_fields = ("merged_into",)


class LeadSerializer(RowSerializer):
    class Meta:
        model = Lead
        fields = (
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
        fields = ("id", "sku", "name", "category")


class PlanSerializer(RowSerializer):
    class Meta:
        model = Plan
        fields = ("id", "code", "name")


class SubscriptionSerializer(RowSerializer):
    class Meta:
        model = Subscription
        fields = (
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
        fields = ("id", "subscription", "starts", "ends", "ends_recorded_at", *ORIGIN)


class TermSerializer(RowSerializer):
    class Meta:
        model = Term
        fields = (
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
        fields = (
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
        fields = ("id", "base", "currency", "day", "rate", "source", "recorded_at")


class OrderSerializer(RowSerializer):
    class Meta:
        model = Order
        fields = (
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
        fields = ("id", "order", "product", "quantity", "amount", *ORIGIN)


class ReturnSerializer(RowSerializer):
    class Meta:
        model = Return
        fields = ("id", "order", "line", "day", "units", "amount", "reason", *ORIGIN)


class PaymentSerializer(RowSerializer):
    class Meta:
        model = Payment
        fields = (
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
        fields = (
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
        fields = (
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
            "calendar",
            *ORIGIN,
        )


class TicketEventSerializer(RowSerializer):
    class Meta:
        model = TicketEvent
        fields = ("id", "ticket", "kind", "happened_at", "by", "public", *ORIGIN)


class WorkingCalendarSerializer(RowSerializer):
    class Meta:
        model = WorkingCalendar
        fields = ("id", "name", "team", "country", "time_zone", "weekend", "opens", "closes", "holidays")


class FeatureSerializer(RowSerializer):
    class Meta:
        model = Feature
        fields = ("id", "code", "name")


class PlanFeatureSerializer(RowSerializer):
    class Meta:
        model = PlanFeature
        fields = ("id", "plan", "feature", "starts", "ends")


class ResourceSerializer(RowSerializer):
    class Meta:
        model = Resource
        fields = ("id", "code", "name", "kind", "address", "feature", "topic")


class GoalSerializer(RowSerializer):
    class Meta:
        model = Goal
        fields = ("id", "code", "name", "kind", "target")


class CampaignSerializer(RowSerializer):
    class Meta:
        model = Campaign
        fields = ("id", "code", "name", "kind", "channel", "starts", "ends", "goal")


class CampaignDaySerializer(RowSerializer):
    class Meta:
        model = CampaignDay
        fields = (
            "id",
            "campaign",
            "day",
            "reach",
            "impressions",
            "clicks",
            "cost",
            "currency",
            *ORIGIN,
        )


class IdentitySerializer(RowSerializer):
    class Meta:
        model = Identity
        fields = ("id", "contact", "source", "kind", "value", "verified", "since", "until", "recorded_at")
        read_only_fields = ("recorded_at",)


class ConsentSerializer(RowSerializer):
    class Meta:
        model = Consent
        fields = (
            "id",
            "contact",
            "channel",
            "purpose",
            "given_at",
            "withdrawn_at",
            "withdrawn_recorded_at",
            *ORIGIN,
        )


class EventNameSerializer(RowSerializer):
    class Meta:
        model = EventName
        fields = ("id", "sent_as", "means", "is_activity", "object_property", "value_property")
