"""The facts, for programs: lists and single rows of what the reader may see."""

from base64 import b64decode
from binascii import Error as NotBase64
from typing import Any, ClassVar
from urllib.parse import parse_qs

from django.db.models import QuerySet
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.pagination import Cursor, CursorPagination
from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework.viewsets import ReadOnlyModelViewSet

from accounts import serializers
from accounts.api_filters import LARGEST_ID, ORIGIN, AccountFilter, declared_filters, filters_of
from accounts.models import (
    Account,
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
    Term,
    Ticket,
    TicketEvent,
)

PAGING = frozenset({"cursor", "page_size"})


class StrictQuery(APIView):
    """Refuses query parameters that the view does not know, or that say nothing: a misspelt or empty filter would
    otherwise give everybody's rows."""

    def known_parameters(self) -> set[str]:
        return set()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        known = self.known_parameters()
        wrong = {name: [self._unknown(known)] for name in request.query_params if name not in known}
        twice = _("This is given more than once.")
        wrong |= {
            name: [twice]
            for name, values in request.query_params.lists()
            if name in known and len(values) > 1
        }
        empty = _("This is empty. Give a value, or leave it out.")
        wrong |= {
            name: [empty]
            for name, values in request.query_params.lists()
            if name in known and not any(value.strip() for value in values)
        }
        if wrong:
            raise ValidationError(wrong)

    @staticmethod
    def _unknown(known: set[str]) -> str:
        if not known:
            return _("There is no such parameter here; this address takes none.")
        return _("There is no such parameter here. Use one of: %(known)s.") % {
            "known": ", ".join(sorted(known))
        }


class Pages(CursorPagination):
    """By id, the one order that every table has an index for and that no new row disturbs."""

    ordering = "id"
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 500

    def get_page_size(self, request: Request) -> int:
        text = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= self.max_page_size:
            return int(text)
        message = _("A page has 1 to %(most)s rows.") % {"most": self.max_page_size}
        raise ValidationError({self.page_size_query_param: [message]})

    def decode_cursor(self, request: Request) -> Cursor | None:
        text = request.query_params.get(self.cursor_query_param)
        if text is None:
            return None
        position = _position(text)
        if position is None or not position.isdigit() or int(position) > LARGEST_ID:
            message = _("This is no cursor of ours. Take the addresses in next and previous as they are.")
            raise ValidationError({self.cursor_query_param: [message]})
        return super().decode_cursor(request)


def _position(cursor: str) -> str | None:
    """After which id the page begins. DRF would hand whatever stands there to the database."""
    try:
        tokens = parse_qs(b64decode(cursor.encode("ascii"), validate=True).decode("ascii"))
    except (NotBase64, UnicodeError, ValueError):
        return None
    return tokens.get("p", ["0"])[0]


class Rows(StrictQuery, ReadOnlyModelViewSet[Any]):
    """Rows that everybody with the right to read their kind may read."""

    pagination_class = Pages
    lookup_value_regex = "[0-9]{1,18}"
    filterset_class: ClassVar[Any]

    def known_parameters(self) -> set[str]:
        return set(self.filterset_class.base_filters) | PAGING if self.action == "list" else set()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not request.user.has_perm(self._permission()):
            self._refuse()

    def _permission(self) -> str:
        meta = self.get_queryset().model._meta
        return f"{meta.app_label}.view_{meta.model_name}"

    def _refuse(self) -> None:
        """A single row that one may not see does not exist; of a list one is told why it stays closed."""
        if self.detail:
            raise Http404
        raise PermissionDenied(_("Your roles do not include reading these. Ask an administrator."))


class Facts(Rows):
    """Facts of the accounts that the reader may see."""

    def get_queryset(self) -> QuerySet[Any]:
        rows: Any = super().get_queryset()
        return rows.visible_to(self.request.user)


class AccountView(Facts):
    """Customer companies. What is dated shows its present value."""

    queryset = Account.objects.select_related("owner", "team").prefetch_related("keys")
    serializer_class = serializers.AccountSerializer
    filterset_class = AccountFilter

    def known_parameters(self) -> set[str]:
        known = super().known_parameters()
        return known | set(declared_filters(self.request.query_params)) if known else known


class ContactView(Facts):
    """People at accounts."""

    queryset = Contact.objects.all()
    serializer_class = serializers.ContactSerializer
    filterset_class = filters_of(
        Contact, equal=["email", "role", *ORIGIN], span=["joined", "left", "recorded_at"], account="account"
    )


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
