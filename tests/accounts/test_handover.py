"""A book changes hands: accounts, tickets, and what is said of the rest."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import actions, handover
from accounts.imports import undo
from accounts.merges import merge_accounts
from accounts.models import Account, AccountChange, ApiToken, AuditEntry, Job, Team, Ticket
from tests import factories

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
TODAY = date(2026, 3, 15)


def handed(leaver, shares, **more):
    """The job, which must be done."""
    said = {"others": None, "day": TODAY, "today": TODAY, "reason": "moves on", "by": None} | more
    job = handover.begin(leaver, shares, **said)
    actions.work_on(job, clock=lambda: NOW)
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    return job


def owners():
    return {account.name: account.owner for account in Account.objects.select_related("owner")}


def ticket(assignee, account=None, *log, **fields):
    entries = [("opened", "2026-03-01 10:00"), *log]
    return factories.ticket(account, entries, assignee=assignee, **fields)


def assignee_of(ticket):
    ticket.refresh_from_db()
    return ticket.assignee


@pytest.fixture
def book(alice):
    return [factories.account(f"Customer {number}", owner=alice) for number in (1, 2, 3)]


def test_accounts_are_dealt_in_turn():
    assert handover.dealt([1, 2, 3], [8, 9]) == {1: 8, 2: 9, 3: 8}
    assert handover.dealt([1], []) == {}


def test_accounts_go_where_they_were_said_to_go_dated_and_with_the_reason(alice, bob, charlie, book):
    first, second, third = book

    job = handed(alice, {first.pk: bob.pk, second.pk: charlie.pk}, by=bob)

    assert owners() == {"Customer 1": bob, "Customer 2": charlie, "Customer 3": alice}
    assert AccountChange.objects.get(account=first, from_day=TODAY).value == str(bob.pk)
    assert (job.parameters["reason"], job.parameters["said"]) == ("moves on", "Alice → Bob, Charlie")
    assert job.result == {"changed": 2, "unchanged": 0}
    assert {entry.actor for entry in AuditEntry.objects.filter(job=job)} == {bob}
    assert handover.remains(alice).accounts == 1


def test_open_tickets_go_with_their_account_and_the_others_to_one(alice, bob, charlie, book):
    hers = ticket(alice, book[0])
    elsewhere = ticket(alice, factories.account("Elsewhere", owner=charlie))
    nobodys = ticket(alice)

    handed(alice, {book[0].pk: bob.pk}, others=charlie)

    assert [assignee_of(one) for one in (hers, elsewhere, nobodys)] == [bob, charlie, charlie]


def test_what_is_done_or_is_no_request_stays_with_whoever_did_it(alice, bob, book):
    resolved = ticket(alice, book[0], ("resolved", "2026-03-02 10:00"))
    reopened = ticket(alice, book[0], ("resolved", "2026-03-02 10:00"), ("reopened", "2026-03-03 10:00"))
    spam = ticket(alice, book[0], spam=True)
    part = ticket(alice, book[0], merged_into=reopened)
    silent = Ticket.objects.create(account=book[0], opened_at=NOW, assignee=alice)

    handed(alice, {book[0].pk: bob.pk}, others=bob)

    stays = [assignee_of(one) for one in (resolved, spam, part)]
    assert stays == [alice, alice, alice]
    assert [assignee_of(one) for one in (reopened, silent)] == [bob, bob]


def test_tickets_without_somebody_for_them_stay_and_are_said(alice, bob, book):
    nobodys = ticket(alice)

    handed(alice, {account.pk: bob.pk for account in book})

    assert assignee_of(nobodys) == alice
    assert (handover.remains(alice).accounts, handover.remains(alice).tickets) == (0, 1)


def test_a_day_ahead_leaves_accounts_and_tickets_until_then(alice, bob, book):
    hers = ticket(alice, book[0])
    tomorrow = TODAY + timedelta(days=1)

    handed(alice, {book[0].pk: bob.pk}, others=bob, day=tomorrow)

    assert owners()["Customer 1"] == alice
    assert AccountChange.objects.get(account=book[0], from_day=tomorrow).value == str(bob.pk)
    assert assignee_of(hers) == alice


def test_losers_of_merges_follow_their_survivor(alice, bob, charlie, book):
    first, second, third = book
    follows, stays = factories.account("Follows", owner=alice), factories.account("Stays", owner=alice)
    charlies = factories.account("Charlie's", owner=charlie)
    lost = factories.account("Lost", owner=alice)
    for loser, survivor in ((follows, first), (stays, third), (lost, charlies)):
        merge_accounts(loser, survivor, by=None)

    handed(alice, {first.pk: bob.pk, second.pk: bob.pk})

    assert [owners()[name] for name in ("Follows", "Stays", "Lost")] == [bob, alice, charlie]


def test_accounts_that_are_not_theirs_are_not_given_away(alice, bob, charlie):
    charlies = factories.account("Charlie's", owner=charlie)

    handed(alice, {charlies.pk: bob.pk})

    assert owners() == {"Charlie's": charlie}


def test_what_remains_is_told(alice, team):
    ApiToken.objects.create(user=alice, name="Warehouse", scopes=["read"], digest="1")
    alice.teams.add(Team.objects.create(name="South"))

    left = handover.remains(alice)

    assert (left.teams, left.tokens, left.owned) == (["North", "South"], ["Warehouse"], [])
    assert left.is_nothing


def test_locks_are_taken_in_the_order_of_imports(alice, bob, book):
    ticket(alice, book[0])

    with CaptureQueriesContext(connection) as queries:
        handed(alice, {account.pk: bob.pk for account in book})

    locks = [query["sql"] for query in queries if "pg_advisory_xact_lock" in query["sql"]]
    assert [table for sql in locks for table in ("accounts_ticket", "accounts_account") if table in sql] == [
        "accounts_ticket",
        "accounts_account",
    ]


def test_undo_gives_everything_back(alice, bob, book):
    hers = ticket(alice, book[0])
    job = handed(alice, {account.pk: bob.pk for account in book})
    assert set(owners().values()) == {bob}

    begun = undo.begin(job, by=None, now=NOW)
    undo.work_on(begun)

    assert set(owners().values()) == {alice}
    assert assignee_of(hers) == alice
    assert not AccountChange.objects.filter(from_day=TODAY).exists()
