"""The pages of mailings in both languages and themes, on a desk and on a phone, and their progress."""

import pytest
from django.utils import timezone

from accounts.models import Mailing
from tests.accounts.messages.mailed import mailing, people, person, queued
from tests.browser.test_pages import EITHER_LOOK, prefer, wrong_on
from tests.factories import account

NAME = "Superkalifragilistikexpialigetischverwaltungsgesellschaft"
OF_A_DRAFT = (
    "",
    "edit/",
    "schedule/",
    "recipients/",
    "recipients/?skip=no_value",
    "preview/",
    "preview/?lang=ar",
)
OF_ONE_THAT_GOES = ("", "stop/")


@pytest.fixture
def written(administrator):
    """A draft, and one that is being sent."""
    najm = account(NAME, owner=administrator)
    person(account=najm, name="سارة القحطاني", language="ar")
    person("x@najm.example", account=najm, name="")
    population = people()
    draft = mailing(administrator, population=population, name=f"أخبار {NAME}")
    return draft, queued(mailing(administrator, population=population), state="waiting")


@EITHER_LOOK
def test_pages_of_mailings_serve_everybody(
    context, page, live_server, administrator, signed_in, written, language, theme
):
    administrator.language = language
    administrator.save()
    signed_in(administrator)
    prefer(context, live_server.url, language, theme)
    draft, going = written
    addresses = ["/mailings/", "/mailings/?state=done", "/mailings/new/"]
    addresses += [f"/mailings/{draft.pk}/{one}" for one in OF_A_DRAFT]
    addresses += [f"/mailings/{going.pk}/{one}" for one in OF_ONE_THAT_GOES]

    found = [fault for one in addresses for fault in wrong_on(page, live_server.url + one, language)]

    assert "\n".join(found) == ""


def test_progress_moves_by_itself_and_the_page_is_whole_again_at_its_end(
    page, live_server, administrator, signed_in, written
):
    _draft, going = written
    signed_in(administrator)
    page.goto(f"{live_server.url}/mailings/{going.pk}/")
    assert page.locator("a[href$='/stop/']").is_visible()

    going.messages.filter(state="waiting").update(state="sent", sent_at=timezone.now())
    Mailing.objects.filter(pk=going.pk).update(finished_at=timezone.now())

    page.locator("#mailing-now .tag", has_text="Done").wait_for(timeout=10_000)
    page.locator("a[href$='/stop/']").wait_for(state="detached", timeout=10_000)
