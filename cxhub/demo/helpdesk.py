"""The help desk: when customers ask, and what the log of each ticket says."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from accounts.models import Contact, Ticket, TicketEvent, WorkingCalendar
from cxhub.demo.book import Book
from cxhub.demo.company import ITEMS
from cxhub.demo.customers import ENTERPRISE, INTERNAL, LEAD, MERGED, MID_MARKET, NOTHING, SMALL, Customer
from cxhub.demo.house import House
from cxhub.demo.story import BAD_QUARTER
from cxhub.demo.subjects import SUBJECTS

TICKETS_A_MONTH = {ENTERPRISE: 4.3, MID_MARKET: 2.05, SMALL: 0.55}
HARDWARE_TICKETS_A_MONTH = 0.35
WORKING_DAYS_A_MONTH = 21.5
ON_A_WEEKEND = 0.12
IN_THE_FIRST_DAYS, FIRST_DAYS = 1.7, 60
BEFORE_LEAVING, LAST_DAYS = 2.6, 100
IN_BAD_TIMES = 1.4

PRIORITIES = {"low": 18, "normal": 56, "high": 20, "urgent": 6}
TYPES = {"question": 46, "problem": 34, "complaint": 6, "request": 14}
TYPES_BEFORE_LEAVING = {"question": 22, "problem": 40, "complaint": 28, "request": 10}
CHANNELS = {"email": 46, "portal": 26, "chat": 18, "phone": 10}
# Medians in hours.
FIRST_REPLY = {"low": 3.0, "normal": 1.6, "high": 0.7, "urgent": 0.25}
SOLUTION = {"low": 22, "normal": 10, "high": 6, "urgent": 3}
REOPENED, REOPENED_BEFORE_LEAVING = 0.043, 0.12
SPAM, MERGED_AWAY, BY_STAFF, NEVER_ANSWERED = 0.012, 0.012, 0.02, 0.006
CLOSES_AFTER = timedelta(hours=72)

KIND, BY = TicketEvent.Kind, TicketEvent.By


@dataclass(frozen=True)
class Hours:
    """When somebody is there to answer."""

    zone: ZoneInfo
    weekend: frozenset[int]
    opens: time
    closes: time

    def is_open(self, moment: datetime) -> bool:
        local = moment.astimezone(self.zone)
        return local.isoweekday() not in self.weekend and self.opens <= local.time() < self.closes

    def next(self, moment: datetime, dice: random.Random) -> datetime:
        """The moment itself, or early in the next shift."""
        if self.is_open(moment):
            return moment
        local = moment.astimezone(self.zone)
        day = local.date() + timedelta(days=local.time() >= self.opens)
        while day.isoweekday() in self.weekend:
            day += timedelta(days=1)
        return datetime.combine(day, self.opens, self.zone) + timedelta(hours=dice.expovariate(1.4))


def add_tickets(book: Book, customers: list[Customer], house: House) -> None:
    dice = book.dice("tickets")
    shifts = {number: hours_of(book.row(WorkingCalendar, number)) for number in house.calendars.values()}
    for customer in customers:
        if customer.part not in {NOTHING, LEAD}:
            earlier: list[int] = []
            for day in ticket_days(book, customer, shifts[customer.calendar], dice):
                number = add_ticket(book, customer, house, day, shifts[customer.calendar], earlier, dice)
                earlier.append(number)


def hours_of(calendar: dict[str, object]) -> Hours:
    """The help desk comes an hour before the office and stays three hours longer."""
    opens, closes = (time.fromisoformat(str(calendar[when])) for when in ("opens", "closes"))
    return Hours(
        ZoneInfo(str(calendar["time_zone"])),
        frozenset(calendar["weekend"]),  # type: ignore[call-overload]
        opens.replace(hour=opens.hour - 1),
        closes.replace(hour=closes.hour + 3),
    )


# When


def ticket_days(book: Book, customer: Customer, hours: Hours, dice: random.Random) -> Iterator[date]:
    bad_from, bad_to = book.edge(BAD_QUARTER[0]), book.edge(BAD_QUARTER[-1] + 1)
    day = max(book.began, customer.since or book.edge(2))
    last = book.edge(12) if customer.part == MERGED else book.today - timedelta(days=1)
    base = usual_rate(customer)
    while day <= last:
        rate = base * mood(customer, day) * (IN_BAD_TIMES if bad_from < day <= bad_to else 1)
        rate *= ON_A_WEEKEND if day.isoweekday() in hours.weekend else 1
        for _ in range(poisson(rate, dice)):
            yield day
        day += timedelta(days=1)


def usual_rate(customer: Customer) -> float:
    if customer.part in {INTERNAL, MERGED}:
        return 0.02
    hardware = HARDWARE_TICKETS_A_MONTH if customer.buys_hardware else 0
    own = TICKETS_A_MONTH[customer.segment] if customer.contracts else 0
    return (own + hardware) / WORKING_DAYS_A_MONTH


def mood(customer: Customer, day: date) -> float:
    if customer.contracts and not customer.is_served(day):
        return 0
    if is_leaving(customer, day):
        return BEFORE_LEAVING
    since = customer.since
    return IN_THE_FIRST_DAYS if since and (day - since).days < FIRST_DAYS else 1


def is_leaving(customer: Customer, day: date) -> bool:
    ends = [contract.ends for contract in customer.contracts if contract.ends and contract.kind == "paid"]
    return any(timedelta() <= end - day <= timedelta(days=LAST_DAYS) for end in ends)


def poisson(rate: float, dice: random.Random) -> int:
    limit, product, count = math.exp(-rate), dice.random(), 0
    while product > limit:
        product *= dice.random()
        count += 1
    return count


# What


def add_ticket(
    book: Book,
    customer: Customer,
    house: House,
    day: date,
    hours: Hours,
    earlier: list[int],
    dice: random.Random,
) -> int:
    leaving = is_leaving(customer, day)
    kind = draw(TYPES_BEFORE_LEAVING if leaving else TYPES, dice)
    priority, channel, fate = draw(PRIORITIES, dice), draw(CHANNELS, dice), dice.random()
    requester = dice.choice(present(book, customer, day))
    is_hardware = customer.buys_hardware and dice.random() < 0.3
    opened = opening(day, customer, dice)
    is_spam, is_merged = fate < SPAM, SPAM <= fate < SPAM + MERGED_AWAY and bool(earlier)
    by_staff = fate >= 1 - BY_STAFF
    ticket = book.add(
        Ticket,
        account=customer.number,
        subject=subject(book, requester, kind, dice, is_hardware=is_hardware, is_spam=is_spam),
        channel=channel,
        type=kind,
        priority=priority,
        product=dice.randrange(len(ITEMS)) + 1 if is_hardware else None,
        requester=requester,
        assignee=customer.owner if customer.owner and dice.random() < 0.12 else dice.choice(house.agents),
        opened_at=opened,
        opened_by_staff=by_staff,
        spam=is_spam,
        merged_into=earlier[-1] if is_merged else None,
        calendar=customer.calendar,
        recorded_at=opened,
    )
    if is_spam or is_merged or fate > 1 - BY_STAFF - NEVER_ANSWERED:
        log = unanswered(opened, dice, by_staff=by_staff)
    else:
        log = answered(opened, priority, channel, hours, dice, often_reopened=leaving, by_staff=by_staff)
    for happened_at, event, by, public in log:
        if happened_at < book.now:
            book.add(
                TicketEvent, ticket=ticket, kind=event, happened_at=happened_at, by=by, public=public,
                recorded_at=happened_at,
            )  # fmt: skip
    return ticket


def draw(weights: dict[str, int], dice: random.Random) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]


def present(book: Book, customer: Customer, day: date) -> list[int]:
    """The first two contacts were always there and stay."""
    people = [(number, book.row(Contact, number)) for number in customer.contacts]
    return [
        number
        for number, who in people
        if who["joined"] <= day and (who["left"] is None or day < who["left"])
    ]


def opening(day: date, customer: Customer, dice: random.Random) -> datetime:
    hour = dice.triangular(7, 21, 10.5)
    local = time(int(hour), int(hour % 1 * 60), dice.randint(0, 59))
    return datetime.combine(day, local, ZoneInfo(customer.country.time_zone))


def subject(
    book: Book, requester: int, kind: str, dice: random.Random, *, is_hardware: bool, is_spam: bool
) -> str:
    language = book.row(Contact, requester)["language"]
    topic = "spam" if is_spam else "hardware" if is_hardware else kind
    return dice.choice(SUBJECTS[language][topic])


# The log: when, what, by whom, and whether the customer sees it

Entry = tuple[datetime, str, str, bool]


def unanswered(opened: datetime, dice: random.Random, *, by_staff: bool) -> list[Entry]:
    closed = opened + timedelta(hours=dice.uniform(0.5, 60))
    return [
        (opened, KIND.OPENED, BY.STAFF if by_staff else BY.CUSTOMER, True),
        (closed, KIND.CLOSED, BY.STAFF, True),
    ]


def answered(
    opened: datetime,
    priority: str,
    channel: str,
    hours: Hours,
    dice: random.Random,
    *,
    often_reopened: bool,
    by_staff: bool,
) -> list[Entry]:
    log: list[Entry] = [(opened, KIND.OPENED, BY.STAFF if by_staff else BY.CUSTOMER, True)]
    if channel == "email":
        log.append((opened + timedelta(seconds=dice.randint(5, 50)), KIND.REPLIED, BY.MACHINE, True))
    now = hours.next(
        after(opened, FIRST_REPLY[priority] / (3 if channel in {"chat", "phone"} else 1), dice), dice
    )
    log.append((now, KIND.REPLIED, BY.STAFF, True))
    if dice.random() < 0.3:
        now = hours.next(after(now, 1.5, dice), dice)
        log.append((now, KIND.WORKED, BY.STAFF, False))
    if dice.random() < 0.35:
        now = ask_back(log, now, hours, dice)
    now = hours.next(after(now, SOLUTION[priority], dice), dice)
    log.append((now, KIND.RESOLVED, BY.STAFF, True))
    share = REOPENED_BEFORE_LEAVING if often_reopened else REOPENED
    while dice.random() < share:
        now = reopen(log, now, priority, hours, dice)
    log.append((now + CLOSES_AFTER, KIND.CLOSED, BY.MACHINE, True))
    return log


def ask_back(log: list[Entry], now: datetime, hours: Hours, dice: random.Random) -> datetime:
    asked = after(now, 0.3, dice)
    answer = after(asked, 12, dice)
    log += [(asked, KIND.WAITING, BY.STAFF, True), (answer, KIND.REPLIED, BY.CUSTOMER, True)]
    return hours.next(answer, dice)


def reopen(log: list[Entry], now: datetime, priority: str, hours: Hours, dice: random.Random) -> datetime:
    again = now + timedelta(hours=dice.uniform(2, 60))
    reply = hours.next(after(again, FIRST_REPLY[priority], dice), dice)
    resolved = hours.next(after(reply, SOLUTION[priority] * 1.5, dice), dice)
    log += [
        (again, KIND.REOPENED, BY.CUSTOMER, True),
        (reply, KIND.REPLIED, BY.STAFF, True),
        (resolved, KIND.RESOLVED, BY.STAFF, True),
    ]
    return resolved


def after(moment: datetime, median: float, dice: random.Random) -> datetime:
    """Some hours later: mostly about the median, now and then much more."""
    return moment + timedelta(hours=median * dice.lognormvariate(0, 0.75))
