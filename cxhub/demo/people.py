"""People: the contacts of the customers, bilingual as they are."""

import random
import unicodedata
from datetime import timedelta
from typing import NamedTuple

from accounts.models import Contact
from cxhub.demo.book import Book, day_between, midnight
from cxhub.demo.customers import ENTERPRISE, MERGED, MID_MARKET, NOTHING, SMALL, Customer
from cxhub.demo.names import ARABIC_FAMILY, ARABIC_GIVEN, LATIN_FAMILY, LATIN_GIVEN

CONTACTS = {ENTERPRISE: (5, 8), MID_MARKET: (4, 6), SMALL: (3, 4)}
# Everybody has the first; the others as far as there are people.
ROLES = [Contact.Role.CHAMPION, Contact.Role.ADMIN, Contact.Role.BILLING, Contact.Role.SPONSOR]
CHANNELS = ["email", "email", "phone", "whatsapp", ""]


class Person(NamedTuple):
    name: str
    address: str
    language: str


def invent(dice: random.Random, *, is_arab: bool) -> Person:
    """An Arab writes Arabic, or now and then a name in Latin letters."""
    if not is_arab:
        given, family = dice.choice(LATIN_GIVEN), dice.choice(LATIN_FAMILY)
        return Person(f"{given} {family}", f"{latin(given)}.{latin(family)}", "en")
    (given, given_latin), (family, family_latin) = dice.choice(ARABIC_GIVEN), dice.choice(ARABIC_FAMILY)
    address = f"{given_latin}.{family_latin}"
    if dice.random() < 0.15:
        return Person(f"{given_latin.title()} {family_latin.title()}", address, "en")
    return Person(f"{given} {family}", address, "ar")


def latin(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return plain.lower().replace(" ", "").replace("'", "")


def add_contacts(book: Book, customers: list[Customer]) -> None:
    dice = book.dice("contacts")
    for customer in customers:
        if customer.part != NOTHING:
            fewest, most = (2, 2) if customer.part == MERGED else CONTACTS[customer.segment]
            add_contacts_of(customer, dice.randint(fewest, most), book, dice)
    enter_again(book)


def enter_again(book: Book) -> None:
    """Somebody took down a caller who was a contact already: the same number, as one dials it from abroad."""
    known = next(c for c in book.rows[Contact] if c["phone"] and c["language"] == "ar" and not c["left"])
    given, *family = known["name"].split()
    book.add(
        Contact,
        account=known["account"],
        name=f"{given} {family[-1]}" if family else given,
        email="",
        phone=known["phone"].replace("+", "00", 1),
        language="ar",
        time_zone=known["time_zone"],
        role=Contact.Role.USER,
        joined=book.today - timedelta(days=30),
        left=None,
        preferred_channel="phone",
        preferred_hour=None,
        recorded_at=midnight(book.today - timedelta(days=30)),
    )


def add_contacts_of(customer: Customer, size: int, book: Book, dice: random.Random) -> None:
    taken = set()
    for place in range(size):
        is_arab = customer.writes_arabic or (
            customer.country.region not in {"Europe", "North America"} and dice.random() < 0.5
        )
        person = invent(dice, is_arab=is_arab)
        address = person.address if person.address not in taken else f"{person.address}{place}"
        taken.add(address)
        joined = day_between(dice, customer.known_from, book.today) if place > 1 else customer.known_from
        # The first two stay, so that there is always somebody to talk to.
        has_left = place > 1 and dice.random() < 0.08
        customer.contacts.append(
            book.add(
                Contact,
                account=customer.number,
                name=person.name,
                email=f"{address}@{customer.domain}",
                phone=f"{customer.country.dial}{dice.randint(0, 9_999_999):07}"
                if dice.random() < 0.8
                else "",
                language=person.language,
                time_zone=customer.country.time_zone,
                role=ROLES[place] if place < len(ROLES) else Contact.Role.USER,
                joined=joined,
                left=day_between(dice, joined, book.today - timedelta(days=1)) if has_left else None,
                preferred_channel=dice.choice(CHANNELS),
                preferred_hour=dice.choice([None, None, 9, 10, 11, 14]),
                recorded_at=midnight(joined),
            )
        )
