"""Who was erased stays away, whatever senders say."""

import pytest

from accounts.intake.people import apply
from accounts.models import Contact, ErasedAddress, OtherId, Profile
from accounts.models.people import NOBODY, digest_of
from tests.accounts.intake.knowing import SARA
from tests.accounts.intake.saying import NOW, group, identify, said

pytestmark = pytest.mark.django_db


def erased(contact):
    """As an erasure leaves the row."""
    ErasedAddress.objects.create(digest=digest_of(contact.email))
    Contact.objects.filter(pk=contact.pk).update(
        name="", phone="", email=NOBODY.format(number=1), erased_at=NOW
    )


def test_an_erased_address_stays_away():
    ErasedAddress.objects.create(digest=digest_of("sara@najm.sa"))

    rejected = apply(
        [identify("u1", **SARA), group("najm", "u1")], source="web", companies_source="crm", now=NOW
    )

    assert [(one.reason, one.call["traits"]) for one in rejected] == [("erased", {})]
    assert not Contact.objects.exists()
    assert Profile.objects.get().traits == {}


def test_nothing_is_kept_of_an_erased_person_by_the_same_id():
    said(identify("u1", **SARA), group("najm", "u1"))
    contact = Contact.objects.get()
    erased(contact)
    Profile.objects.update(traits={}, times={}, email="")

    assert said(identify("u1", minute=1, anonymous="a1", name="Sara")) == [("erased", "")]
    assert said(group("falak", "u1", minute=1)) == []

    contact.refresh_from_db()
    assert (contact.name, Contact.objects.count(), Profile.objects.get().traits) == ("", 1, {})
    assert not OtherId.objects.exists()


def test_an_address_erased_after_it_was_said_is_made_a_contact_no_more():
    said(identify("u1", **SARA))
    ErasedAddress.objects.create(digest=digest_of("sara@najm.sa"))

    said(group("najm", "u1", minute=1))

    assert not Contact.objects.exists()
