"""By which channel people answer, where somebody chooses one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from surveys.models import Invitation
from tests.accounts.messages.mailed import in_role
from tests.factories import account
from tests.surveys import rows

pytestmark = pytest.mark.django_db
ADDRESS = "/surveys/channels/"


def asked(owner, count, answered, channel):
    """Two months ago, each by an account of their own."""
    survey, then = rows.survey(), timezone.now() - timedelta(days=60)
    given = {"survey": survey, "channel": channel, "invited_at": then, "delivered_at": then}
    for number in range(count):
        done = {"completed_at": then, "answered": True} if number < answered else {}
        Invitation.objects.create(account=account(owner=owner), **given | done)


def channels(client):
    listed = client.get(ADDRESS).context["channels"]
    return {str(name): found and (found.n, found.low_sample) for name, found, _open in listed}


def test_each_channel_has_its_rate_of_ones_own_accounts(sign_in, alice):
    csm = in_role(alice)
    asked(csm, 40, 10, "email")
    asked(csm, 3, 3, "sms")
    asked(None, 5, 0, "program")
    client = sign_in(csm)

    found = channels(client)

    assert (found["E-mail"], found["SMS"], found["Program"]) == ((40, False), (3, True), None)
    page = client.get(ADDRESS, headers={"HX-Request": "true"}).content.decode()
    assert ("25%" in page or "25.0%" in page, page.count("too few to say"), "<html" in page) == (
        True,
        1,
        False,
    )


def test_who_sends_no_surveys_finds_no_such_page(sign_in, charlie):
    assert sign_in(in_role(charlie, "Product")).get(ADDRESS).status_code == 404
