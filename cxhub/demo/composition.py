"""The whole demo company as rows, from a seed and a day."""

from datetime import date

from cxhub.demo.attributes import add_attributes
from cxhub.demo.book import Book
from cxhub.demo.bookings import add_bookings
from cxhub.demo.contracts import Contract, Period
from cxhub.demo.customers import INTERNAL, MERGED, SUBSCRIBER, Customer, cast_customers
from cxhub.demo.helpdesk import add_tickets
from cxhub.demo.histories import add_accounts, add_changes
from cxhub.demo.house import open_house
from cxhub.demo.market import add_expenses, add_leads
from cxhub.demo.people import add_contacts
from cxhub.demo.shop import add_orders, cast_shoppers
from cxhub.demo.story import live_through
from cxhub.demo.usage import add_usage

ENTERPRISE_PLAN = 3


def make_book(seed: int, today: date) -> Book:
    book = Book(seed, today)
    house = open_house(book)
    customers = cast_customers(book.dice("customers"))
    cast_shoppers(book, customers)
    live_through(book, customers)
    use_it_ourselves(book, customers)
    customers.append(merged(book, customers))
    add_accounts(book, customers)
    add_changes(book, customers, house)
    add_attributes(book, customers)
    add_contacts(book, customers)
    add_bookings(book, customers)
    add_orders(book, customers)
    add_leads(book, customers)
    add_expenses(book, customers)
    add_tickets(book, customers, house)
    add_usage(book, customers)
    return book


def use_it_ourselves(book: Book, customers: list[Customer]) -> None:
    """Workspaces of our own that look like customers: one even has a price, which no figure may count."""
    own = [customer for customer in customers if customer.part == INTERNAL]
    for number, customer in enumerate(own, start=1):
        kind = "paid" if customer is own[-1] else "free"
        periods = [Period(book.edge(-20), ENTERPRISE_PLAN, 25)]
        customer.contracts.append(
            Contract(f"OWN-{number}", customer.country.currency, "month", periods, kind=kind)
        )


def merged(book: Book, customers: list[Customer]) -> Customer:
    """A second entry of a customer, in the capitals of an old list, that was merged into the first."""
    old = [
        c for c in customers if c.part == SUBSCRIBER and c.was_there and not c.writes_arabic and not c.parent
    ]
    survivor = book.dice("merged").choice(old)
    return Customer(
        survivor.name.upper(),
        survivor.domain,
        survivor.code,
        survivor.industry,
        part=MERGED,
        survivor=survivor,
    )
