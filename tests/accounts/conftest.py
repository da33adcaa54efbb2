import pytest


@pytest.fixture
def najm(db):
    """An account that the source "crm" knows as najm."""
    from accounts.models import Account, AccountKey

    account = Account.objects.create(name="Najm Logistics")
    AccountKey.objects.create(account=account, source="crm", value="najm")
    return account
