import pytest


@pytest.fixture
def najm(db):
    from tests.factories import account

    return account("Najm Logistics")


@pytest.fixture
def jumana(najm):
    """The person who asks to be erased."""
    from accounts.models import Contact
    from tests.cxhub.persons.traces import EMAIL, NAME, PHONE

    return Contact.objects.create(
        account=najm, name=NAME, email=EMAIL, phone=PHONE, source="crm", external_id="17", role="sponsor"
    )
