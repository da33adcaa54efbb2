import pytest


@pytest.fixture(autouse=True)
def _open_doors(settings):
    from tests.accounts.connectors.posting import SECRET, STRIPE_SECRET, TWILIO_TOKEN

    settings.MAIL_WEBHOOK_SECRETS = [SECRET]
    settings.MAIL_WEBHOOK_KEYS = {"mailgun": "mailgun's key", "mandrill": "mandrill's key"}
    settings.STRIPE_WEBHOOK_SECRETS = [STRIPE_SECRET]
    settings.SMS_WEBHOOK_SECRETS = [SECRET]
    settings.TWILIO_TOKEN = TWILIO_TOKEN


@pytest.fixture
def najm(db, alice, team):
    from tests import factories

    return factories.account("Najm Logistics", owner=alice, team=team)


@pytest.fixture
def sara(najm):
    from accounts.models import Contact

    return Contact.objects.create(account=najm, name="Sara", email="sara@najm.example")
