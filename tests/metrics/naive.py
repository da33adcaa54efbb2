"""Every metric once more, as one would count on paper: day by day, account by account, in plain loops.

Nothing of the engine is used. Facts are read once, as plain rows; moments are turned into days here anew; an amount
without an exchange rate is None and makes everything None that it is added to. Slow on purpose.
"""

from calendar import monthrange
from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, cached_property
from math import exp, log, sqrt
from types import SimpleNamespace

from accounts.models import (
    Account,
    AccountChange,
    Departure,
    ExchangeRate,
    Expense,
    Lead,
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

CENT = {"USD": Decimal("0.01"), "SAR": Decimal("0.01"), "KWD": Decimal("0.001"), "JPY": Decimal(1)}
# So many bills in so many months.
BILLS = {"day": (365, 12), "week": (52, 12), "month": (1, 1), "quarter": (1, 3), "year": (1, 12)}
ONE_DAY = timedelta(days=1)


def rows(queryset):
    return [SimpleNamespace(**values) for values in queryset.order_by("pk").values()]


def days_of(since, until):
    """The days after `since` up to `until`."""
    day = since + ONE_DAY
    while day <= until:
        yield day
        day += ONE_DAY


def total(amounts):
    amounts = list(amounts)
    return None if any(amount is None for amount in amounts) else sum(amounts, Decimal(0))


class Book:
    def __init__(self, organisation, now):
        self.organisation, self.now = organisation, now
        self.accounts = rows(Account.objects)
        self.changes = rows(AccountChange.objects)
        self.subscriptions = [s for s in rows(Subscription.objects) if s.kind == "paid"]
        self.trials = [s for s in rows(Subscription.objects) if s.kind == "trial"]
        self.terms = rows(Term.objects)
        self.departures = rows(Departure.objects)
        self.leads = rows(Lead.objects)
        self.expenses = rows(Expense.objects)
        self.pauses = rows(Pause.objects)
        self.orders = rows(Order.objects)
        self.lines = rows(OrderLine.objects)
        self.returns = rows(Return.objects)
        self.payments = rows(Payment.objects)
        self.tickets = [
            t for t in rows(Ticket.objects) if not (t.spam or t.opened_by_staff or t.merged_into_id)
        ]
        self.events = rows(TicketEvent.objects)
        self.rates = [r for r in rows(ExchangeRate.objects) if r.base == organisation.currency]
        for name in ("end_of", "rate", "mrr", "had_mrr", "is_customer", "first_customer_day"):
            setattr(self, name, cache(getattr(self, name)))

    # Days and windows

    def end_of(self, day):
        """Midnight, found by the clock on the wall; of today, now."""
        midnight = datetime.combine(day + ONE_DAY, time(0), self.organisation.zone)
        return min(midnight, self.now)

    def is_in(self, moment, start, end):
        return self.end_of(start) <= moment < self.end_of(end)

    # Who counts, and whose facts are whose

    @property
    def members(self):
        return [a.id for a in self.accounts if not a.internal and a.merged_into_id is None]

    @cached_property
    def owners(self):
        return {a.id: a.merged_into_id or a.id for a in self.accounts} | {None: 0}

    def of(self, facts, account):
        return [fact for fact in facts if self.owners[fact.account_id] == account]

    def attribute(self, account, field, day):
        """As it was on the day; before the first change, as in the first; without any, as it is."""
        changes = sorted(
            (c for c in self.changes if c.account_id == account and c.field == field),
            key=lambda c: c.from_day,
        )
        value = (
            changes[0].value if changes else getattr(next(a for a in self.accounts if a.id == account), field)
        )
        for change in changes:
            if change.from_day <= day:
                value = change.value
        return value

    # Money

    def rate(self, currency, day):
        if currency == self.organisation.currency:
            return Decimal(1)
        known = [(r.day, r.rate) for r in self.rates if r.currency == currency and r.day <= day]
        return max(known)[1] if known else None

    def converted(self, amount, currency, day):
        if not amount:
            return Decimal(0)
        rate = self.rate(currency, day)
        return None if rate is None else amount * rate

    def rounded(self, amount):
        if amount is None:
            return None
        return amount.quantize(CENT[self.organisation.currency], rounding=ROUND_HALF_UP)

    # Subscriptions

    def is_paused(self, subscription, day):
        pauses = [p for p in self.pauses if p.subscription_id == subscription.id]
        return any(p.starts <= day and (p.ends is None or day < p.ends) for p in pauses)

    def serves(self, subscription, day):
        return subscription.starts <= day and (subscription.ends is None or day < subscription.ends)

    def monthly(self, subscription, day):
        """In its own currency, not rounded."""
        if not self.serves(subscription, day) or self.is_paused(subscription, day):
            return Decimal(0)
        bill = subscription.price * subscription.quantity
        if subscription.discount_ends is None or day < subscription.discount_ends:
            bill = bill * (100 - subscription.discount_percent) / 100 - subscription.discount_amount
        bills, months = BILLS[subscription.interval]
        # The division last, so that what comes out even stays even.
        return max(bill, Decimal(0)) * bills / (months * subscription.interval_count)

    def mrr(self, account, day, rates_day):
        amounts = [
            self.converted(self.monthly(s, day), s.currency, rates_day)
            for s in self.of(self.subscriptions, account)
        ]
        return self.rounded(total(amounts))

    def had_mrr(self, account, day):
        return any(
            self.monthly(s, past)
            for s in self.of(self.subscriptions, account)
            for past in days_of(s.starts - ONE_DAY, day)
        )

    # Customers

    def is_customer(self, account, day):
        begun = [s for s in self.of(self.subscriptions, account) if s.starts <= day]
        if begun:
            return any(self.serves(s, day) for s in begun)
        if self.orders_of(account, day):
            return bool(
                self.orders_of(account, day, since=day - timedelta(days=self.organisation.inactive_days))
            )
        stages = [
            (c.from_day, c.value)
            for c in self.changes
            if c.account_id == account and c.field == "stage" and c.from_day <= day
        ]
        return bool(stages) and max(stages)[1] in {"onboarding", "live", "renewing"}

    def first_customer_day(self, account):
        """Found by going through all days one by one; a day that has not ended yet ends now."""
        own = [o.ordered_at.astimezone(self.organisation.zone).date() for o in self.of(self.orders, account)]
        own += [s.starts for s in self.of(self.subscriptions, account)]
        own += [c.from_day for c in self.changes if c.account_id == account]
        today = self.now.astimezone(self.organisation.zone).date()
        days = days_of(min(own, default=today) - ONE_DAY, max([*own, today]))
        return next((day for day in days if self.is_customer(account, day)), None)

    def was_customer_by(self, account, day):
        first = self.first_customer_day(account)
        return first is not None and first <= day

    def orders_of(self, account, end, since=None):
        """Placed by the end of the day, after the end of `since`, and not cancelled by then."""
        by = self.end_of(end)
        return [
            o
            for o in self.of(self.orders, account)
            if o.ordered_at < by
            and (since is None or o.ordered_at >= self.end_of(since))
            and not (o.cancelled_at and o.cancelled_at < by)
        ]

    # Tickets

    def log(self, ticket, end):
        """What was logged by the end of the day, in order; what came at one time in the order of arrival."""
        logged = [e for e in self.events if e.ticket_id == ticket.id and e.happened_at < self.end_of(end)]
        return sorted(logged, key=lambda e: (e.happened_at, e.id))

    def tickets_opened(self, account, start, end):
        return [t for t in self.of(self.tickets, account) if self.is_in(t.opened_at, start, end)]

    def hours_to_reply(self, account, start, end):
        hours = []
        for ticket in self.tickets_opened(account, start, end):
            replies = [e for e in self.log(ticket, end) if is_reply(e)]
            if replies:
                hours.append(hours_between(ticket.opened_at, replies[0].happened_at))
        return hours

    def hours_to_resolution(self, account, start, end):
        """Of tickets that are not open on the day and were last resolved in the window."""
        hours = []
        for ticket in self.of(self.tickets, account):
            log = self.log(ticket, end)
            resolutions = [e for e in log if e.kind == "resolved"]
            if not resolutions or log[-1].kind not in {"resolved", "closed"}:
                continue
            if self.is_in(resolutions[-1].happened_at, start, end):
                hours.append(hours_between(ticket.opened_at, resolutions[-1].happened_at))
        return hours

    def waits(self, account, start, end):
        """First replies, as (hours, whether it came): without one to the end of the day."""
        return [
            self.waited(ticket, end, [e for e in self.log(ticket, end) if is_reply(e)][:1])
            for ticket in self.tickets_opened(account, start, end)
        ]

    def waits_for_resolution(self, account, start, end):
        """To the last one, of a ticket that is not open."""
        found = []
        for ticket in self.tickets_opened(account, start, end):
            log = self.log(ticket, end)
            resolutions = [e for e in log if e.kind == "resolved"]
            is_open = not log or log[-1].kind not in {"resolved", "closed"}
            found.append(self.waited(ticket, end, [] if is_open else resolutions[-1:]))
        return found

    def waited(self, ticket, end, events):
        until = events[0].happened_at if events else self.end_of(end)
        return hours_between(ticket.opened_at, until), bool(events)

    def hours_net(self, account, start, end):
        """As `hours_to_resolution`, without what lay between an entry that waits and the next that does not."""
        hours = []
        for ticket in self.of(self.tickets, account):
            log = self.log(ticket, end)
            places = [i for i, e in enumerate(log) if e.kind == "resolved"]
            if not places or log[-1].kind not in {"resolved", "closed"}:
                continue
            resolved = log[places[-1]]
            if not self.is_in(resolved.happened_at, start, end):
                continue
            worked, since = Decimal(0), ticket.opened_at
            for event in log[: places[-1] + 1]:
                if since is not None:
                    worked += hours_between(since, event.happened_at)
                since = None if event.kind == "waiting" else event.happened_at
            hours.append(worked)
        return hours

    def open_tickets(self, account, end):
        logs = [
            self.log(ticket, end)
            for ticket in self.of(self.tickets, account)
            if ticket.opened_at < self.end_of(end)
        ]
        return sum(not log or log[-1].kind not in {"resolved", "closed"} for log in logs)

    def resolutions(self, account, start, end):
        """For every ticket with a resolution in the window, whether there was work after one of them."""
        reopened = []
        for ticket in self.of(self.tickets, account):
            resolved, worked = False, False
            for event in self.log(ticket, end):
                if event.kind == "resolved" and self.is_in(event.happened_at, start, end):
                    resolved = True
                elif resolved and event.kind not in {"resolved", "closed"}:
                    worked = True
            if resolved:
                reopened.append(worked)
        return reopened

    # Metrics: (numerator, denominator) of one account; account 0 is everything without one

    def sums(self, key, account, start, end):
        if account == 0 and key not in WITHOUT_ACCOUNT:
            return Decimal(0), Decimal(0)
        return tuple(
            value if value is None else Decimal(value) for value in METRICS[key](self, account, start, end)
        )

    def population(self, key, accounts, start, end):
        sums = [self.sums(key, account, start, end) for account in accounts]
        return total(numerator for numerator, _ in sums), total(denominator for _, denominator in sums)

    def value(self, key, accounts, start, end):
        """None where nothing stands below the line, or something has no exchange rate."""
        numerator, denominator = self.population(key, accounts, start, end)
        if numerator is None or denominator is None:
            return None
        if key not in RATIOS:
            return numerator
        return numerator / denominator if denominator else None

    def reached(self, key, accounts, start, end):
        """(value, lower limit, upper limit) of what is waited for, by Kaplan and Meier."""
        waits, share = WAITS[key]
        return reached_by([wait for account in accounts for wait in waits(self, account, start, end)], share)


def is_reply(event):
    """That the customer saw and a person gave."""
    return event.kind == "replied" and event.by == "staff" and event.public


def reached_by(waits, share):
    """When so many have reached it: the first time by which the curve, and its limits, have fallen so low."""
    found = {"value": None, "low": None, "high": None}
    left, spread = 1.0, 0.0
    limits = (1.0, 1.0)
    for hour in sorted({hours for hours, reached in waits if reached}):
        at_risk = sum(hours >= hour for hours, _reached in waits)
        events = sum(reached and hours == hour for hours, reached in waits)
        left *= 1 - events / at_risk
        if events < at_risk:
            spread += events / (at_risk * (at_risk - events))
            power = exp(1.959963984540054 * sqrt(spread) / abs(log(left)))
            limits = (left**power, left ** (1 / power))
        else:
            limits = (0.0, limits[1])
        for name, curve in (("value", left), ("low", limits[0]), ("high", limits[1])):
            if found[name] is None and curve <= 1 - share + 1e-12:
                found[name] = hour
    return tuple(found.values())


def hours_between(since, until):
    return Decimal((until - since) // timedelta(microseconds=1)) / 3_600_000_000


def months_of(start, end):
    """The window cut at the ends of months."""
    while start < end:
        first = start + ONE_DAY
        cut = min(first.replace(day=monthrange(first.year, first.month)[1]), end)
        yield start, cut
        start = cut


def movements(book, account, start, end):
    """What each month of the window added to which movement; all six are unknown where one end has no rate."""
    moved = dict.fromkeys(MOVEMENTS, Decimal(0))
    for since, until in months_of(start, end):
        before, after = book.mrr(account, since, since), book.mrr(account, until, since)
        own = book.mrr(account, until, until)
        if before is None or after is None or own is None:
            return dict.fromkeys(MOVEMENTS)
        moved["mrr_fx"] += own - after
        if name := kind_of_movement(book, account, since, until, before, after):
            moved[name] += abs(after - before)
    return moved


MOVEMENTS = ("mrr_new", "mrr_reactivated", "mrr_expansion", "mrr_contraction", "mrr_churned", "mrr_fx")


def kind_of_movement(book, account, since, until, before, after):
    if after == before:
        return None
    if after < before:
        return "mrr_contraction" if after or book.is_customer(account, until) else "mrr_churned"
    if before == 0 and not book.had_mrr(account, since):
        return "mrr_new"
    return "mrr_reactivated" if before == 0 and not book.is_customer(account, since) else "mrr_expansion"


def movement(name):
    return lambda book, account, start, end: (movements(book, account, start, end)[name], 0)


def of_cohort(share):
    """Over the accounts that had MRR at the start; `share` says what of it counts, given it and that of the end."""

    def sums(book, account, start, end):
        before = book.mrr(account, start, start)
        if before is None:
            return None, None
        if before == 0:
            return 0, 0
        after = book.mrr(account, end, start)
        return None if after is None else share(before, after), before

    return sums


def customers(book, account, start, end):
    return book.is_customer(account, end), 0


def is_paying(book, account, end):
    """Also one whose amounts cannot be converted: it does pay."""
    return book.is_customer(account, end) and book.mrr(account, end, end) != 0


def lost(book, account, start, end):
    was = book.is_customer(account, start)
    return was and not book.is_customer(account, end), was


def joined(book, account, start, end):
    return book.was_customer_by(account, end) and not book.was_customer_by(account, start)


def returned(book, account, start, end):
    was, is_one = book.is_customer(account, start), book.is_customer(account, end)
    return is_one and not was and book.was_customer_by(account, start), 0


def revenue(book, account, start, end):
    payments = [p for p in book.of(book.payments, account) if start < p.day <= end]
    return book.rounded(total(book.converted(p.amount, p.currency, p.day) for p in payments)), 0


def rises_to_falls(book, account, start, end):
    """In the months of the window, each by itself."""
    rises, falls = [], []
    for since, until in months_of(start, end):
        before, after = book.mrr(account, since, since), book.mrr(account, until, since)
        if before is None or after is None:
            return None, None
        rises.append(max(after - before, 0))
        falls.append(max(before - after, 0))
    return sum(rises), sum(falls)


def orders_in(book, account, start, end):
    return book.orders_of(account, end, since=start)


def order_value(book, account, start, end):
    orders = orders_in(book, account, start, end)
    zone = book.organisation.zone
    amounts = [book.converted(o.amount, o.currency, o.ordered_at.astimezone(zone).date()) for o in orders]
    return book.rounded(total(amounts)), len(orders)


def mean_of(durations):
    def sums(book, account, start, end):
        hours = durations(book, account, start, end)
        return sum(hours, Decimal(0)), len(hours)

    return sums


# Of what ripens: the days by which the window lies back, and so what followed by the day of the question.
RIPENS = {
    "renewal_rate": 14,
    "renewal_rate_by_value": 14,
    "renewal_rate_net": 14,
    "trial_conversion_rate": 14,
    "lead_conversion_rate": 90,
    "product_return_rate": 30,
    "product_return_rate_by_order": 30,
    "product_return_rate_by_value": 30,
}


def day_of(book, moment):
    return moment.astimezone(book.organisation.zone).date()


def goes_on(book, account, ended, days, reference=""):
    """A paid period after the end, begun within the days."""
    return any(
        s.starts <= ended + timedelta(days) and (s.ends is None or s.ends > ended)
        for s in book.of(book.subscriptions, account)
        if reference in ("", s.reference)
    )


def renewed(book, account, start, end):
    terms = [
        t for t in book.of(book.terms, account) if start < t.ends <= end and (t.ends - t.starts).days >= 90
    ]
    return sum(goes_on(book, account, t.ends, 14, t.reference) for t in terms), len(terms)


def mrr_of_term(book, account, term, day):
    """Not rounded; what a term renews is compared at one rate, that of the day on which it ends."""
    return total(
        book.converted(book.monthly(s, day), s.currency, term.ends)
        for s in book.of(book.subscriptions, account)
        if term.reference in ("", s.reference)
    )


def due_mrr(book, account, term):
    if term.due_mrr is not None:
        return book.converted(term.due_mrr, term.currency, term.ends)
    of_last = mrr_of_term(book, account, term, term.ends - ONE_DAY)
    return mrr_of_term(book, account, term, term.starts) if of_last == 0 else of_last


def renewed_mrr(book, account, term, today):
    if not goes_on(book, account, term.ends, 14, term.reference):
        return Decimal(0)
    if term.renewed_mrr is not None and term.decided_on and term.decided_on <= today:
        return book.converted(term.renewed_mrr, term.currency, term.ends)
    return mrr_of_term(book, account, term, term.ends + timedelta(14))


def renewed_by_value(of_term):
    """`of_term` says what counts, given what was renewed and what was due."""

    def sums(book, account, start, end):
        above, below = [], []
        for term in book.of(book.terms, account):
            if start < term.ends <= end and (term.ends - term.starts).days >= 90:
                due = due_mrr(book, account, term)
                new = renewed_mrr(book, account, term, end + timedelta(14))
                below.append(due)
                if goes_on(book, account, term.ends, 14, term.reference):
                    above.append(of_term(new, due))
        return book.rounded(total(above)), book.rounded(total(below))

    return sums


def lesser(one, other):
    return None if one is None or other is None else min(one, other)


def departed(book, account, start, end):
    """Once a day, also where both of two merged accounts say so."""
    return {d.churn_day for d in book.of(book.departures, account) if start < d.churn_day <= end}


def mrr_lost(book, account, start, end):
    days = [day - ONE_DAY for day in departed(book, account, start, end)]
    subscriptions = book.of(book.subscriptions, account)
    amounts = [book.converted(book.monthly(s, day), s.currency, day) for day in days for s in subscriptions]
    return book.rounded(total(amounts)), 0


def people(book, by):
    """(owner, first interest) of everybody who showed interest by the day: rows of one address are one person."""
    found = {}
    for lead in book.leads:
        if lead.first_interest <= by:
            found.setdefault(lead.email.lower() or lead.id, []).append(lead)
    for of_one in found.values():
        in_order = sorted(of_one, key=lambda lead: (lead.first_interest, lead.id))
        with_account = [lead for lead in in_order if lead.account_id] or in_order
        yield book.owners[with_account[0].account_id], in_order[0].first_interest


def leads(book, account, start, end):
    return sum(owner == account and start < first <= end for owner, first in people(book, end)), 0


def leads_converted(book, account, start, end):
    """By somebody who was no customer before."""
    customer = book.first_customer_day(account) if account else None
    mine = [first for owner, first in people(book, end + timedelta(90)) if owner == account]
    ripe = [first for first in mine if start < first <= end]
    in_time = [customer and first <= customer <= first + timedelta(90) for first in ripe]
    return sum(map(bool, in_time)), len(ripe)


def waits_to_convert(book, account, start, end):
    """(days, whether won) of everybody, up to the day of the question."""
    customer = book.first_customer_day(account) if account else None
    for owner, first in people(book, end):
        if owner == account and start < first <= end:
            won = customer is not None and first <= customer <= end
            yield ((customer if won else end) - first).days, won


def spent(book, start, end, kinds):
    """Day by day: of a month's expense each day has the same share."""
    amounts = []
    for expense in book.expenses:
        whole = days_of(expense.month - ONE_DAY, expense.month + timedelta(31))
        month = [day for day in whole if day.month == expense.month.month]
        days = [day for day in month if start < day <= end]
        if days and expense.kind in kinds:
            amount = expense.amount * len(days) / len(month)
            amounts.append(book.converted(amount, expense.currency, min(month[-1], end)))
    return book.rounded(total(amounts))


EVERY_KIND = tuple(Expense.Kind)


def less_expenses(*kinds):
    def sums(book, account, start, end):
        if account:
            return (revenue(book, account, start, end)[0],) * 2
        cost = spent(book, start, end, kinds)
        return None if cost is None else -cost, 0

    return sums


def profit(book, account, start, end):
    return less_expenses(*EVERY_KIND)(book, account, start, end)[0], 0


def acquisition(book, account, start, end):
    if account:
        return 0, joined(book, account, start, end)
    return spent(book, start, end, ("sales", "marketing")), 0


def converted(book, account, start, end):
    trials = [t for t in book.of(book.trials, account) if t.ends and start < t.ends <= end]
    return sum(goes_on(book, account, t.ends, 14) for t in trials), len(trials)


def orders_sold(book, account, start, end):
    """Placed in a window that ends 30 days ago, and not cancelled by today."""
    later = end + timedelta(30)
    return [
        o
        for o in book.of(book.orders, account)
        if book.is_in(o.ordered_at, start, end)
        and not (o.cancelled_at and o.cancelled_at < book.end_of(later))
    ]


def back_in_time(book, order):
    latest = day_of(book, order.ordered_at) + timedelta(30)
    return [r for r in book.returns if r.order_id == order.id and r.day <= latest]


def units_returned(book, account, start, end):
    sold, back = Decimal(0), Decimal(0)
    for order in orders_sold(book, account, start, end):
        lines = [line.quantity for line in book.lines if line.order_id == order.id]
        sold += sum(lines)
        back += sum(r.units for r in back_in_time(book, order)) if lines else 0
    return min(back, sold), sold


def orders_returned(book, account, start, end):
    orders = orders_sold(book, account, start, end)
    return sum(any(r.units for r in back_in_time(book, order)) for order in orders), len(orders)


def value_returned(book, account, start, end):
    sold, back = [], []
    for order in orders_sold(book, account, start, end):
        on = day_of(book, order.ordered_at)
        sold.append(book.converted(order.amount, order.currency, on))
        back += [book.converted(r.amount, order.currency, on) for r in back_in_time(book, order)]
    return book.rounded(total(back)), book.rounded(total(sold))


def value_processed(book, account, start, end):
    orders = {o.id: o for o in book.of(book.orders, account)}
    back = [
        book.converted(r.amount, orders[r.order_id].currency, r.day)
        for r in book.returns
        if r.order_id in orders and start < r.day <= end
    ]
    return book.rounded(total(back)), order_value(book, account, start, end)[0]


def watched(key):
    def sums(book, account, start, end):
        waits, _share = WAITS[key]
        found = list(waits(book, account, start, end))
        return sum(reached for _time, reached in found), len(found)

    return sums


WAITS = {
    "time_to_first_response": (Book.waits, 0.5),
    "time_to_first_response_p90": (Book.waits, 0.9),
    "time_to_resolution_median": (Book.waits_for_resolution, 0.5),
    "time_to_convert": (waits_to_convert, 0.5),
}


def tickets_of_customers(book, account, start, end):
    """The customers of an average day: each counts for its days."""
    if account == 0:
        return 0, 0
    days = [book.is_customer(account, day) for day in days_of(start, end)]
    opened = len(book.tickets_opened(account, start, end)) if any(days) else 0
    return opened, Decimal(sum(days)) / len(days)


METRICS = {
    **{key: watched(key) for key in WAITS},
    "open_tickets": lambda book, account, start, end: (book.open_tickets(account, end), 0),
    "tickets_per_customer": tickets_of_customers,
    "time_to_resolution_net": mean_of(Book.hours_net),
    "renewal_rate": renewed,
    "renewal_rate_by_value": renewed_by_value(lesser),
    "renewal_rate_net": renewed_by_value(lambda new, due: new),
    "churn_by_reason": lambda book, account, start, end: (len(departed(book, account, start, end)), 0),
    "churn_by_reason_mrr": mrr_lost,
    "leads": leads,
    "lead_conversion_rate": leads_converted,
    "profit": profit,
    "gross_margin": less_expenses("cost_of_revenue"),
    "customer_acquisition_cost": acquisition,
    "trial_conversion_rate": converted,
    "product_return_rate": units_returned,
    "product_return_rate_by_order": orders_returned,
    "product_return_rate_by_value": value_returned,
    "product_return_rate_by_processing_day": value_processed,
    "customers": customers,
    "paying_customers": lambda book, account, start, end: (is_paying(book, account, end), 0),
    "new_customers": lambda book, account, start, end: (joined(book, account, start, end), 0),
    "customers_returned": returned,
    "customers_lost": lambda book, account, start, end: (lost(book, account, start, end)[0], 0),
    "customers_joined_and_left": lambda book, account, start, end: (
        joined(book, account, start, end) and not book.is_customer(account, end),
        0,
    ),
    "customer_churn_rate": lost,
    "customer_retention_rate": lambda book, account, start, end: (
        book.is_customer(account, start) and book.is_customer(account, end),
        book.is_customer(account, start),
    ),
    "quick_ratio": rises_to_falls,
    "total_revenue": revenue,
    "mrr": lambda book, account, start, end: (book.mrr(account, end, end), 0),
    "arpa": lambda book, account, start, end: (book.mrr(account, end, end), is_paying(book, account, end)),
    **{name: movement(name) for name in MOVEMENTS},
    "net_revenue_retention": of_cohort(lambda before, after: after),
    "gross_revenue_retention": of_cohort(min),
    "revenue_churn_rate": of_cohort(lambda before, after: before - min(before, after)),
    "net_revenue_churn_rate": of_cohort(lambda before, after: before - after),
    "orders": lambda book, account, start, end: (len(orders_in(book, account, start, end)), 0),
    "ordering_accounts": lambda book, account, start, end: (bool(orders_in(book, account, start, end)), 0),
    "average_order_value": order_value,
    "purchase_frequency": lambda book, account, start, end: (
        len(orders_in(book, account, start, end)),
        bool(orders_in(book, account, start, end)),
    ),
    "repeat_purchase_rate": lambda book, account, start, end: (
        len(orders_in(book, account, start, end)) > 1,
        len(orders_in(book, account, start, end)) > 0,
    ),
    "tickets": lambda book, account, start, end: (len(book.tickets_opened(account, start, end)), 0),
    "time_to_first_response_mean": mean_of(Book.hours_to_reply),
    "time_to_resolution": mean_of(Book.hours_to_resolution),
    "ticket_reopen_rate": lambda book, account, start, end: (
        sum(book.resolutions(account, start, end)),
        len(book.resolutions(account, start, end)),
    ),
}
WITHOUT_ACCOUNT = {
    *WAITS,
    "tickets",
    "tickets_per_customer",
    "open_tickets",
    "time_to_first_response_mean",
    "time_to_resolution",
    "time_to_resolution_net",
    "ticket_reopen_rate",
    "leads",
    "lead_conversion_rate",
    "profit",
    "gross_margin",
    "customer_acquisition_cost",
}
RATIOS = {
    *RIPENS,
    "tickets_per_customer",
    "time_to_resolution_net",
    "gross_margin",
    "customer_acquisition_cost",
    "product_return_rate_by_processing_day",
    "customer_retention_rate",
    "quick_ratio",
    "purchase_frequency",
    "customer_churn_rate",
    "arpa",
    "net_revenue_retention",
    "gross_revenue_retention",
    "revenue_churn_rate",
    "net_revenue_churn_rate",
    "average_order_value",
    "repeat_purchase_rate",
    "time_to_first_response_mean",
    "time_to_resolution",
    "ticket_reopen_rate",
}
