"""The facts, for programs: every kind as a list and one by one, to read and to write."""

from typing import Any

from django.db.models import Model, Prefetch
from django.utils.translation import gettext as _

from accounts import serializers
from accounts.api_filters import ORIGIN, AccountFilter, declared_filters, filters_of
from accounts.api_rows import Facts, Rows
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
    Pause,
    Payment,
    Plan,
    PlanFeature,
    Product,
    Resource,
    Return,
    Subscription,
    Term,
    Ticket,
    TicketEvent,
    WorkingCalendar,
)
from accounts.problems import Conflict, Merged, PersonMerged


class AccountView(Facts):
    """Customer companies. What is dated shows its present value."""

    # In an order, for the same account is to have the same ETag.
    queryset = Account.objects.select_related("owner", "team").prefetch_related(
        Prefetch("keys", AccountKey.objects.order_by("id"))
    )
    serializer_class = serializers.AccountSerializer
    filterset_class = AccountFilter
    of_the_creator = "owner"

    def known_parameters(self) -> set[str]:
        known = super().known_parameters()
        return known | set(declared_filters(self.request.query_params)) if "stage" in known else known

    def check_may_change(self, row: Account) -> None:
        if row.merged_into_id:
            raise Merged(row.merged_into_id)

    def check_may_go(self, row: Account) -> None:
        """A person is shown all that would go with it; a program is not."""
        # Memberships are made of facts.
        own = {"keys", "changes", "memberships"}
        for relation in row._meta.related_objects:
            name = relation.get_accessor_name()
            if name not in own and _some(relation.related_model, relation.field.name, row):
                kind = relation.related_model._meta.verbose_name_plural
                raise Conflict(
                    _("This account has facts (%(kind)s). Delete them first, or merge it.") % {"kind": kind}
                )


def _some(model: Any, field: str, row: Model) -> bool:
    return bool(model._default_manager.filter(**{field: row}).exists())


class ContactView(Facts):
    """People at accounts."""

    queryset = Contact.objects.all()
    serializer_class = serializers.ContactSerializer
    filterset_class = filters_of(
        Contact, equal=["email", "role", *ORIGIN], span=["joined", "left", "recorded_at"], account="account"
    )

    def check_may_change(self, row: Contact) -> None:
        if row.merged_into_id:
            raise PersonMerged(row.merged_into_id)


class LeadView(Facts):
    """People who showed interest."""

    queryset = Lead.objects.all()
    serializer_class = serializers.LeadSerializer
    filterset_class = filters_of(
        Lead,
        equal=["email", "channel", "campaign", *ORIGIN],
        span=["first_interest", "converted", "recorded_at"],
        account="account",
    )


class ProductView(Rows):
    """What orders and tickets are about."""

    queryset = Product.objects.all()
    serializer_class = serializers.ProductSerializer
    filterset_class = filters_of(Product, equal=["sku", "category"])


class PlanView(Rows):
    """What subscriptions are to."""

    queryset = Plan.objects.all()
    serializer_class = serializers.PlanSerializer
    filterset_class = filters_of(Plan, equal=["code"])


class SubscriptionView(Facts):
    """Periods of subscriptions under unchanged terms: [starts, ends)."""

    queryset = Subscription.objects.all()
    serializer_class = serializers.SubscriptionSerializer
    filterset_class = filters_of(
        Subscription,
        equal=["reference", "plan", "kind", "currency", *ORIGIN],
        span=["starts", "ends", "cancelled_on", "recorded_at"],
        account="account",
    )


class PauseView(Facts):
    """Stretches of subscriptions that bill nothing: [starts, ends)."""

    queryset = Pause.objects.all()
    serializer_class = serializers.PauseSerializer
    filterset_class = filters_of(
        Pause,
        equal=["subscription", *ORIGIN],
        span=["starts", "ends", "recorded_at"],
        account="subscription__account",
    )


class TermView(Facts):
    """Committed stretches of contracts that come up for renewal: [starts, ends)."""

    queryset = Term.objects.all()
    serializer_class = serializers.TermSerializer
    filterset_class = filters_of(
        Term,
        equal=["reference", "outcome", *ORIGIN],
        span=["starts", "ends", "decided_on", "recorded_at"],
        account="account",
    )


class DepartureView(Facts):
    """Why accounts left."""

    queryset = Departure.objects.all()
    serializer_class = serializers.DepartureSerializer
    filterset_class = filters_of(
        Departure,
        equal=["reason", "competitor", *ORIGIN],
        span=["churn_day", "recorded_at"],
        account="account",
    )


class ExchangeRateView(Rows):
    """From a day on, what one unit of a currency is worth in the base currency."""

    queryset = ExchangeRate.objects.all()
    serializer_class = serializers.ExchangeRateSerializer
    filterset_class = filters_of(
        ExchangeRate, equal=["base", "currency", "source"], span=["day", "recorded_at"]
    )


class OrderView(Facts):
    """Orders."""

    queryset = Order.objects.all()
    serializer_class = serializers.OrderSerializer
    filterset_class = filters_of(
        Order,
        equal=["number", "channel", "currency", *ORIGIN],
        span=["ordered_at", "cancelled_at", "recorded_at"],
        account="account",
    )


class OrderLineView(Facts):
    """Lines of orders."""

    queryset = OrderLine.objects.all()
    serializer_class = serializers.OrderLineSerializer
    filterset_class = filters_of(
        OrderLine, equal=["order", "product", *ORIGIN], span=["recorded_at"], account="order__account"
    )


class ReturnView(Facts):
    """What was given back of an order."""

    queryset = Return.objects.all()
    serializer_class = serializers.ReturnSerializer
    filterset_class = filters_of(
        Return,
        equal=["order", "line", "reason", *ORIGIN],
        span=["day", "recorded_at"],
        account="order__account",
    )


class PaymentView(Facts):
    """The ledger of revenue; refunds are negative."""

    queryset = Payment.objects.all()
    serializer_class = serializers.PaymentSerializer
    filterset_class = filters_of(
        Payment,
        equal=["currency", "order", "subscription", "refund_of", "income", "channel", *ORIGIN],
        span=["day", "recorded_at"],
        account="account",
    )


class ExpenseView(Rows):
    """What the organisation spent in a month, by kind."""

    queryset = Expense.objects.all()
    serializer_class = serializers.ExpenseSerializer
    filterset_class = filters_of(
        Expense, equal=["kind", "currency", "channel", "campaign", *ORIGIN], span=["month", "recorded_at"]
    )


class TicketView(Facts):
    """Requests for help. What became of them stands in their events."""

    queryset = Ticket.objects.all()
    serializer_class = serializers.TicketSerializer
    filterset_class = filters_of(
        Ticket,
        equal=["channel", "type", "priority", "product", "requester", "assignee", "spam", *ORIGIN],
        span=["opened_at", "recorded_at"],
        account="account",
    )


class TicketEventView(Facts):
    """The logs of tickets."""

    queryset = TicketEvent.objects.all()
    serializer_class = serializers.TicketEventSerializer
    filterset_class = filters_of(
        TicketEvent,
        equal=["ticket", "kind", "by", "public", *ORIGIN],
        span=["happened_at", "recorded_at"],
        account="ticket__account",
    )


class WorkingCalendarView(Rows):
    """Which days and hours are worked: by a team, in a country, or everywhere. Days of the week: 1 is Monday."""

    queryset = WorkingCalendar.objects.all()
    serializer_class = serializers.WorkingCalendarSerializer
    filterset_class = filters_of(WorkingCalendar, equal=["name", "team", "country"])


class FeatureView(Rows):
    """Parts of the product that one may use or not."""

    queryset = Feature.objects.all()
    serializer_class = serializers.FeatureSerializer
    filterset_class = filters_of(Feature, equal=["code"])


class PlanFeatureView(Rows):
    """Which plans include which features: [starts, ends)."""

    queryset = PlanFeature.objects.all()
    serializer_class = serializers.PlanFeatureSerializer
    filterset_class = filters_of(PlanFeature, equal=["plan", "feature"], span=["starts", "ends"])


class ResourceView(Rows):
    """What people learn from: articles, videos, courses."""

    queryset = Resource.objects.all()
    serializer_class = serializers.ResourceSerializer
    filterset_class = filters_of(Resource, equal=["code", "kind", "feature", "topic"])


class GoalView(Rows):
    """What one hopes that visitors do: reach a page, or do something."""

    queryset = Goal.objects.all()
    serializer_class = serializers.GoalSerializer
    filterset_class = filters_of(Goal, equal=["code", "kind"])


class CampaignView(Rows):
    """What one does to reach people for a while, events and webinars among it."""

    queryset = Campaign.objects.all()
    serializer_class = serializers.CampaignSerializer
    filterset_class = filters_of(Campaign, equal=["code", "kind", "channel", "goal"], span=["starts", "ends"])


class CampaignDayView(Rows):
    """Whom a campaign reached on a day, and what that cost."""

    queryset = CampaignDay.objects.all()
    serializer_class = serializers.CampaignDaySerializer
    filterset_class = filters_of(
        CampaignDay, equal=["campaign", "currency", *ORIGIN], span=["day", "recorded_at"]
    )


class IdentityView(Facts):
    """The ids by which senders know contacts: [since, until)."""

    queryset = Identity.objects.all()
    serializer_class = serializers.IdentitySerializer
    filterset_class = filters_of(
        Identity,
        equal=["contact", "source", "kind", "value", "verified"],
        span=["since", "until", "recorded_at"],
        account="contact__account",
    )
    of_the_creator = "contact"


class ConsentView(Facts):
    """What contacts agreed to receive, until they withdrew it."""

    queryset = Consent.objects.all()
    serializer_class = serializers.ConsentSerializer
    filterset_class = filters_of(
        Consent,
        equal=["contact", "channel", "purpose", *ORIGIN],
        span=["given_at", "withdrawn_at", "recorded_at"],
        account="contact__account",
    )
    of_the_creator = "contact"


class EventNameView(Rows):
    """What senders' own names of events mean. A change is applied to all events that are kept."""

    queryset = EventName.objects.all()
    serializer_class = serializers.EventNameSerializer
    filterset_class = filters_of(EventName, equal=["sent_as", "means"])
