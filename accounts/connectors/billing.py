"""Stripe's events: customers become accounts, subscriptions periods, invoices and refunds payments.

An object is as the latest event tells it; what was said earlier and comes later changes nothing.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from accounts.connectors import periods
from accounts.connectors.periods import SOURCE
from accounts.connectors.queue import Done
from accounts.connectors.reading import Part, kept, money
from accounts.connectors.reasons import Reason, Rejected
from accounts.intake import people
from accounts.intake.bodies import loaded
from accounts.intake.companies import accounts_of
from accounts.intake.reasons import Reason as IntakeReason
from accounts.intake.reasons import Rejected as Unread
from accounts.intake.reasons import words_of
from accounts.models import Organisation, Payment, ProviderCall, ProviderObject, Subscription

# Of what happened to an object within one second, which Stripe does not tell apart.
FIRST, LAST = ".created", ".deleted"


def act(call: ProviderCall) -> Done:
    try:
        event = Part(loaded(bytes(call.body)))
    except Unread as unread:
        raise Rejected(Reason.MALFORMED, detail=str(unread.reason)) from unread
    kind, at = event.text("type"), event.moment("created")
    if not kind:
        raise Rejected(Reason.MISSING, "type")
    write = _writer(kind)
    if write is None:
        return Done(0, Reason.IGNORED, kind)
    said = event.part("data").part("object")
    at = min(at, call.received_at)
    if kind != REFUNDED and not _is_news(said.id(), at, kind):
        return Done(0, Reason.OUTDATED, kind)
    return write(said, at)


def _writer(kind: str) -> Callable[[Part, datetime], Done] | None:
    return _subscription if kind.startswith("customer.subscription.") else WRITERS.get(kind)


def _is_news(value: str, at: datetime, kind: str) -> bool:
    rank = 0 if kind.endswith(FIRST) else 2 if kind.endswith(LAST) else 1
    told_at = at.replace(microsecond=0) + timedelta(microseconds=rank)
    ProviderObject.objects.get_or_create(provider=SOURCE, value=value, defaults={"told_at": told_at})
    known = ProviderObject.objects.filter(provider=SOURCE, value=value)
    return bool(known.filter(told_at__lte=told_at).update(told_at=told_at))


# Customers


def _customer(said: Part, at: datetime) -> Done:
    email = said.text("email", longest=254)
    name = said.text("name") or said.text("description") or email
    country = said.maybe("address").text("country").upper()
    traits = {"name": name, "country": country}
    erased = _tell(said.id(), {key: value for key, value in traits.items() if value}, email, at)
    return Done(1, *erased)


def _tell(customer: str, traits: dict[str, Any], email: str, at: datetime) -> tuple[str, str]:
    """As a server tells of a company and of somebody there: what holds for these holds here."""
    said = {
        "user": customer if email else "",
        "anonymous": "",
        "previous": "",
        "at": at.isoformat(),
        "verified": True,
    }
    calls = [{"type": "group", "company": customer, "traits": traits, **said}]
    if email:
        calls.append({"type": "identify", "company": "", "traits": {"email": email}, **said})
    rejected = people.apply(calls, source=SOURCE, companies_source=SOURCE, now=at)
    wrong = [one for one in rejected if one.reason != IntakeReason.ERASED]
    if wrong:
        raise Rejected(Reason.REFUSED, wrong[0].field, words_of(wrong[0].reason))
    return (IntakeReason.ERASED, IntakeReason.ERASED.sentence) if rejected else ("", "")


def _account(customer: str, at: datetime) -> int:
    """Made where Stripe did not tell of the customer yet."""
    known = accounts_of(SOURCE, {customer})
    if customer not in known:
        _tell(customer, {}, "", at)
        known = accounts_of(SOURCE, {customer})
    return known[customer]


# Subscriptions and money


def _subscription(said: Part, at: datetime) -> Done:
    items = periods.write(_account(said.id("customer"), at), said, at)
    return Done(items) if items else Done(0, Reason.IGNORED, said.text("status"))


def _invoice(said: Part, at: datetime) -> Done:
    currency, customer = said.currency(), said.id("customer")
    paid, total = Decimal(said.whole("amount_paid")), Decimal(said.whole("total"))
    if paid <= 0:
        return Done(0, Reason.IGNORED, "amount_paid")
    tax = _tax(said) * min(paid / total, Decimal(1)) if total > 0 else Decimal(0)
    day = Organisation.current().today(said.maybe("status_transitions").moment_if_any("paid_at") or at)
    account = _account(customer, at)
    known = Payment.objects.filter(source=SOURCE, external_id=said.id())
    payment = known.first() or Payment(source=SOURCE, external_id=said.id(), account_id=account)
    payment.day, payment.currency = day, currency
    payment.tax = kept(money(tax, currency))
    payment.amount = kept(money(paid, currency)) - payment.tax
    payment.subscription = payment.subscription or _subscription_of(said)
    _save(payment)
    if charge := said.id_if_any("charge"):
        _refunds(charge).filter(refund_of=None, account=account).update(refund_of=payment)
    return Done(1)


def _tax(said: Part) -> Decimal:
    if said.said.get("tax") is not None:
        return Decimal(said.whole("tax"))
    name = "total_taxes" if said.has("total_taxes") else "total_tax_amounts"
    rows = said.said.get(name) or []
    if not isinstance(rows, list):
        raise Rejected(Reason.WRONG_TYPE, said.at(name))
    parts = (Part(row, said.at(f"{name}.{number}")) for number, row in enumerate(rows))
    return Decimal(sum(part.whole("amount") for part in parts))


def _subscription_of(said: Part) -> Subscription | None:
    """Of several items the first; what is billed does not say of which it is."""
    number = said.id_if_any("subscription") or said.maybe("parent").maybe("subscription_details").id_if_any(
        "subscription"
    )
    rows = Subscription.objects.filter(source=SOURCE, reference__startswith=f"{number}/")
    return rows.order_by("-starts", "pk").first() if number else None


def _refund(said: Part, at: datetime) -> Done:
    """Stripe tells how much of a charge was given back by now: what is not here yet is one more refund."""
    currency, charge = said.currency(), said.id()
    given_back = kept(money(said.whole("amount_refunded"), currency))
    here = -sum((row.amount + row.tax for row in _refunds(charge)), Decimal(0))
    more = given_back - here
    if more <= 0:
        return Done(0, Reason.OUTDATED if here else Reason.IGNORED, "amount_refunded")
    account = _account(said.id("customer"), at)
    invoice = said.id_if_any("invoice")
    paid = (
        Payment.objects.filter(source=SOURCE, external_id=invoice, account=account).first()
        if invoice
        else None
    )
    tax = (
        kept(more * paid.tax / (paid.amount + paid.tax))
        if paid and paid.amount + paid.tax > 0
        else Decimal(0)
    )
    row = Payment(
        source=SOURCE,
        external_id=f"{charge}/{said.whole('amount_refunded')}",
        account_id=account,
        day=Organisation.current().today(at),
        amount=-(more - tax),
        tax=-tax,
        currency=currency,
        refund_of=paid,
        subscription=paid.subscription if paid else None,
    )
    _save(row)
    return Done(1)


def _refunds(charge: str) -> Any:
    return Payment.objects.filter(source=SOURCE, external_id__startswith=f"{charge}/")


def _save(row: Payment) -> None:
    try:
        row.full_clean()
    except ValidationError as refused:
        field, words = next(iter(refused.message_dict.items()))
        raise Rejected(Reason.REFUSED, field, words[0]) from refused
    row.save()


REFUNDED = "charge.refunded"
WRITERS: dict[str, Callable[[Part, datetime], Done]] = {
    "customer.created": _customer,
    "customer.updated": _customer,
    "invoice.paid": _invoice,
    "invoice.payment_succeeded": _invoice,
    REFUNDED: _refund,
}
