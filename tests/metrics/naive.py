"""Facts as one would read them on paper: day by day, account by account, in plain loops.

Nothing of the engine is used. Facts are read once, as plain rows; moments are turned into days here anew; an amount
without an exchange rate is None and makes everything None that it is added to. Slow on purpose.
"""

from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, cached_property
from math import exp, log, sqrt
from types import SimpleNamespace

from accounts.models import (
    Account,
    AccountChange,
    ActivityDay,
    Campaign,
    CampaignDay,
    Consent,
    Contact,
    Delivery,
    Departure,
    ExchangeRate,
    Expense,
    Feature,
    Goal,
    Identity,
    Lead,
    Membership,
    Order,
    OrderLine,
    Pause,
    Payment,
    PlanFeature,
    Population,
    Product,
    Resource,
    Return,
    Session,
    Subscription,
    Term,
    Ticket,
    TicketEvent,
)
from surveys.models import Answer, FeedbackItem, FollowUp, Invitation, Response, Survey

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
        self.populations, self.memberships = rows(Population.objects), rows(Membership.objects)
        self.contacts, self.identities = rows(Contact.objects), rows(Identity.objects)
        self.activity, self.sessions = rows(ActivityDay.objects), rows(Session.objects)
        self.all_subscriptions = rows(Subscription.objects)
        self.features = {feature.id: feature.code for feature in rows(Feature.objects)}
        self.plan_features, self.goals = rows(PlanFeature.objects), rows(Goal.objects)
        self.campaigns, self.resources = rows(Campaign.objects), rows(Resource.objects)
        self.campaign_days = rows(CampaignDay.objects)
        self.deliveries, self.consents = rows(Delivery.objects), rows(Consent.objects)
        self.surveys = {survey.id: survey for survey in rows(Survey.objects)}
        self.responses = {response.id: response for response in rows(Response.objects)}
        self.answers, self.invitations = rows(Answer.objects), rows(Invitation.objects)
        self.follow_ups = {one.response_id: one.done_at for one in rows(FollowUp.objects)}
        self.feedback_items = rows(FeedbackItem.objects)
        self.skus = {product.id: product.sku for product in rows(Product.objects)}
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
        now = next(a for a in self.accounts if a.id == account)
        value = changes[0].value if changes else getattr(now, field, "")
        for change in changes:
            if change.from_day <= day:
                value = change.value
        return value

    def values(self, account, name, day):
        """All that it is in, of what it may be in several."""
        if name == "tag":
            return next(a for a in self.accounts if a.id == account).tags or [""]
        if name == "population":
            return [str(p.id) for p in self.populations if self.was_in(p, account, day)] or [""]
        return self.attribute(account, name, day).split("\n")

    def was_in(self, population, account, day):
        """As the day ended; before it was kept, as it was first found."""
        midnight = datetime.combine(day + ONE_DAY, time(0), self.organisation.zone)
        own = [m for m in self.memberships if (m.population_id, m.account_id) == (population.id, account)]
        if midnight <= population.kept_since:
            at = population.kept_since
            return any(m.entered <= at and (m.left is None or at < m.left) for m in own)
        return any(m.entered < midnight and (m.left is None or midnight <= m.left) for m in own)

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
