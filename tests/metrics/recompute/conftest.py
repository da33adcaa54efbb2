import pytest


@pytest.fixture(autouse=True)
def clock(time_machine):
    """Stands still until a test moves it."""
    from tests.metrics.recompute.running import NOW

    time_machine.move_to(NOW, tick=False)
    return time_machine


@pytest.fixture(autouse=True)
def _settings_known(db):
    """Making the row touches everybody."""
    from accounts.models import Organisation, Touched

    Organisation.current()
    Touched.objects.all().delete()


@pytest.fixture
def najm():
    from tests import factories

    account = factories.account("Najm", stage="live", segment="small")
    factories.subscription(account, 100, "2026-01-01")
    return account


@pytest.fixture(autouse=True)
def _few(few_metrics):
    pass
