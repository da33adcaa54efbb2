"""The pages on which two become one, and two again."""

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts import duplicates
from accounts.merges import merge_accounts, merge_contacts
from accounts.models import Account, AccountKey, AccountPair, Contact, ContactPair, Job
from metrics.models import CurrentValue, Definition
from tests import factories

pytestmark = pytest.mark.django_db


def as_csm(user):
    user.groups.add(Group.objects.get(name="CSM"))
    return user


@pytest.fixture
def alice(alice):
    return as_csm(alice)


@pytest.fixture
def charlie(charlie):
    return as_csm(charlie)


@pytest.fixture
def pair(alice, team):
    """Two of Alice's, alike, with keys and facts."""
    first = factories.account("Najm Logistics", owner=alice, team=team, stage="live")
    second = factories.account("Najm Logistics LLC", owner=alice, team=team, stage="lead", industry="Freight")
    AccountKey.objects.create(account=second, source="stripe", value="cus_1")
    for day in ("2026-01-01", "2026-02-01"):
        factories.payment(second, 5, day)
    duplicates.search(timezone.now())
    return first, second


@pytest.fixture
def people(alice):
    account = factories.account("Najm", owner=alice)
    first, second = (
        Contact.objects.create(account=account, name="Sara Ahmad", phone=p) for p in ("", "0551234567")
    )
    factories.ticket(account, opened="2026-01-01 10:00", requester=second)
    duplicates.search(timezone.now())
    return first, second


def page(client, address, **query):
    response = client.get(address, query)
    return response, response.content.decode()


# The list


def test_a_pair_stands_side_by_side_with_what_each_has(sign_in, alice, pair):
    CurrentValue.objects.create(
        account=pair[1],
        definition=Definition.objects.create(key="mrr"),
        numerator=70,
        denominator=0,
        value=70,
    )

    response, text = page(sign_in(alice), "/duplicates/")

    (listed,) = response.context["listed"]
    assert [side.row for side in listed["sides"]] == list(pair)
    assert [side.counts for side in listed["sides"]] == [[], [("Payments", 2)]]
    assert [side.mrr for side in listed["sides"]] == [None, 70]
    assert "alike by name" in text
    assert "cus_1" in text
    assert f'href="/accounts/{pair[0].pk}/merge/?loser={pair[1].pk}"' in text


def test_what_was_merged_into_a_side_counts_for_it(sign_in, alice, pair):
    other = factories.account("Rakaez")
    factories.payment(other, 5, "2026-01-01")
    merge_accounts(other, pair[1], by=None)

    response, _text = page(sign_in(alice), "/duplicates/")

    assert response.context["listed"][0]["sides"][1].counts == [("Payments", 3)]


def test_only_pairs_of_which_one_sees_both_are_listed(sign_in, alice, charlie, pair):
    Account.objects.filter(pk=pair[1].pk).update(owner=charlie, team=None)

    for user in (alice, charlie):
        response, text = page(sign_in(user), "/duplicates/")
        assert response.context["listed"] == []
        assert "No duplicates" in text


@pytest.mark.parametrize("of", ["accounts", "contacts"])
def test_duplicates_cost_the_same_for_one_pair_and_three(
    sign_in, administrator, of, django_assert_num_queries
):
    client = sign_in(administrator)
    queries = {"accounts": 17, "contacts": 8}[of]
    for number in range(3):
        account = factories.account(f"{number * 7919:x}" * 3)
        factories.account(account.name)
        for _time in range(2):
            Contact.objects.create(account=account, name="Sara Ahmad")
    duplicates.search(timezone.now())
    pairs = {"accounts": AccountPair, "contacts": ContactPair}[of].objects
    kept = pairs.first()
    client.get("/duplicates/")

    with django_assert_num_queries(queries):
        assert len(client.get("/duplicates/", {"of": of}).context["listed"]) == 3
    pairs.exclude(pk=kept.pk).delete()
    with django_assert_num_queries(queries):
        assert len(client.get("/duplicates/", {"of": of}).context["listed"]) == 1


def test_before_the_first_search_nobody_says_that_there_are_none(sign_in, alice):
    text = page(sign_in(alice), "/duplicates/")[1]

    assert "Nobody has looked yet" in text
    assert "No duplicates" not in text


def test_what_is_no_duplicate_is_not_proposed_again(sign_in, alice, pair):
    client = sign_in(alice)

    client.post("/duplicates/", {"action": "dismiss", "of": "accounts", "pair": AccountPair.objects.get().pk})

    assert AccountPair.objects.get().dismissed_by == alice
    assert client.get("/duplicates/").context["listed"] == []


@pytest.mark.parametrize("given", ["", "none", "0"])
def test_a_pair_that_there_is_not_is_not_found(sign_in, alice, pair, given):
    assert sign_in(alice).post("/duplicates/", {"action": "dismiss", "pair": given}).status_code == 404


def test_a_stranger_says_nothing_of_others_pairs(sign_in, charlie, pair):
    given = {"action": "dismiss", "of": "accounts", "pair": AccountPair.objects.get().pk}

    assert sign_in(charlie).post("/duplicates/", given).status_code == 404
    assert AccountPair.objects.get().dismissed_at is None


def test_who_may_not_change_accounts_is_offered_nothing(sign_in, bob, pair):
    client = sign_in(bob)
    _response, text = page(client, "/duplicates/")

    assert "Najm Logistics LLC" in text
    assert "Keep this one" not in text
    assert client.post("/duplicates/", {"action": "search"}).status_code == 403
    assert client.get(f"/accounts/{pair[0].pk}/merge/").status_code == 403


def test_a_search_can_be_begun(sign_in, alice, pair, django_capture_on_commit_callbacks):
    AccountPair.objects.all().delete()
    with django_capture_on_commit_callbacks() as begun:
        answer = sign_in(alice).post("/duplicates/", {"action": "search"})

    assert answer["Location"] == "/duplicates/?of=accounts"
    assert len(begun) == 1


def test_an_address_that_cannot_be_read_is_said(sign_in, alice):
    response, text = page(sign_in(alice), "/duplicates/", of="orders")

    assert response.status_code == 400
    assert "This address cannot be read" in text


# Merging


def test_the_fields_that_differ_are_offered_with_gaps_filled(sign_in, alice, pair):
    response, text = page(sign_in(alice), f"/accounts/{pair[0].pk}/merge/", loser=pair[1].pk)

    told = {
        one.name: (one.kept, one.other, one.is_gap, one.is_dated) for one in response.context["differences"]
    }
    assert told == {
        "name": ("Najm Logistics", "Najm Logistics LLC", False, False),
        "industry": ("", "Freight", True, False),
        "stage": ("Live", "Lead", False, True),
    }
    assert 'name="industry" aria-describedby="field-industry" value="other" checked' in text
    assert 'name="stage" aria-describedby="field-stage" value="kept" checked' in text


def test_accounts_are_merged_with_what_was_chosen(sign_in, alice, pair):
    chosen = {"name": "other", "industry": "other", "stage": "kept"}

    answer = sign_in(alice).post(f"/accounts/{pair[0].pk}/merge/?loser={pair[1].pk}", chosen)

    survivor, loser = Account.objects.order_by("pk")
    assert answer["Location"] == f"/accounts/{survivor.pk}/"
    assert (survivor.name, survivor.industry, survivor.stage) == ("Najm Logistics LLC", "Freight", "live")
    assert loser.merged_into == survivor
    assert Job.objects.get(kind="merge.accounts").created_by == alice


@pytest.mark.parametrize("chosen", [{}, {"name": "both", "industry": "kept", "stage": "kept"}])
def test_a_choice_that_there_is_not_merges_nothing(sign_in, alice, pair, chosen):
    answer = sign_in(alice).post(f"/accounts/{pair[0].pk}/merge/?loser={pair[1].pk}", chosen)

    assert answer.status_code == 400
    assert not Account.objects.exclude(merged_into=None).exists()


@pytest.mark.parametrize("other", ["itself", "a stranger's", "merged"])
def test_an_account_is_not_merged_with(sign_in, alice, charlie, pair, other):
    first, second = pair
    foreign = factories.account("Star", owner=charlie)
    came_merged = factories.account("Moon", owner=alice, merged_into=second)
    loser = {"itself": first, "a stranger's": foreign, "merged": came_merged}[other]

    assert sign_in(alice).get(f"/accounts/{first.pk}/merge/", {"loser": loser.pk}).status_code == 404


def test_a_stranger_merges_nothing(sign_in, charlie, pair, people):
    client = sign_in(charlie)

    for address in (f"/accounts/{pair[0].pk}/merge/", f"/contacts/{people[0].pk}/merge/"):
        assert client.get(address).status_code == 404
        assert client.post(f"{address}?loser={pair[1].pk}").status_code == 404


def test_an_account_to_merge_is_searched_by_name(sign_in, alice, pair):
    factories.account("Rakaez", owner=alice)
    client = sign_in(alice)

    assert client.get(f"/accounts/{pair[0].pk}/merge/").context["found"] == []
    response, text = page(client, f"/accounts/{pair[0].pk}/merge/", q="najm")

    assert response.context["found"] == [pair[1]]
    assert f'href="?loser={pair[1].pk}"' in text


def test_contacts_are_merged_with_those_of_their_account(sign_in, alice, people):
    first, second = people
    elsewhere = Contact.objects.create(account=factories.account("Star", owner=alice), name="Sara")
    client = sign_in(alice)

    offered = client.get(f"/contacts/{first.pk}/merge/").context["found"]
    refused = client.get(f"/contacts/{first.pk}/merge/", {"loser": elsewhere.pk})
    answer = client.post(f"/contacts/{first.pk}/merge/?loser={second.pk}", {"phone": "other"})

    assert offered == [second]
    assert refused.status_code == 404
    assert answer["Location"] == f"/accounts/{first.account_id}/"
    first.refresh_from_db()
    assert (first.phone, first.tickets.count()) == ("0551234567", 1)
    assert client.get("/duplicates/?of=contacts").context["listed"] == []


def test_a_merged_contact_is_listed_once_on_the_page_of_the_account(sign_in, alice, people):
    first, second = people
    merge_contacts(second, first, by=None)

    rows = sign_in(alice).get(f"/accounts/{first.account_id}/").context["panels"]["contacts"]["rows"]

    assert rows == [first]


# Undoing


@pytest.fixture
def merge(alice, pair):
    return merge_accounts(pair[1], pair[0], by=alice, taking=["industry"])


def test_the_account_says_what_was_merged_and_offers_to_undo_it(sign_in, alice, pair, merge):
    _response, text = page(sign_in(alice), f"/accounts/{pair[0].pk}/")

    assert "Najm Logistics LLC" in text
    assert f'href="/merges/{merge.pk}/undo/"' in text


def test_merges_are_listed_with_their_undo(sign_in, alice, charlie, merge, people):
    merge_contacts(people[1], people[0], by=alice)
    client = sign_in(alice)

    listed = client.get("/duplicates/?of=merges").context["listed"]

    assert [(str(one["loser"]), one["job"].created_by, one["undo"]) for one in listed] == [
        ("Sara Ahmad", alice, None),
        ("Najm Logistics LLC", alice, None),
    ]
    client.post(f"/merges/{merge.pk}/undo/")
    _response, text = page(client, "/duplicates/", of="merges")
    assert "Undone" in text
    assert sign_in(charlie).get("/duplicates/?of=merges").context["listed"] == []


def test_a_merge_is_undone_and_what_stays_is_said(sign_in, alice, pair, merge):
    Account.objects.filter(pk=pair[0].pk).update(industry="Rail")

    response = sign_in(alice).post(f"/merges/{merge.pk}/undo/", follow=True)

    assert response.redirect_chain == [(f"/accounts/{pair[1].pk}/", 302)]
    text = response.content.decode()
    assert "stands by itself again" in text
    assert "industry was changed in between and stays as it is." in text
    assert AccountKey.objects.get().account == pair[1]


def test_what_was_entered_since_is_shown_before_the_undo(sign_in, alice, pair, merge):
    Job.objects.filter(pk=merge.pk).update(created_at=factories.at("2026-01-01"))

    response, text = page(sign_in(alice), f"/merges/{merge.pk}/undo/")

    assert response.context["since"] == []
    factories.payment(pair[0], 5, "2026-01-01")
    response, text = page(sign_in(alice), f"/merges/{merge.pk}/undo/")
    assert response.context["since"] == [("Payments", 1)]
    assert "Entered since" in text


def test_a_merge_is_not_undone_twice(sign_in, alice, merge):
    client = sign_in(alice)
    client.post(f"/merges/{merge.pk}/undo/")

    answer = client.post(f"/merges/{merge.pk}/undo/")

    assert answer.status_code == 409
    assert "This merge was undone before." in answer.content.decode()


def test_only_who_sees_both_and_may_change_them_undoes(sign_in, bob, charlie, pair, merge):
    address = f"/merges/{merge.pk}/undo/"

    assert sign_in(charlie).post(address).status_code == 404
    assert sign_in(bob).post(address).status_code == 403
    Account.objects.filter(pk=pair[1].pk).update(owner=charlie, team=None)
    assert sign_in(as_csm(bob)).post(address).status_code == 404
    assert Account.objects.exclude(merged_into=None).count() == 1


def test_no_other_job_is_a_merge(sign_in, administrator):
    job = Job.objects.create(kind="import")

    assert sign_in(administrator).get(f"/merges/{job.pk}/undo/").status_code == 404


def test_merges_are_not_among_the_runs(sign_in, administrator, merge):
    jobs = sign_in(administrator).get("/runs/").context["jobs"]

    assert {run.job.kind for run in jobs} == {duplicates.KIND}


def test_the_pages_are_there_in_arabic(sign_in, alice, pair, people, merge):
    alice.language = "ar"
    alice.save()
    client = sign_in(alice)

    for address in (
        "/duplicates/",
        "/duplicates/?of=contacts",
        "/duplicates/?of=merges",
        f"/contacts/{people[0].pk}/merge/",
        f"/contacts/{people[0].pk}/merge/?loser={people[1].pk}",
        f"/merges/{merge.pk}/undo/",
    ):
        response, text = page(client, address)
        assert response.status_code == 200
        assert 'dir="rtl"' in text
