"""The page on which a book changes hands, and the way that leads there."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import Account, AccountChange, Job, Organisation
from accounts.tasks import undo_imports
from tests import factories

pytestmark = pytest.mark.django_db

PAGE = "/handover/"


@pytest.fixture
def manager(bob):
    bob.groups.add(Group.objects.get(name="CS manager"))
    return bob


@pytest.fixture
def book(alice):
    """Alice leaves."""
    segments = ("smb", "smb", "enterprise")
    return [factories.account(f"Customer {n}", owner=alice, segment=name) for n, name in enumerate(segments)]


def today():
    return Organisation.current().today(timezone.now())


def owners():
    return [account.owner for account in Account.objects.order_by("name").select_related("owner")]


def handed(client, query, accounts=3, **said):
    address = client.get(PAGE, query).wsgi_request.get_full_path()
    return client.post(address, {"accounts": accounts, "reason": "moves on"} | said)


def test_page_says_what_somebody_has(sign_in, manager, alice, book):
    factories.ticket(book[0], [("opened", "2026-01-05 10:00")], assignee=alice)

    response = sign_in(manager).get(PAGE, {"from": alice.pk})

    remains = response.context["remains"]
    assert (remains.accounts, remains.tickets, remains.teams) == (3, 1, ["North"])
    assert not Job.objects.exists()


def test_page_says_who_would_get_what(sign_in, manager, alice, charlie, book):
    factories.ticket(book[0], [("opened", "2026-01-05 10:00")], assignee=alice)
    factories.ticket(None, [("opened", "2026-01-05 10:00")], assignee=alice)
    soon = today().replace(day=1)
    factories.term(book[1], soon.replace(year=soon.year - 1), today())

    response = sign_in(manager).get(PAGE, {"from": alice.pk, "to": [manager.pk, charlie.pk]})

    shares = {share.to: (share.accounts, share.tickets, share.terms) for share in response.context["shares"]}
    assert shares == {manager: (2, 1, 0), charlie: (1, 0, 1)}
    assert response.context["book"].other_tickets == 1
    assert set(owners()) == {alice}


def test_book_is_handed_over_evenly_with_its_reason_and_can_be_undone(sign_in, manager, alice, charlie, book):
    client = sign_in(manager)

    answer = handed(client, {"from": alice.pk, "to": [manager.pk, charlie.pk]})

    assert answer["Location"] == "/runs/"
    assert owners() == [manager, charlie, manager]
    job = Job.objects.get(kind="handover")
    page = client.get("/runs/").content.decode()
    assert "Alice → Bob, Charlie · moves on" in page
    assert f"/runs/{job.pk}/undo/" in page

    client.post(f"/runs/{job.pk}/undo/")
    undo_imports()

    assert set(owners()) == {alice}


def test_book_is_divided_by_hand(sign_in, manager, alice, charlie, book):
    query = {"from": alice.pk, "to": [manager.pk, charlie.pk], "how": "hand"}
    said = {f"to-{book[0].pk}": charlie.pk, f"to-{book[1].pk}": charlie.pk, f"to-{book[2].pk}": ""}

    handed(sign_in(manager), query, **said)

    assert owners() == [charlie, charlie, alice]


def test_by_hand_nobody_else_can_be_named(sign_in, manager, alice, charlie, book):
    query = {"from": alice.pk, "to": manager.pk, "how": "hand"}

    assert handed(sign_in(manager), query, **{f"to-{book[0].pk}": charlie.pk}).status_code == 400
    assert handed(sign_in(manager), query).status_code == 400
    assert set(owners()) == {alice}


def test_part_of_a_book_is_handed_over(sign_in, manager, alice, charlie, book):
    query = {"from": alice.pk, "to": charlie.pk, "segment": "smb"}

    assert sign_in(manager).get(PAGE, query).context["stays"] == 1
    handed(sign_in(manager), query, accounts=2)

    assert owners() == [charlie, charlie, alice]


def test_a_day_ahead_is_kept_for_that_day(sign_in, manager, alice, charlie, book):
    day = today().replace(year=2099)
    query = {"from": alice.pk, "to": charlie.pk, "day": day.isoformat()}

    handed(sign_in(manager), query)

    assert set(owners()) == {alice}
    assert AccountChange.objects.filter(field="owner", from_day=day, value=str(charlie.pk)).count() == 3


def test_nothing_is_done_when_the_book_changed_since_one_looked(sign_in, manager, alice, charlie, book):
    answer = handed(sign_in(manager), {"from": alice.pk, "to": charlie.pk}, accounts=2)

    assert answer.status_code == 409
    assert set(owners()) == {alice}


def test_who_hands_over_is_not_offered_what_they_have(sign_in, manager, alice, charlie, book):
    form = sign_in(manager).get(PAGE, {"from": alice.pk}).context["form"]

    for name in ("to", "others"):
        assert set(form.fields[name].queryset) == {manager, charlie}


@pytest.mark.parametrize("wrong", ["nobody", "herself", "inactive", "filter", "day"])
def test_what_cannot_be_is_refused(sign_in, manager, alice, charlie, book, wrong):
    charlie.is_active = wrong != "inactive"
    charlie.save()
    query = {"from": alice.pk, "to": charlie.pk} | {
        "nobody": {"from": 0},
        "herself": {"to": alice.pk},
        "inactive": {},
        "filter": {"segmnt": "smb"},
        "day": {"day": "soon"},
    }[wrong]

    assert sign_in(manager).get(PAGE, query).status_code == 400


def test_a_reason_is_asked_for(sign_in, manager, alice, charlie, book):
    assert handed(sign_in(manager), {"from": alice.pk, "to": charlie.pk}, reason="").status_code == 400
    assert set(owners()) == {alice}


def test_who_does_not_see_and_change_every_account_hands_over_none(sign_in, alice, charlie, book):
    client = sign_in(alice)
    alice.groups.add(Group.objects.get(name="CSM"))
    assert client.get(PAGE, {"from": alice.pk}).status_code == 403
    alice.groups.set([Group.objects.get(name="Executive")])

    assert handed(client, {"from": alice.pk, "to": charlie.pk}).status_code == 403
    assert set(owners()) == {alice}


def test_preview_costs_the_same_for_one_and_three(
    sign_in, manager, alice, charlie, django_assert_num_queries
):
    client, query = sign_in(manager), {"from": alice.pk, "to": charlie.pk, "how": "hand"}
    factories.account(owner=alice)
    client.get(PAGE, query)

    with django_assert_num_queries(24):
        client.get(PAGE, query)
    factories.accounts(2, owner=alice)
    with django_assert_num_queries(24):
        client.get(PAGE, query)
