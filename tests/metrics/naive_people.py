"""Who is one person at several accounts, put together two by two; and what these people did."""

from datetime import date
from itertools import combinations

from tests.metrics.naive_engagement import active, acts, known, person
from tests.metrics.naive_reaching import included, toured_by, uses


def same_people(book):
    """Of each contact a set of all that are the same person."""
    groups = {contact.id: {contact.id} for contact in book.contacts}
    unmerged = [contact for contact in book.contacts if contact.merged_into_id is None]
    for one, other in combinations(unmerged, 2):
        if book.owners[one.account_id] != book.owners[other.account_id] and (
            is_same_address(one, other) or have_same_id(book, one, other)
        ):
            groups[one.id] |= groups[other.id]
            for contact in groups[one.id]:
                groups[contact] = groups[one.id]
    return groups


def is_same_address(one, other):
    return bool(one.email) and one.email.lower() == other.email.lower()


def have_same_id(book, one, other):
    return any(
        (mine.source, mine.value) == (theirs.source, theirs.value) and overlap(mine, theirs)
        for mine in ids(book, one)
        for theirs in ids(book, other)
    )


def ids(book, contact):
    return [i for i in book.identities if person(book, i) == contact.id and i.kind == "user" and i.verified]


def overlap(one, other):
    since = max(one.since or date.min, other.since or date.min)
    return since < min(one.until or date.max, other.until or date.max)


def everybody(book, accounts):
    groups = same_people(book)
    return lambda row: min(groups[person(book, row)])


def active_once(book, accounts, start, end):
    who = everybody(book, accounts)
    return len({who(row) for a in accounts for row in known(active(book, a, start, end))}), 0


def adopted_once(book, accounts, start, end):
    who, used, could = everybody(book, accounts), set(), set()
    for account in accounts:
        eligible = included(book, account, end)
        of_feature = known(uses(book, account, start, end))
        used |= {(row.object, who(row)) for row in of_feature if row.object in eligible}
        could |= {(code, who(row)) for code in eligible for row in known(active(book, account, start, end))}
    return min(len(used), len(could)), len(could)


def toured_once(book, accounts, start, end):
    who, done, begun = everybody(book, accounts), set(), set()
    for account in filter(None, accounts):
        rows = known(acts(book, account, start, end, "Tour Started"))
        begun |= {(who(row), row.object) for row in rows}
        done |= {(who(row), row.object) for row in toured_by(book, rows)}
    return len(done), len(begun)


ONCE = {
    "daily_active_users": active_once,
    "weekly_active_users": active_once,
    "monthly_active_users": active_once,
    "feature_adoption_rate": adopted_once,
    "tour_completion_rate": toured_once,
}
