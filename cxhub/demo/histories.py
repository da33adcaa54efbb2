"""The accounts themselves, and how their stage, segment, owner and the like changed from day to day."""

import random
from datetime import date, timedelta
from typing import Any

from accounts.models import Account, AccountChange, AccountKey, Team, User
from cxhub.demo.book import MONTHS, Book, Reference, day_between, midnight
from cxhub.demo.company import GULF
from cxhub.demo.contracts import Contract
from cxhub.demo.customers import (
    ENTERPRISE,
    INTERNAL,
    LEAD,
    MERGED,
    MID_MARKET,
    NOTHING,
    SHOPPER,
    SMALL,
    TRIED,
    Customer,
)
from cxhub.demo.house import EMIRATES, HEAD_OFFICE, WESTERN, House
from cxhub.demo.market import origin
from metrics.windows import add_months

TIERS = {ENTERPRISE: "Gold", MID_MARKET: "Silver", SMALL: "Bronze"}
# From this MRR in US dollars on, an account belongs to the next segment.
GROWN_OUT_OF = {SMALL: (MID_MARKET, 1_300), MID_MARKET: (ENTERPRISE, 5_200)}
HANDED_OVER_IN_MONTH = 16
DAYS_OF_RENEWING = 60


def add_accounts(book: Book, customers: list[Customer]) -> None:
    dice = book.dice("accounts")
    for customer in customers:
        channel, campaign = origin(dice) if customer.part not in {NOTHING, INTERNAL} else ("", "")
        known_from = first_known(book, customer, dice)
        customer.known_from = known_from
        customer.number = book.add(
            Account,
            name=customer.name,
            industry=customer.industry if customer.part != NOTHING else "",
            country=customer.code if customer.part != NOTHING else "",
            website=f"https://www.{customer.domain}" if customer.part != NOTHING else "",
            acquired_channel=channel,
            acquired_campaign=campaign,
            internal=customer.part == INTERNAL,
            merged_into=customer.survivor and customer.survivor.number,
            recorded_at=midnight(known_from),
        )
    for customer in customers:
        owner_of_keys = customer.survivor or customer
        book.add(AccountKey, account=owner_of_keys.number, source="crm", value=f"C-{1000 + customer.number}")
        if customer.contracts:
            book.add(AccountKey, account=customer.number, source="billing", value=f"cus_{customer.number:05}")


def first_known(book: Book, customer: Customer, dice: random.Random) -> date:
    if customer.part == MERGED:
        return book.edge(1)
    if customer.since is None:
        return day_between(dice, book.edge(MONTHS - 3), book.today)
    trial_days = customer.contracts[0].trial_days if customer.contracts else 0
    return customer.since - timedelta(days=trial_days + dice.randint(20, 70))


def add_changes(book: Book, customers: list[Customer], house: House) -> None:
    dice = book.dice("changes")
    for customer in customers:
        customer.calendar = calendar_of(customer, house)
        if customer.part in {NOTHING, MERGED}:
            continue
        for field, dated in {
            "stage": stages(book, customer, dice),
            "region": {customer.known_from: customer.country.region},
            **places_in_the_house(book, customer, house, dice),
        }.items():
            for day, value in dated.items():
                if day <= book.today:
                    book.add(
                        AccountChange, account=customer.number, field=field, value=value, from_day=day,
                        recorded_at=midnight(day),
                    )  # fmt: skip


def calendar_of(customer: Customer, house: House) -> int:
    if customer.code == "AE":
        return house.calendars[EMIRATES]
    is_western = customer.country.region in {"Europe", "North America"}
    return house.calendars[WESTERN if is_western else HEAD_OFFICE]


def stages(book: Book, customer: Customer, dice: random.Random) -> dict[date, str]:
    stage = Account.Stage
    found: dict[date, str] = {customer.known_from: stage.LEAD}
    if customer.part in {SHOPPER, INTERNAL}:
        found[customer.since or customer.known_from] = stage.LIVE
    if customer.last_order:
        found[customer.last_order + timedelta(days=365)] = stage.CHURNED
    for contract in customer.contracts:
        if contract.kind == "paid":
            found |= stages_of(contract, book.today, dice)
    if customer.part == TRIED and dice.random() < 0.4:
        found[add_months(customer.known_from, 4)] = stage.CHURNED
    return found


def stages_of(contract: Contract, today: date, dice: random.Random) -> dict[date, str]:
    stage = Account.Stage
    found: dict[date, str] = {contract.starts: stage.ONBOARDING}
    live = contract.starts + timedelta(days=dice.randint(28, 75))
    last = contract.ends or date.max
    if live < last:
        found[live] = stage.LIVE
    for renewal in (
        contract.bill_days(contract.starts, add_months(today, 3)) if contract.interval == "year" else []
    ):
        if renewal <= last:
            found[renewal - timedelta(days=DAYS_OF_RENEWING)] = stage.RENEWING
            found[renewal] = stage.LIVE
    if contract.ends:
        found[contract.ends] = stage.CHURNED
    return found


def places_in_the_house(
    book: Book, customer: Customer, house: House, dice: random.Random
) -> dict[str, dict[date, Any]]:
    """Segment, and what follows from it: tier, team, owner."""
    if customer.part == INTERNAL:
        return {}
    segments = segments_of(book, customer)
    found: dict[str, dict[date, Any]] = {"segment": segments, "tier": {}, "team": {}, "owner": {}}
    team = ""
    for day, segment in segments.items():
        found["tier"][day] = TIERS[segment]
        if team != (team := customer.team_in(segment)):
            found["team"][day] = Reference(Team, house.teams[team])
            customer.owner = house.next_csm(team)
            found["owner"][day] = Reference(User, customer.owner)
    hand_over(book, customer, team, found["owner"], house, dice)
    if customer.part == LEAD:
        found["owner"] = {}
    if customer.parent:
        found["parent"] = {
            max(customer.known_from, customer.parent.known_from): Reference(Account, customer.parent.number)
        }
    return found


def segments_of(book: Book, customer: Customer) -> dict[date, str]:
    segment = customer.segment
    found = {customer.known_from: segment}
    for month in range(1, MONTHS + 1):
        day = book.edge(month)
        following, limit = GROWN_OUT_OF.get(segment, ("", 0))
        if following and sum(contract.worth(day) for contract in customer.contracts) > limit:
            found[day] = segment = following
    return found


def hand_over(
    book: Book, customer: Customer, team: str, owners: dict[date, Any], house: House, dice: random.Random
) -> None:
    """A colleague left and her book went to the others; now and then one account goes to somebody else."""
    day = book.edge(HANDED_OVER_IN_MONTH)
    if team == GULF and len(owners) == 1 and customer.known_from < day and dice.random() < 0.3:
        ((first, heir),) = owners.items()
        owners[first] = Reference(User, house.leaver)
        owners[day] = heir
    elif dice.random() < 0.1 and len(owners) == 1:
        day = day_between(dice, max(book.began, customer.known_from) + timedelta(days=1), book.today)
        customer.owner = house.next_csm(team)
        owners[day] = Reference(User, customer.owner)
