"""The list of webhooks where there is room for it."""

import pytest
from django.utils import timezone

from accounts.webhooks import endpoints

URL = "https://93.184.215.14/hooks/customer-success/cxhub"
CUT = "element => element.scrollWidth > element.clientWidth"


@pytest.mark.parametrize("language", ["en", "ar"])
def test_an_address_of_usual_length_is_read_whole(page, live_server, administrator, signed_in, language):
    administrator.language = language
    administrator.save()
    endpoints.make(url=URL, by=administrator, now=timezone.now())
    endpoints.make(url=URL, description="The queue of the data team", by=administrator, now=timezone.now())
    signed_in(administrator)

    page.goto(f"{live_server.url}/webhooks/")

    shown = page.locator(".data .short")
    assert shown.count() == 3
    assert [one.evaluate(CUT) for one in shown.all()] == [False, False, False]
    assert page.locator(".table-frame").evaluate(CUT) is False
