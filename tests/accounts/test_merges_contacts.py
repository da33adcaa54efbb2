"""Two contacts who are one: their tickets, ids and consents go to the survivor, and come back."""

from collections import defaultdict
from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from accounts import resources
from accounts.intake.digests import digest
from accounts.merges import CONTACT_FIELDS, merge_contacts
from accounts.models import Consent, Contact, Identity, Job, Ticket
from accounts.unmerging import entered_since, told
from tests import factories
from tests.accounts.merging import NOW, merge, parted
from tests.accounts.undoing import contents, imported

pytestmark = pytest.mark.django_db


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
