"""Who the customers are: names, places, trades, and which part each plays in the story."""

import random
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, cycle

from cxhub.demo.company import COUNTRIES, KEY_ACCOUNTS, TEAM_OF_REGION, Country
from cxhub.demo.contracts import Contract
from cxhub.demo.names import ARABIC_FORMS, ARABIC_STEMS, ENGLISH_STEMS, GROUPS, INDUSTRIES, MIXED_NAMES

ENTERPRISE, MID_MARKET, SMALL = "enterprise", "mid-market", "small business"
SUBSCRIBER, SHOPPER, LEAD, TRYING, TRIED, NOTHING, INTERNAL, MERGED = (
    "subscriber", "shopper", "lead", "trying", "tried", "nothing", "internal", "merged",
)  # fmt: skip

# Everybody else subscribes. A shopper only buys hardware.
PARTS = {SHOPPER: 8, LEAD: 3, TRYING: 3, TRIED: 5, NOTHING: 1}
SUBSCRIBERS_BY_SEGMENT = {ENTERPRISE: 21, MID_MARKET: 61}
# How many of them were there when the story begins.
THERE_BEFORE = {ENTERPRISE: 12, MID_MARKET: 34, SMALL: 50}
HARDWARE_BUYERS = 60
HARDWARE_TRADES = {"Retail", "Logistics", "Food and beverage", "Health care", "Hospitality", "Manufacturing"}
LEGAL_FORMS = {
    "GB": ["Ltd", ""],
    "US": ["Inc.", "LLC", ""],
    "DE": ["GmbH", "AG"],
    "FR": ["SA", ""],
    "NL": ["BV"],
    "SE": ["AB"],
}
INTERNAL_NAMES = ["Rafeef Systems (own workspace)", "حساب تجريبي للعروض", "QA sandbox"]


@dataclass
class Customer:
    name: str
    domain: str
    code: str
    industry: str
    part: str = SUBSCRIBER
    segment: str = SMALL
    was_there: bool = False
    buys_hardware: bool = False
    parent: "Customer | None" = None
    first_order: date | None = None
    last_order: date | None = None
    survivor: "Customer | None" = None
    owner: int | None = None
    contacts: list[int] = field(default_factory=list)
    contracts: list[Contract] = field(default_factory=list)
    number: int = 0
    known_from: date = date.min
    calendar: int = 0

    @property
    def country(self) -> Country:
        return COUNTRIES[self.code]

    @property
    def writes_arabic(self) -> bool:
        return any("\u0600" <= letter <= "\u06ff" for letter in self.name)

    def team_in(self, segment: str) -> str:
        if segment in {ENTERPRISE, MID_MARKET} and self.country.region == "Gulf":
            return KEY_ACCOUNTS
        return TEAM_OF_REGION[self.country.region]

    def is_served(self, day: date) -> bool:
        """By a subscription, or by the shop alone."""
        periods = [period for contract in self.contracts for period in contract.periods]
        return any(period.holds(day) for period in periods) or self.part == SHOPPER

    @property
    def churn_day(self) -> date | None:
        """The day on which it left last, or will have to."""
        return self.contracts[-1].ends if self.contracts and self.part == SUBSCRIBER else None

    @property
    def since(self) -> date | None:
        """Its first day with us; None for those that have not come yet."""
        return self.contracts[0].starts if self.contracts else self.first_order


def cast_customers(dice: random.Random) -> list[Customer]:
    """All but the merged one, in no telling order."""
    families = groups(dice)
    others = [*arabic(dice), *mixed(dice), *english(dice)]
    dice.shuffle(others)
    # Shoppers come first, and only some trades buy hardware.
    others.sort(key=lambda customer: customer.industry not in HARDWARE_TRADES)
    parts = list(chain.from_iterable([part] * size for part, size in PARTS.items()))
    for customer, part in zip(others, parts, strict=False):
        customer.part = part
    subscribers = families + others[len(parts) :]
    divide_into_segments(subscribers, dice)
    name_hardware_buyers(others + families, dice)
    everybody = families + others
    dice.shuffle(everybody)
    enter_again(everybody)
    return everybody + [internal(name) for name in INTERNAL_NAMES]


def enter_again(customers: list[Customer]) -> None:
    """The account of which there is nothing is one that was there already, in another spelling."""
    there = [c for c in customers if c.part == SUBSCRIBER and c.code == "GB" and not c.parent]
    known = min(there, key=lambda customer: customer.name)
    again = next(customer for customer in customers if customer.part == NOTHING)
    again.name = f"{known.name.removesuffix(' Ltd').upper()} LIMITED"


def groups(dice: random.Random) -> list[Customer]:
    found = []
    for code, domain, names in GROUPS:
        parent = Customer(
            names[0], f"{domain}.example", code, "Conglomerate", segment=ENTERPRISE, was_there=True
        )
        found.append(parent)
        for name in names[1:]:
            daughter = Customer(
                name, parent.domain, code, trade_of(name) or dice.choice(INDUSTRIES)[0], parent=parent
            )
            daughter.segment = dice.choice([MID_MARKET, MID_MARKET, SMALL])
            found.append(daughter)
    return found


def trade_of(name: str) -> str:
    for trade, english_words, arabic_words in INDUSTRIES:
        if any(name.endswith(word) for word in [*english_words, *arabic_words]):
            return trade
    return ""


def arabic(dice: random.Random) -> list[Customer]:
    found = []
    for code, stems in ARABIC_STEMS.items():
        for stem, domain in stems:
            trade, _words, endings = dice.choice(INDUSTRIES)
            form = dice.choice(ARABIC_FORMS) if dice.random() < 0.7 else ""
            name = f"{form} {stem} {dice.choice(endings)}".strip()
            found.append(Customer(name, f"{domain}.example", code, trade))
    return found


def mixed(dice: random.Random) -> list[Customer]:
    trades = cycle(
        [
            "Technology",
            "Food and beverage",
            "Retail",
            "Logistics",
            "Hospitality",
            "Health care",
            "Retail",
            "Logistics",
        ]
    )
    return [
        Customer(name, f"{domain}.example", dice.choice(["SA", "SA", "AE", "KW"]), trade)
        for (name, domain), trade in zip(MIXED_NAMES, trades, strict=False)
    ]


def english(dice: random.Random) -> list[Customer]:
    found = []
    for code, stems in ENGLISH_STEMS.items():
        for stem in stems:
            trade, words, _endings = dice.choice(INDUSTRIES)
            legal = dice.choice(LEGAL_FORMS.get(code, [""]))
            found.append(
                Customer(f"{stem} {dice.choice(words)} {legal}".strip(), domain_of(stem), code, trade)
            )
    return found


def domain_of(stem: str) -> str:
    plain = stem.lower().replace("&", "").replace("ü", "ue")
    return "-".join(plain.split()) + ".example"


def divide_into_segments(subscribers: list[Customer], dice: random.Random) -> None:
    """Families keep theirs; the others fill up."""
    free = [customer for customer in subscribers if customer.parent is None and customer.segment == SMALL]
    dice.shuffle(free)
    for segment, size in SUBSCRIBERS_BY_SEGMENT.items():
        missing = size - sum(customer.segment == segment for customer in subscribers)
        for _ in range(missing):
            free.pop().segment = segment
    for segment, size in THERE_BEFORE.items():
        candidates = [c for c in subscribers if c.segment == segment and not c.was_there]
        missing = size - sum(c.segment == segment and c.was_there for c in subscribers)
        for customer in dice.sample(candidates, missing):
            customer.was_there = True


def name_hardware_buyers(customers: list[Customer], dice: random.Random) -> None:
    shoppers = [customer for customer in customers if customer.part == SHOPPER]
    fitting = [c for c in customers if c.part == SUBSCRIBER and c.industry in HARDWARE_TRADES]
    for customer in shoppers + dice.sample(fitting, HARDWARE_BUYERS - len(shoppers)):
        customer.buys_hardware = True


def internal(name: str) -> Customer:
    return Customer(name, "rafeef.example", "SA", "Technology", part=INTERNAL)
