"""Every metric once more, as a loop over a `Book`: (numerator, denominator) of one account.

Account 0 is everything without one. Nothing of the engine is used here either.
"""

from calendar import monthrange
from datetime import timedelta
from decimal import Decimal

from accounts.models import Expense
from tests.metrics.naive import ONE_DAY, Book, days_of, reached_by, total
from tests.metrics.naive_engagement import ALSO_WITHOUT_ACCOUNT, ENGAGEMENT, lengths, middle
from tests.metrics.naive_reaching import REACHED_WITHOUT_ACCOUNT, REACHING
from tests.metrics.naive_satisfaction import FOLLOW_UP_WAITS, SATISFACTION


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
    "session_duration_median": (lengths, None),
    **FOLLOW_UP_WAITS,
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
    **ENGAGEMENT,
    **REACHING,
    **SATISFACTION,
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
    *ALSO_WITHOUT_ACCOUNT,
    *REACHED_WITHOUT_ACCOUNT,
    *SATISFACTION,
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


def sums_of(book, key, account, start, end):
    if account == 0 and key not in WITHOUT_ACCOUNT:
        return Decimal(0), Decimal(0)
    return tuple(
        value if value is None else Decimal(value) for value in METRICS[key](book, account, start, end)
    )


def sums_of_all(book, key, accounts, start, end):
    sums = [sums_of(book, key, account, start, end) for account in accounts]
    return total(numerator for numerator, _ in sums), total(denominator for _, denominator in sums)


def reached(book, key, accounts, start, end):
    """(value, lower limit, upper limit) of what is waited for, by Kaplan and Meier; of a median only the value."""
    waits, share = WAITS[key]
    found = [wait for account in accounts for wait in waits(book, account, start, end)]
    return reached_by(found, share) if share else (middle(found),)
