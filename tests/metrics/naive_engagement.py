"""What people did, as one would count it with a pencil: person by person, day by day."""

from datetime import timedelta
from decimal import Decimal
from statistics import median

from tests.metrics.naive import days_of

# Of the names that books have, those that make nobody active.
PASSIVE = {
    "Signed Out",
    "Review Submitted",
    "Post Liked",
    "Post Shared",
    "Post Commented",
    "Post Clicked",
    "Event Registered",
    "Event Attended",
    "Event Interacted",
    "Email Delivered",
    "Email Link Clicked",
    "Heartbeat",
}


def person(book, row):
    """A contact, or the one that it was merged into."""
    merged = {contact.id: contact.merged_into_id or contact.id for contact in book.contacts}
    return merged.get(row.contact_id)


def acts(book, account, start, end, *names):
    return [
        row
        for row in book.of(book.activity, account)
        if not row.machine and start < row.day <= end and (not names or row.name in names)
    ]


def active(book, account, start, end):
    return [row for row in acts(book, account, start, end) if row.name not in PASSIVE] if account else []


def persons(book, rows):
    return {person(book, row) for row in rows} - {None}


def known(rows):
    return [row for row in rows if row.contact_id]


def times(rows):
    return sum(row.count for row in rows)


def active_people(book, account, start, end):
    return len(persons(book, active(book, account, start, end)))


def active_users(book, account, start, end):
    return active_people(book, account, start, end), 0


def sticking(is_counted):
    def sums(book, account, start, end):
        """Days on which each was active, out of those since anybody ever was."""
        rows = [row for row in active(book, account, start, end) if is_counted(book, row.day)]
        ever = [row.day for row in active(book, account, start - timedelta(10_000), end)]
        days = [day for day in days_of(start, end) if is_counted(book, day) and ever and day >= min(ever)]
        pairs = {(person(book, row), row.day) for row in rows if row.contact_id}
        return len(pairs), len(days) * len(persons(book, rows))

    return sums


def every_day(book, day):
    return True


def is_worked(book, day):
    return day.isoweekday() not in book.organisation.weekend


def has_acted(book, account, start, end):
    ordered = any(book.is_in(o.ordered_at, start, end) for o in book.orders_of(account, end))
    return bool(active(book, account, start, end)) or ordered


def active_customers(book, account, start, end):
    return book.is_customer(account, end) and has_acted(book, account, start, end), 0


def active_share(book, account, start, end):
    return active_customers(book, account, start, end)[0], book.is_customer(account, end)


def seats(book, account, day):
    return sum(s.quantity for s in book.of(book.subscriptions, account) if book.serves(s, day))


def utilisation(book, account, start, end):
    if not seats(book, account, end):
        return 0, 0
    return active_people(book, account, start, end), seats(book, account, end)


def peak(book, account, start, end):
    """Of the ends of months in the current term that one at which most of the seats were used; the last of several."""
    terms = [t.starts for t in book.of(book.terms, account) if t.starts <= end < t.ends]
    days = days_of(min(terms) - timedelta(1), end) if terms else ()
    month_ends = [day for day in days if (day + timedelta(1)).day == 1]
    found = [utilisation(book, account, day - timedelta(30), day) for day in month_ends]
    of_seats = [(Decimal(used) / bought, used, bought) for used, bought in found if bought]
    highest = max(share for share, *_sums in of_seats) if of_seats else None
    return next(((u, b) for share, u, b in reversed(of_seats) if share == highest), (0, 0))


def assigned(book, account, start, end):
    if not seats(book, account, end):
        return 0, 0
    owners = {contact.id: book.owners[contact.account_id] for contact in book.contacts}
    theirs = [
        identity
        for identity in book.identities
        if owners[identity.contact_id] == account
        and identity.kind == "user"
        and (identity.since is None or identity.since <= end)
        and (identity.until is None or end < identity.until)
    ]
    return len(persons(book, theirs)), 0


def revenue_per_user(book, account, start, end):
    mrr = book.mrr(account, end, end)
    pays = book.is_customer(account, end) and mrr != 0
    return mrr, active_people(book, account, start, end) if pays else 0


def logins(book, account, start, end):
    return times(acts(book, account, start, end, "Signed In")), 0


def logins_per_person(book, account, start, end):
    rows = known(acts(book, account, start, end, "Signed In"))
    return times(rows), active_people(book, account, start, end)


def views(book, account, start, end):
    return acts(book, account, start, end, "Page", "Screen")


# Sessions


def visits(book, account, start, end):
    return [s for s in book.of(book.sessions, account) if start < s.day <= end]


def minutes(session):
    return Decimal((session.ended - session.began) // timedelta(seconds=1)) / 60


def duration(book, account, start, end):
    found = visits(book, account, start, end)
    return sum(map(minutes, found)), len(found)


def lengths(book, account, start, end):
    return [(minutes(session), True) for session in visits(book, account, start, end)]


def middle(waits):
    """(value, lower limit, upper limit): the limits are looked at elsewhere."""
    return median(time for time, _reached in waits) if waits else None


def sessions_per_person(book, account, start, end):
    return len(known(visits(book, account, start, end))), active_people(book, account, start, end)


def time_in_product(book, account, start, end):
    found = known(visits(book, account, start, end))
    return sum(map(minutes, found)), active_people(book, account, start, end)


def bounces(book, account, start, end):
    found = [s for s in visits(book, account, start, end) if s.pages]
    return sum((s.pages, s.events) == (1, 1) for s in found), len(found)


def exits(book, account, start, end, page=""):
    seen = times(v for v in views(book, account, start, end) if v.object and page in ("", v.object))
    left = sum(bool(s.exit) and page in ("", s.exit) for s in visits(book, account, start, end))
    return min(left, seen), seen


def plain(count):
    """A sum, with nothing below the line."""
    return lambda *asked: (count(*asked), 0)


ENGAGEMENT = {
    **dict.fromkeys(("daily_active_users", "weekly_active_users", "monthly_active_users"), active_users),
    "stickiness": sticking(every_day),
    "stickiness_working_days": sticking(is_worked),
    "active_customers": active_customers,
    "active_customer_rate": active_share,
    "licence_utilisation": utilisation,
    "licence_utilisation_peak": peak,
    "seats_assigned": assigned,
    "arpu": revenue_per_user,
    "logins": logins,
    "logins_per_person": logins_per_person,
    "sessions": plain(lambda *asked: len(visits(*asked))),
    "sessions_per_person": sessions_per_person,
    "session_duration": duration,
    "time_in_product": time_in_product,
    "page_views": plain(lambda *asked: times(views(*asked))),
    "bounce_rate": bounces,
    "exit_rate": exits,
}

# Those that count what has no account too.
ALSO_WITHOUT_ACCOUNT = {
    "logins",
    "sessions",
    "session_duration",
    "session_duration_median",
    "page_views",
    "bounce_rate",
    "exit_rate",
}
