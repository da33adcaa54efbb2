"""Books of facts at random: crowded on few days and few instants, where engines go wrong."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from accounts.models import (
    Account,
    AccountChange,
    Departure,
    ExchangeRate,
    Expense,
    Lead,
    Membership,
    Order,
    OrderLine,
    Pause,
    Payment,
    Return,
    Subscription,
    Term,
    Ticket,
    TicketEvent,
)
from tests.factories import attribute, organisation, population
from tests.metrics.acts import Actors
from tests.metrics.replies import Repliers

FIRST, LAST = date(2025, 1, 1), date(2026, 4, 30)
ZONES = ("UTC", "Asia/Beirut", "America/New_York", "Asia/Riyadh")
STAGES = ("lead", "onboarding", "live", "renewing", "churned")
SEGMENTS = ("", "small", "large")
MODULES = ("crm", "erp", "pos")
TAGS = ("VIP", "Beta", "مرجع")
LOGGED = ("replied", "replied", "worked", "waiting", "resolved", "resolved", "reopened", "closed")
# Month ends, the leap day's neighbours, the nights when clocks change, and today.
CROWDED = [
    date(2025, 2, 28),
    date(2025, 3, 1),
    date(2025, 3, 30),
    date(2025, 3, 31),
    date(2025, 10, 25),
    date(2025, 10, 26),
    date(2025, 12, 31),
    date(2026, 1, 1),
    date(2026, 2, 28),
    date(2026, 3, 17),
]


class Writer:
    """Writes one book with one random generator; amounts come out even, so that rounding is never a tie of chance."""

    def __init__(self, random):
        self.random = random
        self.organisation = organisation(
            time_zone=random.choice(ZONES),
            currency=random.choice(["USD", "KWD"]),
            inactive_days=random.choice([20, 90, 365]),
        )

    def write(self):
        self.accounts = Account.objects.bulk_create(
            Account(name=f"Account {i}", internal=self.random.random() < 0.1)
            for i in range(self.random.randint(1, 9))
        )
        self.merge()
        self.change()
        self.rate()
        self.subscribe()
        self.order()
        self.pay()
        self.ask_for_help()
        self.leave()
        self.show_interest()
        self.spend()
        self.declare()
        self.join()
        actors = Actors(self)
        actors.write()
        Repliers(actors).write()

    def day(self):
        return self.random.choice(
            [self.random.choice(CROWDED), FIRST + timedelta(self.random.randint(0, 480))]
        )

    def instant(self):
        """Midnight, a moment before it, or some full hour of the organisation's day."""
        midnight = datetime.combine(self.day(), time(0), self.organisation.zone)
        hours = self.random.choice([0, 0, -1, self.random.randint(0, 23)])
        return midnight - timedelta(microseconds=1) if hours < 0 else midnight + timedelta(hours=hours)

    def some(self, most, empty=0.3):
        """For every account a number of facts; many have none."""
        for account in self.accounts:
            if self.random.random() >= empty:
                for _ in range(self.random.randint(1, most)):
                    yield account

    def merge(self):
        survivor, *others = self.accounts
        for loser in others:
            if self.random.random() < 0.15:
                loser.merged_into = survivor
                loser.save(update_fields=["merged_into"])

    def change(self):
        days = {
            (account, self.random.choice(["stage", "segment"]), self.day())
            for account in self.some(5, empty=0.2)
        }
        AccountChange.objects.bulk_create(
            AccountChange(
                account=account,
                field=field,
                value=self.random.choice(STAGES if field == "stage" else SEGMENTS),
                from_day=day,
            )
            for account, field, day in sorted(days, key=lambda change: (change[0].pk, *change[1:]))
        )

    def declare(self):
        """An attribute of which there may be several, none or one that was taken away, and tags."""
        attribute("modules", "choices", choices=MODULES)
        days = {(account, self.day()) for account in self.some(3, empty=0.3)}
        AccountChange.objects.bulk_create(
            AccountChange(
                account=account,
                field="attribute.modules",
                value="\n".join(module for module in MODULES if self.random.random() < 0.5),
                from_day=day,
            )
            for account, day in sorted(days, key=lambda change: (change[0].pk, change[1]))
        )
        for account in self.accounts:
            account.tags = self.random.sample(TAGS, self.random.choice([0, 0, 1, 2]))
            account.save(update_fields=["tags"])

    def join(self):
        """A population that is kept since some instant; memberships follow one another, now and then at once."""
        ours, kept_since = population(), self.instant()
        ours.kept_since = kept_since
        ours.save()
        for account in self.some(1, empty=0.2):
            moments = sorted({self.instant() for _ in range(self.random.randint(1, 4))})
            for entered, left in zip(moments[::2], [*moments[1::2], None], strict=False):
                Membership.objects.create(
                    population=ours,
                    account=account,
                    entered=max(entered, kept_since),
                    left=left and max(left, kept_since),
                )

    def rate(self):
        """EUR from the first day on, and moving; of SAR nothing is known for a while, or ever."""
        days = {("EUR", FIRST - timedelta(500))} | {("EUR", self.day()) for _ in range(4)}
        days |= {("SAR", self.day()) for _ in range(self.random.randint(0, 2))}
        ExchangeRate.objects.bulk_create(
            ExchangeRate(
                base=self.organisation.currency,
                currency=currency,
                day=day,
                rate=Decimal(self.random.randint(5, 40)) / 20,
            )
            for currency, day in sorted(days)
        )

    def currency(self):
        own = self.organisation.currency
        return self.random.choices([own, "EUR", "SAR"], [67, 25, 8])[0]

    def subscribe(self):
        subscriptions = Subscription.objects.bulk_create(
            self.subscription(account) for account in self.some(4, empty=0.35)
        )
        pauses = [self.pause(s) for s in subscriptions if self.random.random() < 0.4]
        Pause.objects.bulk_create(pauses)
        Term.objects.bulk_create(self.term(s) for s in subscriptions if self.random.random() < 0.6)

    def subscription(self, account):
        starts = self.day()
        ends = (
            starts + timedelta(self.random.choice([1, 20, 90, 200])) if self.random.random() < 0.6 else None
        )
        discounted = self.random.random() < 0.4
        return Subscription(
            account=account,
            kind=self.random.choice(["paid"] * 7 + ["trial", "trial", "free"]),
            reference=f"{account.pk} {self.random.randrange(10**9)}" if self.random.random() < 0.5 else "",
            price=Decimal(self.random.choice([0, 12, 120, 600])) / self.random.choice([1, 100]),
            interval=self.random.choice(["day", "week", "month", "quarter", "year"]),
            interval_count=self.random.choice([1, 1, 2]),
            quantity=self.random.choice([0, 1, 1, 3]),
            discount_percent=self.random.choice([10, 50, 100]) if discounted else 0,
            discount_amount=self.random.choice([0, 0, 12]) if discounted else 0,
            discount_ends=starts + timedelta(self.random.choice([1, 45, 300])) if discounted else None,
            currency=self.currency(),
            starts=starts,
            ends=ends,
        )

    def term(self, subscription):
        """Of the subscription or of the account as a whole; renewed by whatever goes on."""
        starts = subscription.starts + timedelta(self.random.choice([0, 0, 30]))
        days = self.random.choice([20, 89, 90, 200])
        decided = starts + timedelta(days + self.random.choice([-10, 0, 13, 15]))
        is_decided = self.random.random() < 0.4
        return Term(
            account=subscription.account,
            reference=self.random.choice(["", subscription.reference, "other"]),
            starts=starts,
            ends=starts + timedelta(days),
            currency=subscription.currency,
            outcome=self.random.choice(["renewed", "lost"]) if is_decided else "open",
            decided_on=decided if is_decided else None,
            due_mrr=self.random.choice([None, None, 10, 50]),
            renewed_mrr=self.random.choice([None, 5, 20, 100]),
        )

    def pause(self, subscription):
        starts = subscription.starts + timedelta(self.random.choice([0, 0, 10, 40]))
        ends = starts + timedelta(self.random.choice([1, 30, 60])) if self.random.random() < 0.8 else None
        return Pause(subscription=subscription, starts=starts, ends=ends)

    def order(self):
        orders = Order.objects.bulk_create(self.one_order(account) for account in self.some(6, empty=0.4))
        lines = OrderLine.objects.bulk_create(
            OrderLine(order=order, quantity=self.random.choice([1, 2, Decimal("0.5")]), amount=1)
            for order in orders
            for _ in range(self.random.choice([0, 1, 1, 2]))
        )
        Return.objects.bulk_create(
            [self.back(line.order, line) for line in lines if self.random.random() < 0.4]
            + [self.back(order, None) for order in orders if self.random.random() < 0.2]
        )

    def back(self, order, line):
        ordered_on = order.ordered_at.astimezone(self.organisation.zone).date()
        units = self.random.choice([0, 1, Decimal("0.25")])
        return Return(
            order=order,
            line=line,
            day=ordered_on + timedelta(self.random.choice([0, 1, 29, 30, 31, 90])),
            units=units,
            amount=self.random.choice([5, 0]) if units else 5,
        )

    def one_order(self, account):
        ordered = self.instant()
        later = timedelta(days=self.random.choice([0, 1, 40]))
        return Order(
            account=account,
            ordered_at=ordered,
            cancelled_at=ordered + later if self.random.random() < 0.3 else None,
            amount=Decimal(self.random.choice([0, 1250, 9999, 100])) / 100,
            currency=self.currency(),
        )

    def pay(self):
        Payment.objects.bulk_create(
            Payment(
                account=account,
                day=self.day(),
                amount=Decimal(self.random.choice([0, 1250, 9900, -300])) / 100,
                currency=self.currency(),
            )
            for account in self.some(6, empty=0.4)
        )

    def ask_for_help(self):
        askers = [*self.some(6, empty=0.3), *[None] * self.random.choice([0, 0, 3])]
        tickets = Ticket.objects.bulk_create(
            Ticket(
                account=account,
                opened_at=self.instant(),
                spam=self.random.random() < 0.08,
                opened_by_staff=self.random.random() < 0.08,
            )
            for account in askers
        )
        for ticket in tickets[1:]:
            if self.random.random() < 0.05:
                ticket.merged_into = tickets[0]
        Ticket.objects.bulk_update(tickets, ["merged_into"])
        TicketEvent.objects.bulk_create(event for ticket in tickets for event in self.log(ticket))

    def log(self, ticket):
        """In the order of arrival, which is not always that of time; many at the same time."""
        for kind in ["opened", *self.random.choices(LOGGED, k=self.random.randint(0, 6))]:
            hours = self.random.choice([0, 1, 1, 2, 24, 24 * self.random.randint(1, 60)])
            yield TicketEvent(
                ticket=ticket,
                kind=kind,
                happened_at=ticket.opened_at + timedelta(hours=0 if kind == "opened" else hours),
                by=self.random.choice(["staff", "staff", "customer", "machine"]),
                public=self.random.random() < 0.8,
            )

    def leave(self):
        days = {(account.pk, self.day()) for account in self.some(2, empty=0.5)}
        Departure.objects.bulk_create(Departure(account_id=pk, churn_day=day) for pk, day in sorted(days))

    def show_interest(self):
        """Some of them several times, at several accounts, at none."""
        askers = [*self.some(3, empty=0.4), *[None] * self.random.choice([0, 2, 5])]
        addresses = ["", "one@example.com", "ONE@example.com", "two@example.com", "three@example.com"]
        Lead.objects.bulk_create(
            Lead(
                account=account,
                name="Somebody",
                email=self.random.choice(addresses),
                first_interest=self.day(),
            )
            for account in askers
        )

    def spend(self):
        """Amounts that every month, of 28 to 31 days, divides evenly."""
        Expense.objects.bulk_create(
            Expense(
                month=self.day().replace(day=1),
                amount=Decimal("3775.80") * self.random.choice([0, 1, 2, -1]),
                currency=self.currency(),
                kind=self.random.choice(["cost_of_revenue", "sales", "marketing", "other"]),
            )
            for _ in range(self.random.choice([0, 4, 12]))
        )
