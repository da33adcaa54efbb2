"""Facts for tests, written as one says them: days as "2026-01-31", instants as "2026-01-31 10:00" (UTC).

What a test does not say is plain: US dollars, one paid subscription a month, a ticket of a customer.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from accounts.models import (
    Account,
    AccountChange,
    AttributeDefinition,
    Campaign,
    Contact,
    Departure,
    ExchangeRate,
    Expense,
    Feature,
    Lead,
    Letter,
    Order,
    Organisation,
    Pause,
    Payment,
    Plan,
    Population,
    Subscription,
    Term,
    Ticket,
    TicketEvent,
    User,
    WebhookEndpoint,
)


def day(text):
    return date.fromisoformat(text) if isinstance(text, str) else text


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC) if isinstance(text, str) else text


def organisation(**fields):
    """The settings row with these values; what was there otherwise stays."""
    Organisation.current()
    Organisation.objects.update(**fields)
    return Organisation.current()


def account(name="Najm Logistics", *, since="2020-01-01", **fields):
    """With its dated attributes dated from `since` on."""
    created = Account.objects.create(name=name, **fields)
    dated(created, since, **{name: value for name, value in fields.items() if name in Account.DATED})
    return created


def accounts(count, *, since="2020-01-01", **fields):
    """All at once."""
    created = Account.objects.bulk_create(
        Account(name=f"Customer {number}", **fields) for number in range(1, count + 1)
    )
    AccountChange.objects.bulk_create(
        change
        for one in created
        for change in changes(
            one, since, **{name: value for name, value in fields.items() if name in Account.DATED}
        )
    )
    return created


def dated(account, since, **values):
    """Dates attributes without moving the account's current value."""
    created = changes(account, since, **values)
    for change in created:
        change.save()
    return created


def changes(account, since, **values):
    return [
        AccountChange(
            account=account, field=field, value=str(getattr(value, "pk", value)), from_day=day(since)
        )
        for field, value in values.items()
    ]


def attribute(key, kind="text", *, choices=(), **fields):
    """A declared one, whose choices are called by their keys in capitals; in Arabic, by them between dots."""
    offered = [{"key": name, "name": {"en": name.capitalize(), "ar": f"·{name}·"}} for name in choices]
    name = fields.pop("name", {"en": key.replace("_", " ").capitalize(), "ar": f"·{key}·"})
    return AttributeDefinition.objects.create(key=key, type=kind, choices=offered, name=name, **fields)


def population(*conditions, name="Ours", by=None, **fields):
    """A shared one of (field, one value or several), without any members yet; numbers as they are kept, `asks`."""
    kept = [one if isinstance(one, dict) else asks(*one) for one in conditions]
    maker = by or User.objects.get_or_create(email="maker@example.com")[0]
    given = {"shared": True, "name": {"en": name, "ar": f"·{name}·"}} | fields
    return Population.objects.create(conditions=kept, made_by=maker, **given)


def asks(field, values=(), *, is_="one_of", **more):
    """A condition as it is kept."""
    listed = [values] if isinstance(values, str | int) else list(values)
    return {"field": field, "is": is_, "values": [str(value) for value in listed]} | more


def subscription(account, price, starts, ends=None, **fields):
    return Subscription.objects.create(
        account=account,
        price=Decimal(price),
        starts=day(starts),
        ends=day(ends),
        discount_ends=day(fields.pop("discount_ends", None)),
        currency=fields.pop("currency", "USD"),
        **fields,
    )


def pause(subscription, starts, ends=None):
    return Pause.objects.create(subscription=subscription, starts=day(starts), ends=day(ends))


def payment(account, amount, on, **fields):
    """Money in; a negative amount goes out again."""
    return Payment.objects.create(
        account=account,
        amount=Decimal(amount),
        day=day(on),
        currency=fields.pop("currency", "USD"),
        **fields,
    )


def term(account, starts, ends, **fields):
    return Term.objects.create(
        account=account,
        starts=day(starts),
        ends=day(ends),
        currency=fields.pop("currency", "USD"),
        decided_on=day(fields.pop("decided_on", None)),
        **fields,
    )


def departure(account, on, **fields):
    return Departure.objects.create(account=account, churn_day=day(on), **fields)


def lead(on, account=None, email="", **fields):
    name = fields.pop("name", "Sara")
    return Lead.objects.create(account=account, name=name, email=email, first_interest=day(on), **fields)


def expense(month, amount, kind, **fields):
    """Of the month that begins on this day."""
    currency = fields.pop("currency", "USD")
    return Expense.objects.create(
        month=day(month), amount=Decimal(amount), kind=kind, currency=currency, **fields
    )


def order(account, when, amount=100, cancelled=None, **fields):
    return Order.objects.create(
        account=account,
        ordered_at=at(when),
        cancelled_at=at(cancelled),
        amount=Decimal(amount),
        currency=fields.pop("currency", "USD"),
        **fields,
    )


def rate(currency, since, rate, base="USD"):
    """From the day on, one unit of the currency is worth this many dollars."""
    return ExchangeRate.objects.create(base=base, currency=currency, day=day(since), rate=Decimal(rate))


def ticket(account=None, log=(), *, opened=None, **fields):
    """`log` holds (kind, when) or (kind, when, by) or (kind, when, by, public), in the order in which it came.

    Opened at the log's first "opened", unless `opened` says when.
    """
    opened_at = at(opened or next(when for kind, when, *_rest in log if kind == "opened"))
    created = Ticket.objects.create(account=account, opened_at=opened_at, **fields)
    for entry in log:
        event(created, *entry)
    return created


def event(ticket, kind, when, by="staff", public=True):
    return TicketEvent.objects.create(ticket=ticket, kind=kind, happened_at=at(when), by=by, public=public)


def resolved_ticket(account, opened, hours=1, **fields):
    """Opened and resolved so many hours later."""
    begun = at(opened)
    return ticket(account, [("opened", begun), ("resolved", begun + timedelta(hours=hours))], **fields)


# Somebody, as events name them.
PERSON = UUID(int=1)


def plain(model, **fields):
    """A valid row of any model, with whatever it must belong to."""
    return model.objects.create(**((PLAIN | NOT_ENTERED)[model.__name__]() | fields))


def some(model):
    """What is known by a code of its own there is once."""
    return model.objects.first() or plain(model)


PLAIN = {
    "Account": lambda: {"name": "Plain"},
    "AccountChange": lambda: {
        "account": plain(Account),
        "field": "stage",
        "value": "live",
        "from_day": day("2026-01-10"),
    },
    "AccountKey": lambda: {"account": plain(Account), "source": "stripe", "value": "cus_1"},
    "Attachment": lambda: {
        "account": plain(Account),
        "file": "attachments/1",
        "name": "contract.pdf",
        "size": 10,
        "type": "application/pdf",
        "sha256": "1",
    },
    "AttributeDefinition": lambda: {"key": "size", "name": {"en": "Size"}},
    "Campaign": lambda: {"code": "spring", "starts": day("2026-01-10")},
    "CampaignDay": lambda: {"campaign": some(Campaign), "day": day("2026-01-10"), "currency": "USD"},
    "Consent": lambda: {
        "contact": some(Contact),
        "purpose": "marketing",
        "given_at": at("2026-01-10 12:00"),
    },
    "Contact": lambda: {"account": plain(Account), "name": "Sara"},
    "Departure": lambda: {"account": plain(Account), "churn_day": day("2026-01-10")},
    "EventName": lambda: {"sent_as": "login"},
    "ExchangeRate": lambda: {"base": "USD", "currency": "EUR", "day": day("2026-01-10"), "rate": 1},
    "Expense": lambda: {"month": day("2026-01-01"), "amount": 10, "currency": "USD", "kind": "sales"},
    "Feature": lambda: {"code": "reports"},
    "Goal": lambda: {"code": "sign-up", "target": "Signed Up"},
    "Identity": lambda: {
        "contact": some(Contact),
        "source": "app",
        "value": "u1",
        "since": day("2026-01-10"),
    },
    "Lead": lambda: {"name": "Sara", "first_interest": day("2026-01-10")},
    "Order": lambda: {
        "account": plain(Account),
        "ordered_at": at("2026-01-10 12:00"),
        "amount": 10,
        "currency": "USD",
    },
    "OrderLine": lambda: {"order": plain(Order), "amount": 10},
    "Pause": lambda: {"subscription": plain(Subscription), "starts": day("2026-01-10")},
    "Payment": lambda: {"account": plain(Account), "day": day("2026-01-10"), "amount": 10, "currency": "USD"},
    "Plan": lambda: {"code": "basic"},
    "PlanFeature": lambda: {"plan": some(Plan), "feature": some(Feature), "starts": day("2026-01-10")},
    "Product": lambda: {"sku": "A-1"},
    "Resource": lambda: {"code": "first-steps"},
    "Return": lambda: {"order": plain(Order), "day": day("2026-01-10"), "units": 1},
    "Subscription": lambda: {
        "account": plain(Account),
        "starts": day("2026-01-10"),
        "price": 10,
        "currency": "USD",
    },
    "Tag": lambda: {"name": "VIP"},
    "Team": lambda: {"name": "West"},
    "Term": lambda: {
        "account": plain(Account),
        "starts": day("2026-01-10"),
        "ends": day("2027-01-10"),
        "currency": "USD",
    },
    "Ticket": lambda: {"account": plain(Account), "opened_at": at("2026-01-10 12:00")},
    "TicketEvent": lambda: {
        "ticket": plain(Ticket),
        "kind": "worked",
        "happened_at": at("2026-01-10 12:00"),
    },
    "TraitField": lambda: {"about": "person", "trait": "job", "field": "role"},
    "User": lambda: {"email": "sara@example.com"},
    "WorkingCalendar": lambda: {"name": "Office"},
}

# What the admin shows at most.
NOT_ENTERED = {
    "ActivityDay": lambda: {
        "person": PERSON,
        "account": plain(Account),
        "day": day("2026-01-10"),
        "name": "Signed In",
        "count": 1,
        "last_at": at("2026-01-10 12:00"),
    },
    "Delivery": lambda: {
        "person": PERSON,
        "account": plain(Account),
        "mail": "m1",
        "delivered_at": at("2026-01-10 12:00"),
        "recorded_at": at("2026-01-10 12:00"),
    },
    "FrequencyRule": lambda: {"days": 30, "to_person": 1},
    "Letter": lambda: {"texts": {"en": {"subject": "News", "body": "Hello"}}},
    "Mailing": lambda: {"name": "News", "population": plain(Population), "letter": plain(Letter)},
    "Membership": lambda: {
        "population": plain(Population),
        "account": plain(Account),
        "entered": at("2026-01-10 12:00"),
    },
    "Message": lambda: {
        "letter": plain(Letter),
        "address": "sara@example.com",
        "language": "en",
        "due_at": at("2026-01-10 12:00"),
    },
    "Notice": lambda: {"kind": "x", "happened_at": at("2026-01-10 12:00")},
    "Outbox": lambda: {"medium": "email"},
    "NotificationSetting": lambda: {"user": plain(User)},
    "Population": lambda: {"name": {"en": "Ours"}, "made_by": plain(User)},
    "Session": lambda: {
        "person": PERSON,
        "account": plain(Account),
        "day": day("2026-01-10"),
        "began": at("2026-01-10 12:00"),
        "ended": at("2026-01-10 12:10"),
        "recorded_at": at("2026-01-10 12:10"),
        "events": 2,
        "pages": 1,
    },
    "Suppression": lambda: {"address": "sara@example.com"},
    "WebhookDelivery": lambda: {"endpoint": plain(WebhookEndpoint), "kind": "x", "payload": {}},
    "WebhookEndpoint": lambda: {"url": "https://93.184.215.14/hook"},
    "WebhookSecret": lambda: {"endpoint": plain(WebhookEndpoint), "value": "whsec_eA=="},
    "WriteKey": lambda: {"name": "Server", "source": "app", "digest": "d1"},
}
