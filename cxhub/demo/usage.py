"""What the customers' people do: some months of events, fewer before somebody leaves, and what the events point to."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from accounts import taxonomy
from accounts.intake.digests import digits
from accounts.intake.lines import Event, line
from accounts.models import (
    Campaign,
    CampaignDay,
    Consent,
    Contact,
    Feature,
    Goal,
    Identity,
    PlanFeature,
    Resource,
)
from cxhub.demo.book import Book, midnight
from cxhub.demo.company import CURRENCY, OFFERS
from cxhub.demo.customers import SUBSCRIBER, Customer
from cxhub.demo.product import FEATURES, GOALS, PAGES, RESOURCES

SOURCE = "app"
DAYS = 90
# On a working day, of those who use it at all.
AT_WORK = 0.17
# Who never signs in.
STRANGERS = 0.18
FADES = timedelta(days=60)
WEBINAR, NEWSLETTER = "webinar-forecast", "newsletter"


@dataclass(frozen=True)
class Somebody:
    """Who acts: a contact with a user id of the product, and how keen they are."""

    number: int
    user: str
    zone: ZoneInfo
    keen: float
    joined: date
    left: date | None


def add_usage(book: Book, customers: list[Customer]) -> None:
    dice = book.dice("usage")
    add_what_there_is(book)
    add_campaigns(book, dice)
    for customer in customers:
        if customer.part == SUBSCRIBER:
            for somebody in people_of(book, customer, dice):
                book.events.extend(months_of(book, customer, somebody, dice))
    # As they would have come: by the second column, which is in UTC.
    book.events.sort(key=lambda sent: sent.split(b"\t", 2)[1])


def add_what_there_is(book: Book) -> None:
    for number, part in enumerate(FEATURES, start=1):
        book.add(Feature, code=part.code, name=part.name)
        for plan in range(part.since + 1, len(OFFERS) + 1):
            book.add(PlanFeature, plan=plan, feature=number)
    features = {part.code: number for number, part in enumerate(FEATURES, start=1)}
    for code, name, kind, feature in RESOURCES:
        book.add(Resource, code=code, name=name, kind=kind, feature=features[feature])
    for code, name, kind, target in GOALS:
        book.add(Goal, code=code, name=name, kind=kind, target=target)


def add_campaigns(book: Book, dice: random.Random) -> None:
    held = book.today - timedelta(days=25)
    webinar = {"en": "Webinar: forecasting demand", "ar": "ندوة: التنبؤ بالطلب"}
    newsletter = {"en": "Monthly letter", "ar": "الرسالة الشهرية"}
    book.add(Campaign, code=WEBINAR, name=webinar, kind="event", starts=held, ends=held + timedelta(days=1))
    letter = book.add(
        Campaign,
        code=NEWSLETTER,
        name=newsletter,
        kind="email",
        channel="email",
        starts=book.today - timedelta(days=DAYS),
        goal=1,
    )
    for back in range(DAYS, 0, -30):
        reach = dice.randint(380, 520)
        book.add(
            CampaignDay,
            campaign=letter,
            day=book.today - timedelta(days=back),
            reach=reach,
            impressions=reach * 2,
            clicks=reach // 9,
            cost=dice.randint(40, 90),
            currency=CURRENCY,
            recorded_at=midnight(book.today - timedelta(days=back - 1)),
        )


def people_of(book: Book, customer: Customer, dice: random.Random) -> Iterator[Somebody]:
    """Those who have a user id; some of a customer's people never sign in."""
    for number in customer.contacts:
        contact = book.row(Contact, number)
        if contact["account"] != customer.number or dice.random() < STRANGERS:
            continue
        user = f"u-{1000 + number}"
        book.add(
            Identity,
            contact=number,
            source=SOURCE,
            kind="user",
            value=user,
            verified=True,
            since=contact["joined"],
            recorded_at=contact["recorded_at"],
        )
        if dice.random() < 0.7:
            book.add(
                Consent,
                contact=number,
                channel="email",
                purpose="marketing",
                given_at=contact["recorded_at"],
                withdrawn_at=None,
                recorded_at=contact["recorded_at"],
            )
        keen = dice.betavariate(2, 2) * 2
        zone = ZoneInfo(customer.country.time_zone)
        yield Somebody(number, user, zone, keen, contact["joined"], contact["left"])


def months_of(book: Book, customer: Customer, somebody: Somebody, dice: random.Random) -> Iterator[bytes]:
    for back in range(DAYS, 0, -1):
        day = book.today - timedelta(days=back)
        if day < somebody.joined or (somebody.left and day >= somebody.left):
            continue
        offer = offer_on(customer, day)
        if offer is not None and dice.random() < AT_WORK * somebody.keen * mood(customer, day):
            yield from day_of(somebody, day, offer, dice)
    if dice.random() < 0.3:
        yield from webinar_of(book, somebody, dice)
    yield from letters_of(book, somebody, dice)


def offer_on(customer: Customer, day: date) -> int | None:
    held = [
        period.offer for contract in customer.contracts for period in contract.periods if period.holds(day)
    ]
    return max(held, default=None)


def mood(customer: Customer, day: date) -> float:
    """Weekends are quiet; who will leave fades out before."""
    of_week = 0.15 if day.isoweekday() in {5, 6} else 1.0
    leaves = customer.churn_day
    if leaves is None or leaves - day > FADES:
        return of_week
    return of_week * max((leaves - day) / FADES, 0.0) * 0.8


def day_of(somebody: Somebody, day: date, offer: int, dice: random.Random) -> Iterator[bytes]:
    """One visit: sign in, look at some pages, use some features, learn something now and then."""
    at = datetime.combine(day, time(dice.randint(7, 16), dice.randint(0, 59)), somebody.zone)
    said: list[tuple[str, dict[str, Any]]] = [("Signed In", {}), ("Page", {"path": PAGES[0]})]
    known = [part for part in FEATURES if part.since <= offer]
    used = dice.choices(known, [part.use for part in known], k=dice.randint(1, 4))
    said += [("Feature Used", {"feature": part.code}) for part in used]
    if dice.random() < 0.4:
        said.append(("Page", {"path": dice.choice(PAGES)}))
    if dice.random() < 0.03:
        said.append(("Report Shared", {}))
    if dice.random() < 0.05:
        code = dice.choice(RESOURCES)[0]
        said.append(("Resource Viewed", {"resource": code}))
        if dice.random() < 0.3:
            said.append(("Resource Rated", {"resource": code, "rating": dice.choice([3, 4, 4, 5, 5])}))
    if dice.random() < 0.01:
        said.append(("Feature Refused", {"feature": FEATURES[-1].code}))
    for name, properties in said:
        yield told(somebody, name, at, properties)
        at += timedelta(seconds=dice.randint(5, 420))


def webinar_of(book: Book, somebody: Somebody, dice: random.Random) -> Iterator[bytes]:
    held = midnight(book.today - timedelta(days=25)) + timedelta(hours=11)
    if somebody.left or somebody.joined > held.date():
        return
    properties = {"event_id": WEBINAR}
    yield told(somebody, "Event Registered", held - timedelta(days=dice.randint(1, 12)), properties)
    if dice.random() < 0.6:
        yield told(somebody, "Event Attended", held, properties)


def letters_of(book: Book, somebody: Somebody, dice: random.Random) -> Iterator[bytes]:
    for back in range(DAYS, 0, -30):
        at = midnight(book.today - timedelta(days=back)) + timedelta(hours=9)
        if somebody.left or somebody.joined > at.date():
            continue
        properties = {"email_id": f"letter-{back}-{somebody.user}", "campaign_id": NEWSLETTER}
        yield told(somebody, "Email Sent", at, properties)
        if dice.random() < 0.02:
            yield told(somebody, "Email Bounced", at + timedelta(minutes=1), properties)
            continue
        yield told(somebody, "Email Delivered", at + timedelta(minutes=1), properties)
        if dice.random() < 0.3:
            yield told(somebody, "Email Opened", at + timedelta(minutes=1), properties | {"machine": True})
        if dice.random() < 0.34:
            yield told(somebody, "Email Opened", at + timedelta(hours=dice.randint(1, 30)), properties)
            if dice.random() < 0.25:
                yield told(somebody, "Email Link Clicked", at + timedelta(hours=31), properties)


def told(somebody: Somebody, name: str, at: datetime, properties: dict[str, Any]) -> bytes:
    """As the door would have written it then."""
    meaning, at = taxonomy.meant(name, properties, {}), at.astimezone(UTC)
    number = f"{somebody.user}-{name}-{at.timestamp():.0f}"
    return line(
        Event(
            digits(SOURCE, "message", number),
            at,
            at + timedelta(seconds=2),
            SOURCE,
            number,
            meaning.name,
            meaning.sent_as,
            meaning.object,
            meaning.value,
            meaning.campaign,
            digits(SOURCE, "user", somebody.user),
            None,
            "",
            properties.get("machine") is True,
            orjson.dumps(properties),
        )
    )
