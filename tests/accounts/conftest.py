import pytest


@pytest.fixture
def najm(db):
    """An account that the source "crm" knows as najm."""
    from accounts.models import Account, AccountKey

    account = Account.objects.create(name="Najm Logistics")
    AccountKey.objects.create(account=account, source="crm", value="najm")
    return account


@pytest.fixture
def survivor(db):
    """Stays when the loser is merged into it."""
    from tests import factories

    return factories.account("Najm Logistics", since="2026-01-01", stage="live", segment="SMB")


@pytest.fixture
def loser(db):
    from accounts.models import AccountKey
    from tests import factories

    account = factories.account("Najm LLC", since="2025-01-01", stage="onboarding", segment="Enterprise")
    AccountKey.objects.create(account=account, source="stripe", value="cus_1")
    return account


@pytest.fixture
def ada(administrator):
    """A program that reads everything."""
    from tests.accounts.reading import client_of

    return client_of(administrator)


@pytest.fixture
def csm(alice):
    """Alice, in her role."""
    from tests.accounts.messages.mailed import in_role

    return in_role(alice)
