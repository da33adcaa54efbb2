"""Calls of providers: read by who may, and sent again by who may change them."""

import pytest

from accounts.connectors import queue
from accounts.models import ProviderCall
from tests.factories import at

pytestmark = pytest.mark.django_db

PAGE = "/admin/accounts/providercall/"


@pytest.fixture
def rejected(db):
    queue.keep("stripe", "stripe", {}, b"{}", now=at("2026-11-20 12:00"))
    ProviderCall.objects.update(state="rejected", reason="missing", field="customer", detail="")
    return ProviderCall.objects.get()


def test_rejected_call_is_listed_with_its_reason(rejected, sign_in, administrator):
    page = sign_in(administrator).get(PAGE, {"state": "rejected"})

    assert "This must be given, and must not be empty." in page.text
    assert sign_in(administrator).get(f"{PAGE}{rejected.pk}/change/").status_code == 200


def test_rejected_call_is_sent_again(rejected, sign_in, administrator):
    chosen = {"action": "send_again", "_selected_action": [rejected.pk]}

    page = sign_in(administrator).post(PAGE, chosen, follow=True)

    rejected.refresh_from_db()
    assert (rejected.state, rejected.reason) == ("waiting", "")
    assert "1 call waits again." in page.text


def test_nobody_else_sees_them(rejected, sign_in, alice):
    assert sign_in(alice).get(PAGE).status_code in {302, 403}
