"""What the demo company wants to know of its customers beyond what everybody does, and how it tags them."""

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

from accounts.attributes import kept_of
from accounts.models import Account, AccountChange, AttributeDefinition
from cxhub.demo.book import Book, day_between, midnight
from cxhub.demo.customers import (
    ENTERPRISE,
    INTERNAL,
    MERGED,
    MID_MARKET,
    NOTHING,
    SMALL,
    SUBSCRIBER,
    Customer,
)

INTEGRATIONS = {
    "sap": {"en": "SAP", "ar": "ساب"},
    "oracle": {"en": "Oracle", "ar": "أوراكل"},
    "odoo": {"en": "Odoo", "ar": "أودو"},
    "salla": {"en": "Salla", "ar": "سلة"},
    "zid": {"en": "Zid", "ar": "زد"},
    "shopify": {"en": "Shopify", "ar": "شوبيفاي"},
}
LARGE_HOUSES = ("sap", "oracle")
DEFINITIONS: list[dict[str, Any]] = [
    {
        "key": "support_level",
        "name": {"en": "Support level", "ar": "مستوى الدعم"},
        "help": {"en": "As the contract has it.", "ar": "كما في العقد."},
        "type": "choice",
        "choices": {
            "standard": {"en": "Standard", "ar": "أساسي"},
            "extended": {"en": "Extended", "ar": "موسّع"},
            "dedicated": {"en": "Dedicated", "ar": "مخصّص"},
        },
    },
    {
        "key": "integrations",
        "name": {"en": "Integrations", "ar": "التكاملات"},
        "help": {"en": "Systems that are connected today.", "ar": "الأنظمة المتصلة اليوم."},
        "type": "choices",
        "choices": INTEGRATIONS,
    },
    {
        "key": "branches",
        "name": {"en": "Branches", "ar": "عدد الفروع"},
        "type": "whole",
        "in_filters": False,
    },
    {
        "key": "local_hosting",
        "name": {"en": "Data stays in the country", "ar": "البيانات تبقى داخل البلد"},
        "type": "yes_no",
    },
]
SUPPORT = {SMALL: "standard", MID_MARKET: "extended", ENTERPRISE: "dedicated"}
BRANCHES = {SMALL: (1, 4), MID_MARKET: (3, 25), ENTERPRISE: (20, 180)}
# Each with how many of a hundred customers have it.
TAGS = {"Reference customer": 9, "VIP": 7, "حملة رمضان": 11, "Beta programme": 8, "متابعة الإدارة": 4}


def add_attributes(book: Book, customers: list[Customer]) -> None:
    """Dice of their own: the rest of the story does not change with them."""
    for order, definition in enumerate(DEFINITIONS):
        offered = definition.get("choices", {})
        choices = [{"key": key, "name": name} for key, name in offered.items()]
        book.add(AttributeDefinition, **definition | {"choices": choices, "order": order})
    dice = book.dice("attributes")
    for customer in customers:
        if customer.part in {NOTHING, INTERNAL, MERGED}:
            continue
        for key, day, value in values_of(book, customer, dice):
            book.add(
                AccountChange, account=customer.number, field=f"attribute.{key}", value=value, from_day=day,
                recorded_at=midnight(day),
            )  # fmt: skip
        tags = [tag for tag, share in TAGS.items() if dice.random() * 100 < share]
        book.row(Account, customer.number)["tags"] = tags


def values_of(book: Book, customer: Customer, dice: random.Random) -> Iterator[tuple[str, date, str]]:
    """Known since the account is; who subscribes connects more as time goes by."""
    since = customer.known_from
    yield "branches", since, str(dice.randint(*BRANCHES[customer.segment]))
    if customer.country.region == "Gulf":
        yield "local_hosting", since, "true" if dice.random() < 0.6 else "false"
    if customer.part != SUBSCRIBER or not customer.since:
        return
    yield "support_level", customer.since, SUPPORT[customer.segment]
    known = [key for key in INTEGRATIONS if (key in LARGE_HOUSES) == (customer.segment == ENTERPRISE)]
    connected = dice.sample(known, dice.choice([1, 1, 2]))
    yield "integrations", customer.since, kept_of(key for key in known if key in connected)
    later = day_between(dice, customer.since, book.today)
    if dice.random() < 0.3 and later > customer.since:
        yield "integrations", later, kept_of(known)
