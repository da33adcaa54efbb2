"""What people use, open, like, attend and agree to, counted with a pencil."""

from datetime import timedelta
from decimal import Decimal

from tests.metrics.naive_engagement import active, acts, known, person, persons, plain, times, visits

LONG_AGO = timedelta(10_000)


# New customers


def still_using(book, account, start, end):
    """On the 61st to the 90th day after the first."""
    first = book.first_customer_day(account) if account else None
    if first is None or not start < first <= end:
        return 0, 0
    return bool(active(book, account, first + timedelta(60), first + timedelta(90))), 1


# Features


def included(book, account, day):
    plans = {s.plan_id for s in book.of(book.all_subscriptions, account) if book.serves(s, day)}
    return {
        book.features[row.feature_id]
        for row in book.plan_features
        if row.plan_id in plans
        and (row.starts is None or row.starts <= day)
        and (row.ends is None or day < row.ends)
    }


def uses(book, account, start, end):
    return acts(book, account, start, end, "Feature Used") if account else []


def adopted(book, account, start, end, feature=""):
    eligible = {code for code in included(book, account, end) if feature in ("", code)}
    users = [
        persons(book, [u for u in uses(book, account, start, end) if u.object == code]) for code in eligible
    ]
    return sum(map(len, users)), len(eligible) * len(persons(book, active(book, account, start, end)))


def breadth(book, account, start, end):
    eligible = included(book, account, end)
    return len(eligible & {row.object for row in uses(book, account, start, end)}), len(eligible)


def never_used(book, account, start, end):
    used = {row.object for row in uses(book, account, start, end)}
    return len(included(book, account, end) - used), 0


# Tours


def toured(book, account, start, end):
    begun = known(acts(book, account, start, end, "Tour Started")) if account else []
    done = {(person(book, row), row.object) for row in toured_by(book, begun)}
    return len(done), len({(person(book, row), row.object) for row in begun})


def toured_by(book, begun):
    return [
        row
        for row in begun
        if any(
            (end_.person, end_.object, end_.name) == (row.person, row.object, "Tour Completed")
            and not end_.machine
            and row.day <= end_.day <= row.day + timedelta(7)
            for end_ in book.activity
        )
    ]


# Goals


def reached(book, account, start, end, goal=""):
    wanted = {g.id for g in book.goals if goal in ("", g.code)}
    return [s for s in visits(book, account, start, end) if wanted & set(s.goals)]


def goals(book, account, start, end, goal=""):
    return len(reached(book, account, start, end, goal)), len(visits(book, account, start, end))


def goals_by_people(book, account, start, end, goal=""):
    found = persons(book, reached(book, account, start, end, goal))
    return len(found), len(persons(book, visits(book, account, start, end)))


# Mails


def delivered(book, account, start, end):
    found = [m for m in book.of(book.deliveries, account) if m.delivered_at]
    return [m for m in found if book.is_in(m.delivered_at, start, end)]


def within(book, mail, moment, days, end):
    """So many days after the delivery, by the day on which they are over."""
    at = getattr(mail, moment)
    latest = book.end_of(end + timedelta(days))
    return bool(at) and at <= mail.delivered_at + timedelta(days) and at < latest


def share_of_mails(moment, days=3):
    def sums(book, account, start, end):
        found = delivered(book, account, start, end)
        return sum(within(book, mail, moment, days, end) for mail in found), len(found)

    return sums


def opened_by_people(book, account, start, end):
    found = delivered(book, account, start, end)
    opened = [m for m in found if within(book, m, "opened_at", 3, end)]
    by_machine = [m for m in found if m not in opened and within(book, m, "opened_by_machine_at", 3, end)]
    return len(opened), len(found) - len(by_machine)


def clicked_of_opened(book, account, start, end):
    found = delivered(book, account, start, end)
    clicked = [m for m in found if within(book, m, "clicked_at", 3, end)]
    opened = [m for m in found if within(book, m, "opened_at", 3, end)]
    return len(clicked), len({m.id for m in [*clicked, *opened]})


def did_what_was_wanted(book, mail):
    goal = goal_of(book, mail.campaign)
    return goal is not None and any(
        row.person == mail.person
        and not row.machine
        and mail.clicked_at <= row.last_at <= mail.clicked_at + timedelta(7)
        and is_for(goal, row)
        for row in book.activity
    )


def goal_of(book, code):
    campaign = next((c for c in book.campaigns if c.code == code), None)
    return next((g for g in book.goals if campaign and g.id == campaign.goal_id), None)


def is_for(goal, row):
    return row.name == goal.target if goal.kind == "event" else is_view(row, goal.target)


def is_view(row, page):
    return row.name in {"Page", "Screen"} and row.object == page


def converted(book, account, start, end):
    found = delivered(book, account, start, end)
    clicked = [m for m in found if within(book, m, "clicked_at", 7, end)]
    return sum(did_what_was_wanted(book, mail) for mail in clicked), len(found)


def by_the_end(book, moment, end):
    return bool(moment) and moment < book.end_of(end)


def unsubscribed(book, account, start, end):
    found = delivered(book, account, start, end)
    return sum(by_the_end(book, mail.unsubscribed_at, end) for mail in found), len(found)


def bounced(book, account, start, end):
    sent = [(m.sent_at or m.delivered_at or m.bounced_at, m) for m in book.of(book.deliveries, account)]
    found = [mail for at, mail in sent if at and book.is_in(at, start, end)]
    return sum(by_the_end(book, mail.bounced_at, end) for mail in found), len(found)


# Campaigns

PASSIVE = {
    "Email Sent",
    "Email Delivered",
    "Email Opened",
    "Email Bounced",
    "Email Marked as Spam",
    "Unsubscribed",
}


def of_campaign(number):
    def sums(book, account, start, end, campaign=""):
        """Whom it brought to its goal, out of all that it reached, who have no account."""
        goal = goal_of(book, campaign)
        if goal is None:
            return 0, 0
        did = acts(book, account, start, end)
        reached = [(who(book, row), row.day) for row in did if is_for(goal, row)]
        brought = {
            who(book, row)
            for row in did
            if row.campaign == campaign and row.name not in PASSIVE
            if any(one == who(book, row) and day >= row.day for one, day in reached)
        }
        pk = next(c.id for c in book.campaigns if c.code == campaign)
        days = [d for d in book.campaign_days if d.campaign_id == pk and start < d.day <= end]
        return len(brought), 0 if account else sum(getattr(day, number) for day in days)

    return sums


# Subscribers


def subscribers(book, account, day):
    accounts = {contact.id: book.owners[contact.account_id] for contact in book.contacts}
    found = [
        c
        for c in book.consents
        if accounts[c.contact_id] == account
        and c.purpose == "marketing"
        and c.given_at < book.end_of(day)
        and not (c.withdrawn_at and c.withdrawn_at < book.end_of(day))
    ]
    return persons(book, found)


def list_churn(book, account, start, end):
    before = subscribers(book, account, start)
    return len(before - subscribers(book, account, end)), len(before)


# Posts, events and resources


def who(book, row):
    return person(book, row) or row.person


def at_events(book, account, start, end, name):
    held = {c.code for c in book.campaigns if c.kind == "event" and start < c.starts <= end}
    rows = acts(book, account, end - LONG_AGO, end, name)
    return {(who(book, row), row.object) for row in rows if row.object in held}


def registered(book, *asked):
    return at_events(book, *asked, "Event Registered")


def attended(book, *asked):
    return at_events(book, *asked, "Event Attended")


def attendance(book, *asked):
    return len(registered(book, *asked) & attended(book, *asked)), len(registered(book, *asked))


def ratings(book, account, start, end):
    rows = [r for r in acts(book, account, start, end, "Resource Rated") if r.last_value is not None]
    latest = {(who(book, r), r.object): r for r in sorted(rows, key=lambda r: (r.last_at, r.id))}
    return sum((Decimal(r.last_value) for r in latest.values()), Decimal(0)), len(latest)


def useful(book, account, start, end):
    viewed = known(acts(book, account, start, end, "Resource Viewed")) if account else []
    rated = known(acts(book, account, start, end + timedelta(1), "Resource Rated")) if account else []
    pleased = {(person(book, r), r.object) for r in rated if r.last_value and r.last_value >= 4}
    asked = {(person(book, v), v.object) for v in viewed if asked_after(book, v)}
    pairs = {(person(book, v), v.object) for v in viewed}
    return len(pairs - (asked - pleased)), len(pairs)


def asked_after(book, view):
    topic = next((r.topic for r in book.resources if r.code == view.object), "")
    return any(
        person(book, SimpleTicket(ticket)) == person(book, view)
        and view.last_at <= ticket.opened_at < view.last_at + timedelta(1)
        and (not topic or book.skus.get(ticket.product_id) == topic)
        for ticket in book.tickets
        if ticket.requester_id
    )


class SimpleTicket:
    """Of whoever asked."""

    def __init__(self, ticket):
        self.contact_id = ticket.requester_id


def counted(*names):
    return plain(lambda *asked: times(acts(*asked, *names)))


REACHING = {
    "new_customer_usage_retention": still_using,
    "tour_completion_rate": toured,
    "feature_adoption_rate": adopted,
    "feature_breadth": breadth,
    "features_never_used": never_used,
    "goal_conversion_rate": goals,
    "goal_conversion_rate_people": goals_by_people,
    "campaign_conversion_rate": of_campaign("reach"),
    "campaign_conversion_rate_by_clicks": of_campaign("clicks"),
    "email_open_rate": share_of_mails("opened_at"),
    "email_click_rate": share_of_mails("clicked_at"),
    "email_open_rate_people": opened_by_people,
    "email_click_to_open_rate": clicked_of_opened,
    "email_conversion_rate": converted,
    "email_reply_rate": share_of_mails("replied_at", 14),
    "email_unsubscribe_rate": unsubscribed,
    "email_bounce_rate": bounced,
    "subscribers": plain(lambda book, account, start, end: len(subscribers(book, account, end))),
    "list_churn_rate": list_churn,
    "social_likes": counted("Post Liked"),
    "social_shares": counted("Post Shared"),
    "social_comments": counted("Post Commented"),
    "social_clicks": counted("Post Clicked"),
    "event_registrations": plain(lambda *asked: len(registered(*asked))),
    "event_attendance": plain(lambda *asked: len(attended(*asked))),
    "event_walk_ins": plain(lambda *asked: len(attended(*asked) - registered(*asked))),
    "event_attendance_rate": attendance,
    "event_interactions": counted("Event Interacted"),
    "resource_views": counted("Resource Viewed"),
    "resource_rating": ratings,
    "resource_usefulness": useful,
}
OF_ACCOUNTS_ONLY = {
    "new_customer_usage_retention",
    "tour_completion_rate",
    "feature_adoption_rate",
    "feature_breadth",
    "features_never_used",
    "goal_conversion_rate_people",
    "subscribers",
    "list_churn_rate",
    "resource_usefulness",
}
REACHED_WITHOUT_ACCOUNT = REACHING.keys() - OF_ACCOUNTS_ONLY
