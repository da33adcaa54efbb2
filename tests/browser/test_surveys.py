"""A new user asks two customers how likely they are to recommend us, in two languages. One answers low, from the mail,
on a telephone; the score stands on the account, and the follow-up is closed. And no scanner answers anything."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.utils import timezone

from accounts.memberships import refresh
from accounts.messages import mailings
from accounts.models import Contact, Event, Suppression, User
from surveys import invitations
from surveys.models import FollowUp, Invitation, Response
from tests import factories, smtp
from tests.browser.test_imports import press
from tests.browser.test_pages import PHONE, prefer, wrong_on
from tests.browser.test_scanners import FIREFOX, WAYS, settle
from tests.surveys.asking import to_all

PASSWORD = "correct horse battery"
ANSWER = re.compile(r'href="([^"]+/s/[^"]+\?value=3)"')


@pytest.fixture
def server(settings, live_server):
    settings.URL = live_server.url
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with smtp.serving() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def sofia(db):
    """New here; looks after two accounts."""
    user = User.objects.create_user("sofia@example.com", PASSWORD, name="Sofia")
    user.groups.add(Group.objects.get(name="CSM"))
    return user


@pytest.fixture
def najm(sofia):
    """Customers, all of whom are a population."""
    factories.organisation(time_zone="UTC")
    najm = factories.account("Najm", owner=sofia, stage="live")
    wadi = factories.account("وادي", owner=sofia, stage="live")
    Contact.objects.create(account=najm, name="Sara Haddad", email="sara@najm.example", language="en")
    Contact.objects.create(account=wadi, name="عمر القحطاني", email="omar@wadi.example", language="ar")
    refresh(factories.population(name="Customers"), lambda _population: [], timezone.now())
    return najm


def sign_in(page, live_server, user):
    page.goto(f"{live_server.url}/sign-in/login/?next=/surveys/")
    page.get_by_role("textbox", name="E-mail").or_(page.get_by_role("textbox", name="Email")).fill(user.email)
    page.locator("input[type=password]").fill(PASSWORD)
    page.locator("form:has(input[type=password]) button[type=submit]").first.click()
    page.wait_for_url("**/surveys/")


def write(page):
    """From the template with two questions in both languages, published."""
    page.locator("main a[href$='/surveys/new/']").first.click()
    page.fill("[name=name]", "How are we doing?")
    page.check("[name=template][value=relationship]")
    press(page, "main form button.btn-primary")
    press(page, "form[action$='/publish/'] button")


def send(page):
    press(page, "a[href$='/distributions/']")
    page.locator("a[href$='/distributions/new/']").first.click()
    page.select_option("[name=population]", label="Customers")
    page.uncheck("[name=working_hours]")
    press(page, "main form button.btn-primary")
    press(page, "a[href$='/schedule/']")
    press(page, "main form button.btn-primary")
    work()


def work():
    """What the workers do in the next minute."""
    mailings.turn(timezone.now() + timedelta(seconds=30))
    invitations.keep(timezone.now())


def html(mail):
    return mail.get_body(("html",)).get_content()


def choice(mail):
    """Of the value 3."""
    return unescape(ANSWER.search(html(mail))[1])


def test_from_signing_in_to_the_follow_up_that_is_closed(
    browser, context, page, live_server, sofia, najm, server
):
    prefer(context, live_server.url, "en", "light")
    sign_in(page, live_server, sofia)
    write(page)
    send(page)

    # What arrived
    mails = {str(mail["To"].addresses[0].addr_spec): mail for mail in server.taken}
    assert set(mails) == {"sara@najm.example", "omar@wadi.example"}
    assert 'dir="rtl"' in html(mails["omar@wadi.example"])
    assert {len(re.findall(r"\?value=\d+\"", html(mail))) for mail in mails.values()} == {11}

    # Answered, in the reader's language
    phone = browser.new_context(viewport=PHONE, user_agent=FIREFOX, reduced_motion="reduce")
    asked = phone.new_page()
    asked.goto(choice(mails["sara@najm.example"]))
    assert asked.locator("html").get_attribute("dir") == "ltr"
    assert asked.locator("[name=nps][value='3']").is_checked()
    assert asked.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert not Response.objects.exists()
    asked.fill("[name=why_low]", "It was down on Sunday.")
    # A person takes longer than a machine.
    asked.wait_for_timeout(2000)
    asked.get_by_role("button", name="Send").last.click()
    asked.wait_for_url("**/thanks/**")
    assert "Thank you for your honest answer" in asked.locator("body").inner_text()
    asked.goto(choice(mails["omar@wadi.example"]))
    assert asked.locator("html").get_attribute("dir") == "rtl"
    assert "ما مدى احتمال" in asked.locator("body").inner_text()
    phone.close()

    # On the account, and followed up
    call_command("recompute")
    page.goto(f"{live_server.url}/accounts/{najm.pk}/")
    assert "It was down on Sunday." in page.locator("#panel-responses").inner_text()
    assert re.search(r"NPS\s+−100", page.locator(".figures").first.inner_text())
    press(page, "#panel-responses a[href*='/follow-ups/']")
    assert wrong_on(page, page.url, "en") == []
    page.select_option("[name=outcome]", "solved")
    page.fill("[name=note]", "Called her; credited the day.")
    press(page, "form[action$='/close/'] button.btn-primary")
    case = FollowUp.objects.get()
    assert (case.outcome, case.owner, bool(case.done_at)) == ("solved", sofia, True)


@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=[pytest.mark.long] * (way == "without scripts")) for way in WAYS]
)
def test_scanner_answers_nothing_and_counts_nowhere(browser, live_server, administrator, najm, server, way):
    asked = to_all(administrator)
    mailings.schedule(asked.mailing, timezone.now(), timezone.now())
    work()
    assert Invitation.objects.count() == 2

    WAYS[way](browser, server.taken if "scripts" not in way else server.taken[:1])
    settle()

    assert not Response.objects.exists()
    assert not Suppression.objects.exists()
    assert not Event.objects.filter(machine=False, name="Email Link Clicked").exists()
    assert set(Invitation.objects.values_list("started_at", "completed_at", "answered")) == {
        (None, None, False)
    }
