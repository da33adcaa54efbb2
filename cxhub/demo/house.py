"""Our own side: colleagues and teams, calendars, what is sold, and the exchange rates."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from accounts.models import ExchangeRate, Plan, Product, Team, User, WorkingCalendar
from cxhub.demo.book import Book, midnight
from cxhub.demo.company import (
    AGENT,
    COLLEAGUES,
    CSM,
    CURRENCY,
    ITEMS,
    LEAVER,
    OFFERS,
    SATURDAY,
    SUNDAY,
    TEAMS,
    TIME_ZONE,
    WEEKEND,
    WEST,
    WORTH,
)
from metrics.windows import add_months

# Nobody's history begins earlier.
MONTHS_OF_RATES = 56
HEAD_OFFICE, EMIRATES, WESTERN = "Head office, Riyadh", "United Arab Emirates", "Europe and North America"


@dataclass(frozen=True)
class House:
    """The numbers of our own rows, by name."""

    users: dict[str, int]
    teams: dict[str, int]
    calendars: dict[str, int]
    books: Counter[int] = field(default_factory=Counter)

    def next_csm(self, team: str) -> int:
        """The one of the team with the fewest accounts, who gets another."""
        here = [who for who in COLLEAGUES if who.role == CSM and team in who.teams and who.is_active]
        chosen = min((self.users[who.address] for who in here), key=lambda number: self.books[number])
        self.books[chosen] += 1
        return chosen

    @property
    def agents(self) -> list[int]:
        return [self.users[who.address] for who in COLLEAGUES if who.role == AGENT]

    @property
    def leaver(self) -> int:
        return self.users[LEAVER]


def open_house(book: Book) -> House:
    teams = {name: book.add(Team, name=name) for name in TEAMS}
    house = House(employ(book, teams), teams, calendars(book, teams))
    for offer in OFFERS:
        book.add(Plan, code=offer.code, name=offer.name)
    for item in ITEMS:
        book.add(Product, sku=item.sku, name=item.name, category=item.category)
    exchange_rates(book, book.dice("rates"))
    return house


def employ(book: Book, teams: dict[str, int]) -> dict[str, int]:
    users = {}
    for who in COLLEAGUES:
        users[who.address] = number = book.add(
            User,
            email=f"{who.address}@rafeef.example",
            name=who.name,
            language=who.language,
            is_active=who.is_active,
            is_staff=who.role in {"Administrator", "Operations"},
            is_superuser=who.role == "Administrator",
            joined_at=midnight(book.edge(-24)),
        )
        book.roles[number] = who.role
        for team in who.teams:
            book.add(User.teams.through, user=number, team=teams[team])
    return users


def calendars(book: Book, teams: dict[str, int]) -> dict[str, int]:
    years = range(book.edge(-30).year, book.today.year + 2)
    in_riyadh = [date(year, *day) for year in years for day in [(2, 22), (9, 23)]]
    in_dubai = [date(year, *day) for year in years for day in [(1, 1), (12, 2), (12, 3)]]
    in_london = [date(year, *day) for year in years for day in [(1, 1), (12, 25), (12, 26)]]
    western_weekend = [SATURDAY, SUNDAY]
    return {
        HEAD_OFFICE: book.add(
            WorkingCalendar,
            name=HEAD_OFFICE,
            time_zone=TIME_ZONE,
            weekend=WEEKEND,
            opens="08:00",
            closes="17:00",
            holidays=in_riyadh,
        ),
        EMIRATES: book.add(
            WorkingCalendar,
            name=EMIRATES,
            country="AE",
            time_zone="Asia/Dubai",
            weekend=western_weekend,
            opens="08:00",
            closes="18:00",
            holidays=in_dubai,
        ),
        WESTERN: book.add(
            WorkingCalendar,
            name=WESTERN,
            team=teams[WEST],
            time_zone="Europe/London",
            weekend=western_weekend,
            opens="09:00",
            closes="18:00",
            holidays=in_london,
        ),
    }


def exchange_rates(book: Book, dice: random.Random) -> None:
    first = book.today.replace(day=1)
    for currency, (first_worth, step) in WORTH.items():
        worth = first_worth
        for months in range(MONTHS_OF_RATES, -1, -1):
            day = add_months(first, -months)
            worth *= 1 + dice.gauss(0, step)
            book.add(
                ExchangeRate,
                base=CURRENCY,
                currency=currency,
                day=day,
                rate=Decimal(f"{worth:.6f}"),
                source="central bank",
                recorded_at=midnight(day),
            )
