"""Two that are one: merged with all facts, by whom and what of whom, and parted again to the last column."""

from collections import defaultdict
from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts import resources
from accounts.intake.digests import digest
from accounts.merges import ACCOUNT_FIELDS, CONTACT_FIELDS, merge_accounts, merge_contacts, merged_into
from accounts.models import (
    Account,
    AccountChange,
    AccountKey,
    AuditEntry,
    Consent,
    Contact,
    Identity,
    Job,
    Ticket,
)
from accounts.models.rules import IN_A_CIRCLE
from accounts.services import change_account
from accounts.unmerging import NotUndoable, entered_since, told, undo_merge, undone, why_not
from tests import factories
from tests.accounts.undoing import contents, imported
from tests.accounts.undoing import undone as import_undone

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)
TODAY = NOW.date()


@pytest.fixture
def survivor():
    return factories.account("Najm Logistics", since="2026-01-01", stage="live", segment="SMB")


@pytest.fixture
def loser():
    account = factories.account("Najm LLC", since="2025-01-01", stage="onboarding", segment="Enterprise")
    AccountKey.objects.create(account=account, source="stripe", value="cus_1")
    return account


def merge(loser, survivor, **more):
    return merge_accounts(loser, survivor, by=more.pop("by", None), now=NOW, **more)


def parted(job, by=None):
    return undo_merge(job, by=by, now=NOW)


# Merging


def test_merge_points_all_earlier_losers_to_the_last_survivor(loser, survivor, alice):
    first = factories.account("Najm")

    merge(first, loser)
    merge(loser, survivor)

    assert set(Account.objects.filter(merged_into=survivor)) == {first, loser}
    assert AccountKey.objects.get().account == survivor


def test_merge_into_a_loser_goes_to_its_survivor(loser, survivor):
    other = factories.account("Najm")
    merge(loser, survivor)

    job = merge(other, loser)

    assert other.merged_into == survivor
    assert job.parameters["survivor"] == survivor.pk


def test_merge_in_a_circle_is_refused_and_leaves_no_job(loser, survivor):
    merge(loser, survivor)

    with pytest.raises(ValidationError):
        merge(survivor, loser)
    with pytest.raises(ValidationError):
        merge(survivor, survivor)
    assert Job.objects.count() == 1


def test_merge_is_put_down_to_who_did_it(loser, survivor, alice):
    job = merge(loser, survivor, by=alice)

    entry = AuditEntry.objects.filter(table="accounts_account", action="update").get()
    assert (entry.actor, entry.row, entry.after) == (alice, loser.pk, {"merged_into_id": survivor.pk})
    assert (job.created_by, job.state, entry.job) == (alice, Job.State.DONE, job)


def test_survivor_keeps_its_own_values_unless_others_are_chosen(loser, survivor):
    Account.objects.filter(pk=loser.pk).update(industry="Freight", country="SA")

    merge(loser, survivor, taking=["industry"])

    survivor.refresh_from_db()
    assert (survivor.name, survivor.industry, survivor.country) == ("Najm Logistics", "Freight", "")


def test_a_dated_value_is_taken_with_its_history(loser, survivor, alice):
    change_account(loser, by=alice, day=date(2026, 2, 1), now=NOW, segment="Strategic")

    merge(loser, survivor, taking=["segment"])

    survivor.refresh_from_db()
    assert (survivor.stage, survivor.segment) == ("live", "Strategic")
    history = survivor.changes.filter(field="segment").order_by("from_day")
    assert list(history.values_list("value", "from_day", "by")) == [
        ("Enterprise", date(2025, 1, 1), None),
        ("Strategic", date(2026, 2, 1), alice.pk),
    ]
    assert survivor.changes.filter(field="stage").get().value == "live"


def test_when_a_dated_value_was_learned_goes_with_it(loser, survivor):
    AccountChange.objects.filter(account=loser).update(recorded_at=factories.at("2025-01-02"))

    merge(loser, survivor, taking=["segment"])

    assert survivor.changes.get(field="segment").recorded_at == factories.at("2025-01-02")


def test_a_value_that_was_never_dated_is_taken_too(loser, survivor):
    Account.objects.filter(pk=loser.pk).update(tier="Gold")

    merge(loser, survivor, taking=["tier"])

    survivor.refresh_from_db()
    assert (survivor.tier, survivor.changes.filter(field="tier").exists()) == ("Gold", False)


def test_attributes_are_taken_one_by_one(loser, survivor):
    factories.attribute("seats", "whole")
    factories.attribute("city")
    change_account(
        survivor, by=None, day=TODAY, now=NOW, **{"attribute.seats": "5", "attribute.city": "Jeddah"}
    )
    change_account(loser, by=None, day=TODAY, now=NOW, **{"attribute.seats": "9", "attribute.city": "Riyadh"})

    merge(loser, survivor, taking=["attribute.seats"])

    survivor.refresh_from_db()
    assert survivor.attributes == {"seats": ["9"], "city": ["Jeddah"]}


def test_an_account_does_not_become_its_own_parent(loser, survivor):
    change_account(loser, by=None, day=TODAY, now=NOW, parent=survivor)

    merge(loser, survivor, taking=["parent"])

    survivor.refresh_from_db()
    assert survivor.parent is None
    assert survivor.changes.get(field="parent").value == ""


@pytest.mark.parametrize("name", ["recorded_at", "merged_into", "name_key"])
def test_what_is_no_value_is_not_taken(loser, survivor, name):
    with pytest.raises(ValueError, match=name):
        merge(loser, survivor, taking=[name])


def test_merged_tells_who_and_by_whom(loser, survivor, alice, django_assert_num_queries):
    first = factories.account("Najm")
    came_merged = factories.account("Najm Egypt", merged_into=survivor)
    earlier = merge(first, loser)
    job = merge(loser, survivor, by=alice)

    with django_assert_num_queries(2):
        told_of = [(one.loser, one.job) for one in merged_into(survivor)]

    assert told_of == [(came_merged, None), (first, earlier), (loser, job)]
    assert told_of[2][1].created_by == alice


# Parting


EVERYTHING = [*ACCOUNT_FIELDS, "segment", "stage", "tier", "parent", "attribute.seats"]
OTHERS = {
    "name": "Najm Holding",
    "industry": "Freight",
    "country": "SA",
    "website": "https://najm.sa",
    "acquired_channel": "fair",
    "acquired_campaign": "spring",
    "internal": True,
    "tags": ["VIP"],
}


# Children


@pytest.fixture
def child(loser):
    account = factories.account("Najm Egypt")
    change_account(account, by=None, day=date(2025, 6, 1), now=NOW, parent=loser)
    return account


def parents(account):
    account.refresh_from_db()
    return account.parent, list(account.changes.filter(field="parent").values_list("value", flat=True))


def test_children_go_to_the_survivor_and_come_back(loser, survivor, child):
    undated = Account.objects.create(name="Najm Iraq", parent=loser)
    change_account(survivor, by=None, day=date(2025, 1, 1), now=NOW, parent=loser)
    before = contents()

    job = merge(loser, survivor)

    assert parents(child) == (survivor, [str(survivor.pk)])
    assert parents(undated) == (survivor, [])
    assert parents(survivor) == (None, [""])
    parted(job)
    assert contents() == before


def test_a_parent_named_in_between_stays(loser, survivor, child):
    other = factories.account("Another")
    job = merge(loser, survivor)
    change_account(child, by=None, day=TODAY, now=NOW, parent=other)

    parted(job)

    assert parents(child) == (other, [str(loser.pk), str(other.pk)])


def test_a_survivor_that_would_stand_above_itself_is_refused_in_words(loser, survivor, child):
    change_account(survivor, by=None, day=date(2025, 6, 1), now=NOW, parent=child)

    with pytest.raises(ValidationError) as refused:
        merge(loser, survivor)

    assert refused.value.messages == [str(IN_A_CIRCLE)]
    assert not Job.objects.exists()
    assert merge(loser, survivor, taking=["parent"])


def test_an_undo_that_would_put_somebody_above_themselves_is_refused_in_words(loser, survivor, child):
    other = factories.account("Another")
    change_account(other, by=None, day=date(2025, 6, 1), now=NOW, parent=child)
    job = merge(loser, survivor)
    change_account(child, by=None, day=date(2025, 6, 1), now=NOW, parent=None)
    AccountChange.objects.filter(account=child).update(value=str(survivor.pk))
    Account.objects.filter(pk=loser.pk).update(parent=other)

    with pytest.raises(NotUndoable, match="circle"):
        parted(job)

    assert why_not(job) == ""


@pytest.mark.parametrize(
    "taking", [[], ["name"], ["segment"], EVERYTHING], ids=["nothing", "name", "segment", "all"]
)
def test_undo_leaves_everything_as_before(loser, survivor, alice, taking):
    factories.attribute("seats", "whole")
    change_account(loser, by=None, day=TODAY, now=NOW, **{"attribute.seats": "9"})
    change_account(survivor, by=None, day=date(2026, 2, 1), now=NOW, segment="Mid", tier="Gold")
    Account.objects.filter(pk=loser.pk).update(parent=survivor, **OTHERS)
    AccountKey.objects.create(account=survivor, source="crm", value="najm")
    merge(factories.account("Najm"), loser)
    merge(factories.account("Najm Oman"), survivor)
    before = contents()

    job = merge(loser, survivor, taking=taking)
    assert contents() != before
    undo = parted(job, by=alice)

    assert contents() == before
    assert (undo.result["left"], undo.created_by) == (0, alice)


def test_undo_is_put_down_to_who_did_it(loser, survivor, alice):
    factories.organisation()

    undo = parted(merge(loser, survivor), by=alice)

    entries = AuditEntry.objects.filter(job=undo)
    assert {(entry.actor, entry.table, entry.row) for entry in entries} == {
        (alice, "accounts_account", loser.pk),
        (alice, "accounts_accountkey", AccountKey.objects.get().pk),
    }


def test_undo_happens_once(loser, survivor):
    job = merge(loser, survivor)
    undo = parted(job)

    with pytest.raises(NotUndoable, match="undone before"):
        parted(job)
    assert undone([job]) == {job.pk: undo}


def test_what_is_no_longer_kept_as_it_was_cannot_be_undone(loser, survivor):
    job = merge(loser, survivor, taking=["name"])
    AuditEntry.objects.filter(job=job).update(before={}, after={})

    assert why_not(job) == "What was merged is no longer kept as it was before."


def test_merged_again_after_an_undo_it_can_be_undone_again(loser, survivor):
    parted(merge(loser, survivor))
    before = contents()
    job = merge(loser, survivor)

    parted(job)

    assert contents() == before


def test_a_later_merge_is_undone_first(loser, survivor):
    last = factories.account("Najm Group")
    first = merge(loser, survivor)
    second = merge(survivor, last)

    with pytest.raises(NotUndoable, match="merged into Najm Group afterwards"):
        parted(first)
    parted(second)
    parted(first)

    assert Account.objects.filter(merged_into=None).count() == 3
    assert AccountKey.objects.get().account == loser


def test_merges_into_one_survivor_are_undone_in_any_order(loser, survivor):
    other = factories.account("Najm")
    before = contents()
    first, second = merge(loser, survivor), merge(other, survivor)

    parted(first)
    parted(second)

    assert contents() == before


def test_of_what_was_deleted_no_merge_is_undone(loser, survivor):
    job = merge(loser, survivor)
    loser.delete()

    assert "no longer there" in why_not(job)


def test_facts_that_came_in_between_stay_with_the_survivor_and_are_said(loser, survivor):
    factories.payment(survivor, 5, "2026-01-01", recorded_at=factories.at("2026-01-01"))
    job = merge(loser, survivor)
    Job.objects.filter(pk=job.pk).update(created_at=NOW)
    job.refresh_from_db()
    late = factories.payment(survivor, 7, "2026-03-01", recorded_at=factories.at("2026-03-16"))

    assert entered_since(job) == [("Payments", 1)]
    parted(job)

    late.refresh_from_db()
    assert late.account == survivor


def test_keys_that_came_in_between_stay(loser, survivor):
    job = merge(loser, survivor)
    AccountKey.objects.create(account=survivor, source="zendesk", value="1")

    parted(job)

    assert dict(AccountKey.objects.values_list("source", "account")) == {
        "stripe": loser.pk,
        "zendesk": survivor.pk,
    }


def test_values_changed_in_between_stay_and_are_said(loser, survivor):
    job = merge(loser, survivor, taking=["name", "industry"])
    Account.objects.filter(pk=survivor.pk).update(name="Najm Holding")

    undo = parted(job)

    survivor.refresh_from_db()
    assert survivor.name == "Najm Holding"
    assert told(undo) == ["name was changed in between and stays as it is."]


@pytest.mark.parametrize("name", ACCOUNT_FIELDS)
def test_a_value_of_any_field_changed_in_between_stays(loser, survivor, name):
    Account.objects.filter(pk=loser.pk).update(**{name: OTHERS[name]})
    job = merge(loser, survivor, taking=[name])
    last = {"internal": False, "tags": ["Last"], "website": "https://last.sa", "country": "AE"}.get(
        name, "Last"
    )
    Account.objects.filter(pk=survivor.pk).update(**{name: last})

    undo = parted(job)

    survivor.refresh_from_db()
    assert getattr(survivor, name) == last
    assert undo.result["left"] == 1


def test_an_attribute_that_came_in_between_and_was_never_dated_stays(loser, survivor):
    factories.attribute("seats", "whole")
    factories.attribute("floor")
    Account.objects.filter(pk=loser.pk).update(attributes={"seats": ["9"]})
    job = merge(loser, survivor, taking=["attribute.seats"])
    Account.objects.filter(pk=survivor.pk).update(attributes={"seats": ["9"], "floor": ["2"]})

    parted(job)

    survivor.refresh_from_db()
    assert survivor.attributes == {"floor": ["2"]}


def test_a_key_deleted_in_between_is_said(loser, survivor):
    job = merge(loser, survivor)
    AccountKey.objects.all().delete()

    undo = parted(job)

    assert undo.result["left"] == 1
    assert not AccountKey.objects.exists()


def test_a_dated_value_of_in_between_stays_among_those_of_before(loser, survivor):
    job = merge(loser, survivor, taking=["segment"])
    change_account(survivor, by=None, day=date(2026, 3, 10), now=NOW, segment="Public")

    undo = parted(job)

    survivor.refresh_from_db()
    assert survivor.segment == "Public"
    history = survivor.changes.filter(field="segment").order_by("from_day")
    assert list(history.values_list("value", "from_day")) == [
        ("SMB", date(2026, 1, 1)),
        ("Public", date(2026, 3, 10)),
    ]
    assert undo.result["left"] == 0


def test_a_dated_value_in_the_place_of_one_of_before_stays_and_is_said(loser, survivor):
    job = merge(loser, survivor, taking=["segment"])
    change_account(survivor, by=None, day=date(2026, 1, 1), now=NOW, segment="Public")

    undo = parted(job)

    survivor.refresh_from_db()
    assert survivor.segment == "Public"
    assert told(undo) == ["segment was changed in between and stays as it is."]


# Contacts


@pytest.fixture
def people(survivor):
    """Sara twice, and a ticket of the second one."""
    kept = Contact.objects.create(account=survivor, name="Sara", email="sara@najm.sa")
    double = Contact.objects.create(
        account=survivor,
        name="Sara Ahmad",
        email="SARA@najm.sa",
        phone="+966 55 123",
        source="crm",
        external_id="7",
    )
    factories.ticket(survivor, opened="2026-01-01 10:00", requester=double)
    return double, kept


def test_a_contact_s_tickets_go_to_the_survivor_and_come_back(people, alice):
    double, kept = people
    before = contents()

    job = merge_contacts(double, kept, by=alice, now=NOW, taking=["name", "phone"])

    kept.refresh_from_db()
    assert (kept.name, kept.email, kept.phone) == ("Sara Ahmad", "sara@najm.sa", "+966 55 123")
    assert (double.merged_into, Ticket.objects.get().requester) == (kept, kept)
    assert list(Contact.objects.unmerged()) == [kept]
    parted(job)
    assert contents() == before


def test_every_value_of_a_contact_comes_back(people):
    double, kept = people
    Contact.objects.filter(pk=double.pk).update(
        role="sponsor",
        language="ar",
        time_zone="Asia/Riyadh",
        joined=date(2025, 1, 1),
        left=date(2026, 1, 1),
        preferred_channel="phone",
        preferred_hour=9,
        tags=["VIP"],
    )
    before = contents()

    job = merge_contacts(double, kept, by=None, now=NOW, taking=CONTACT_FIELDS)
    taken = Contact.objects.filter(pk__in=[kept.pk, double.pk]).values_list(*CONTACT_FIELDS)
    assert taken[0] == taken[1]
    parted(job)

    assert contents() == before


@pytest.fixture
def known_to_senders(people):
    """Both by u1, the loser also before signing in."""
    double, kept = people
    rows = [("user", "u1", kept), ("user", "u1", double), ("anonymous", "a1", double)]
    for kind, value, contact in rows:
        Identity.objects.create(contact=contact, source="web", kind=kind, value=value)


def known_persons():
    """By id the contacts that events find by it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT digest, contact_id FROM accounts_knownperson")
        found = defaultdict(set)
        for person, contact in cursor.fetchall():
            found[person].add(contact)
    return found


def test_all_ids_of_who_was_merged_lead_to_the_survivor(people, known_to_senders):
    double, kept = people
    before = known_persons()
    of_double = [digest("crm", "user", "7"), digest("cxhub", "contact", str(double.pk))]
    assert [before[person] for person in of_double] == [{double.pk}, {double.pk}]

    job = merge_contacts(double, kept, by=None, now=NOW)

    assert set(map(frozenset, known_persons().values())) == {frozenset({kept.pk})}
    parted(job)
    assert known_persons() == before


def agreed(contact, moment, **more):
    return Consent.objects.create(
        contact=contact, purpose="marketing", given_at=factories.at(moment), external_id=None, **more
    )


def test_a_contact_s_ids_go_to_the_survivor_and_come_back(people, known_to_senders):
    double, kept = people
    before = contents()

    job = merge_contacts(double, kept, by=None, now=NOW)

    ids = Identity.objects.values_list("kind", "value", "contact")
    assert set(ids) == {("user", "u1", kept.pk), ("anonymous", "a1", kept.pk)}
    assert parted(job).result["left"] == 0
    assert contents() == before


def test_an_id_that_was_deleted_in_between_is_said(people, known_to_senders):
    double, kept = people
    job = merge_contacts(double, kept, by=None, now=NOW)
    Identity.objects.filter(kind="anonymous").delete()

    undo = parted(job)

    assert undo.result["left"] == 1
    assert told(undo)[0].startswith("Identity ")


def test_a_contact_s_consents_go_to_the_survivor_and_come_back(people):
    double, kept = people
    agreed(kept, "2026-01-01 10:00")
    agreed(double, "2026-01-01 10:00", withdrawn_at=factories.at("2026-02-01 10:00"))
    agreed(double, "2026-03-01 10:00")
    before = contents()

    job = merge_contacts(double, kept, by=None, now=NOW)

    consents = Consent.objects.order_by("given_at").values_list("contact", "withdrawn_at")
    assert list(consents) == [(kept.pk, factories.at("2026-02-01 10:00")), (kept.pk, None)]
    assert parted(job).result["left"] == 0
    assert contents() == before


def test_consents_given_in_between_stay_and_are_said(people):
    double, kept = people
    job = merge_contacts(double, kept, by=None, now=NOW)
    Job.objects.filter(pk=job.pk).update(created_at=NOW)
    job.refresh_from_db()
    late = agreed(kept, "2026-03-16 10:00", recorded_at=factories.at("2026-03-16 10:00"))

    assert ("Consents", 1) in entered_since(job)
    parted(job)

    late.refresh_from_db()
    assert late.contact == kept


def test_contacts_of_two_accounts_are_not_merged(people, loser):
    stranger = Contact.objects.create(account=loser, name="Sara")

    with pytest.raises(ValidationError, match="Merge the accounts first"):
        merge_contacts(stranger, people[1], by=None)


def test_contacts_of_merged_accounts_are_of_one(people, loser, survivor):
    stranger = Contact.objects.create(account=loser, name="Sara")
    merge(loser, survivor)

    merge_contacts(stranger, people[1], by=None)

    assert stranger.merged_into == people[1]


def test_tickets_that_a_contact_asked_in_between_stay(people, survivor):
    double, kept = people
    job = merge_contacts(double, kept, by=None)
    late = factories.ticket(survivor, opened="2026-02-01 10:00", requester=kept)

    parted(job)

    late.refresh_from_db()
    assert late.requester == kept
    assert Ticket.objects.exclude(pk=late.pk).get().requester == double


def test_a_contact_merged_already_is_not_merged_again(people, survivor):
    double, kept = people
    merge_contacts(double, kept, by=None)

    with pytest.raises(ValidationError, match="contact who is merged"):
        merge_contacts(double, kept, by=None)


def test_the_database_has_no_merge_into_a_merged_contact(people, survivor):
    double, kept = people
    merge_contacts(double, kept, by=None)

    with pytest.raises(IntegrityError, match="itself merged"), transaction.atomic():
        Contact.objects.create(account=survivor, name="Sara", merged_into=double)


# Imports


def test_an_import_that_names_a_merged_contact_means_the_survivor(people, najm):
    double, kept = people
    merge_contacts(double, kept, by=None)
    row = {"id": "t1", "account": "najm", "opened_at": "2026-02-01 10:00", "requester": "7"}

    imported(resources.TICKETS, [row])

    assert Ticket.objects.get(external_id="t1").requester == kept


def test_a_ticket_in_the_name_of_a_merged_contact_is_the_survivor_s(people, survivor):
    double, kept = people
    job = merge_contacts(double, kept, by=None, now=NOW)

    fresh = Ticket.objects.create(account=survivor, requester=double, opened_at=NOW)
    named_later = Ticket.objects.create(account=survivor, opened_at=NOW)
    Ticket.objects.filter(pk=named_later.pk).update(requester=double)

    assert set(Ticket.objects.filter(requester=kept)) >= {fresh, named_later}
    assert not Ticket.objects.filter(requester=double).exists()
    parted(job)
    assert Ticket.objects.get(requester=double)


def test_a_merge_that_was_undone_stands_in_the_way_of_no_undo_of_an_import(alice):
    before = contents()
    job = imported(resources.ACCOUNTS, [{"id": "s", "name": "Survivor"}, {"id": "l", "name": "Loser"}])
    loser, survivor = Account.objects.order_by("name")
    parted(merge(loser, survivor, taking=["name"]))

    begun = import_undone(job)

    assert begun.result["left"] == 0
    assert contents() == before
