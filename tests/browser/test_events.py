"""The pages of events and of what they are about, as wide as what others named."""

import pytest
from django.utils import timezone

from accounts.intake import keys, service
from accounts.intake.bodies import Sending
from accounts.models import Campaign, CampaignDay
from accounts.rollups.passes import catch_up
from tests import factories
from tests.browser.test_pages import IN_EITHER

TABLET, PHONE = {"width": 820, "height": 1180}, {"width": 390, "height": 844}
INSIDE = """selector => {
    const parts = [...document.querySelectorAll(selector)];
    return parts.length > 0 && parts.every(part => {
        const [outer, inner] = [part.closest(".card, .figure"), part].map(one => one.getBoundingClientRect());
        return inner.width > 0 && inner.left >= outer.left && inner.right <= outer.right;
    });
}"""


@pytest.fixture
def speaking(administrator, signed_in):
    def given(language):
        administrator.language = language
        administrator.save()
        signed_in(administrator)

    return given


@pytest.fixture
def long_names(db):
    key, _secret = keys.make(name="k" * 100, source="app", kind="server")
    calls = [
        {"type": "track", "event": "e" * 190, "userId": "u", "properties": {"id": "o" * 190}},
        {"type": "track", "event": "r" * 190},
    ]
    service.take(service.sender_of(key), Sending(calls), now=timezone.now())
    catch_up(timezone.now())


@pytest.mark.parametrize("language", IN_EITHER)
def test_long_names_push_nothing_off_the_page(page, live_server, speaking, long_names, language):
    speaking(language)
    page.goto(f"{live_server.url}/events/", wait_until="networkidle")

    assert page.evaluate(INSIDE, "#latest-rows td, .btn-danger, .figure-rest > span")
    page.goto(f"{live_server.url}/events/rejected/")
    assert page.evaluate(INSIDE, ".data td")
    page.set_viewport_size(PHONE)
    assert page.evaluate(INSIDE, ".data td:not(.wide-only)")


def test_a_table_that_is_read_anew_stays_where_it_was_scrolled(page, live_server, speaking, long_names):
    speaking("en")
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/events/", wait_until="networkidle")
    frame = page.locator("#latest-card .table-frame")
    frame.evaluate("frame => { frame.scrollLeft = 60 }")
    page.locator("#latest-rows tr").evaluate("row => row.remove()")

    page.wait_for_selector("#latest-rows tr", timeout=15_000)

    assert frame.evaluate("frame => frame.scrollLeft") == 60


@pytest.mark.parametrize("language", IN_EITHER)
def test_days_of_a_campaign_scroll_in_a_frame_of_their_own(page, live_server, speaking, language):
    campaign = factories.plain(Campaign)
    factories.plain(CampaignDay, campaign=campaign, reach=1200)
    speaking(language)
    page.set_viewport_size(TABLET)

    page.goto(f"{live_server.url}/admin/accounts/campaign/{campaign.pk}/change/", wait_until="networkidle")

    assert page.evaluate("document.documentElement.scrollWidth") <= TABLET["width"]
    assert page.evaluate(
        "(frame => frame.scrollWidth > frame.clientWidth)(document.querySelector('.parts-frame'))"
    )
