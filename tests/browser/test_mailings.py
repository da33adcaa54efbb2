"""A new user writes to a population in two languages; the mails arrive at a real server, are read, answered and
unsubscribed from, by nothing but what stands in them."""

import re
import urllib.request
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Group
from django.db.models import F
from django.utils import timezone

from accounts.connectors import queue
from accounts.connectors.acts import ACTS
from accounts.intake import worker
from accounts.memberships import refresh
from accounts.messages import hits, mailings
from accounts.models import Account, Contact, Message, User
from accounts.rollups import passes
from tests import factories, smtp
from tests.accounts.connectors.posting import BASIC, SECRET
from tests.browser.test_imports import press
from tests.browser.test_pages import prefer, wrong_on

# What the browser of the tests calls itself is a robot's name.
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
WRITTEN = {
    "en": {
        "subject": "News for {{ account }}",
        "body": "Hello {{ first_name }},\n\nread [all about it]({link}).",
    },
    "ar": {
        "subject": "أخبار لشركة {{ account }}",
        "body": "مرحبا {{ first_name }}،\n\nاقرأ [كل شيء]({link}).",
    },
}


@pytest.fixture
def server(settings):
    with smtp.serving() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def sofia(db):
    """New here; looks after two accounts."""
    user = User.objects.create_user("sofia@example.com", "correct horse battery", name="Sofia")
    user.groups.add(Group.objects.get(name="CSM"))
    return user


@pytest.fixture
def customers(sofia):
    najm = factories.account("Najm", owner=sofia)
    wadi = factories.account("وادي", owner=sofia)
    Contact.objects.create(account=najm, name="Sara Haddad", email="sara@najm.example", language="en")
    Contact.objects.create(account=wadi, name="عبد الله القحطاني", email="omar@wadi.example", language="ar")
    population = factories.population(name="Customers")
    refresh(population, lambda _population: [], timezone.now())
    return population


def work(server=None):
    """What the workers do in the next minutes."""
    soon = timezone.now() + timedelta(seconds=30)
    mailings.turn(soon)
    # The mails were read ten minutes after they came.
    Message.objects.exclude(sent_at=None).update(sent_at=F("sent_at") - timedelta(minutes=10))


def come_in():
    later = timezone.now() + timedelta(minutes=5)
    queue.turn(ACTS, later, clock=timezone.now)
    hits.settle(later)
    worker.turn(later, clock=lambda: later - timedelta(minutes=1))
    passes.roll_up(later, clock=lambda: later - timedelta(minutes=1))


def write(page, live_server, population, name):
    page.goto(f"{live_server.url}/mailings/")
    press(page, "a.btn-primary[href='/mailings/new/']")
    page.fill("[name=name]", name)
    page.select_option("[name=population]", str(population.pk))
    for language, texts in WRITTEN.items():
        page.fill(f"[name=subject_{language}]", texts["subject"])
        page.fill(
            f"[name=body_{language}]", texts["body"].replace("{link}", f"{live_server.url}/sign-in/login/")
        )
    press(page, "button[name=preview]")


def send(page):
    press(page, ".breadcrumbs li:last-child a")
    press(page, "a[href$='/schedule/']")
    press(page, "main form button.btn-primary")
    work()
    page.reload(wait_until="networkidle")


def part(mail, kind):
    return mail.get_body((kind,)).get_content()


def answer(mail, live_server):
    """As a mail program does, to the address that the mail names."""
    reply = EmailMessage(policy=policy.SMTP)
    reply["From"], reply["To"] = "Sara Haddad <sara@najm.example>", mail["Reply-To"]
    reply["Subject"], reply["Message-ID"] = f"Re: {mail['Subject']}", "<1@najm.example>"
    reply.set_content("Thank you, that helps us a lot.")
    post(f"{live_server.url}/in/mail/", reply.as_bytes(), "message/rfc822", BASIC)


def post(address, content, kind, headers=None):
    asked = urllib.request.Request(address, content, {"Content-Type": kind} | (headers or {}), method="POST")
    with urllib.request.urlopen(asked) as answered:
        assert answered.status == 200


def test_a_mailing_in_two_languages_from_its_first_word_to_who_unsubscribed(
    context, page, live_server, signed_in, sofia, customers, server, settings
):
    settings.URL = live_server.url
    settings.MAIL_WEBHOOK_SECRETS, settings.REPLY_TO = [SECRET], "answers@us.example"
    signed_in(sofia)
    prefer(context, live_server.url, "en", "light")

    # Written, looked at, sent
    write(page, live_server, customers, "Spring news")
    shown = page.frame_locator("iframe.mail")
    assert "Hello Sara" in shown.locator("body").inner_text()
    assert wrong_on(page, page.url, "en") == []
    send(page)
    assert wrong_on(page, page.url, "en") == []

    # What arrived
    mails = {str(mail["To"].addresses[0].addr_spec): mail for mail in server.taken}
    assert set(mails) == {"sara@najm.example", "omar@wadi.example"}
    english, arabic = mails["sara@najm.example"], mails["omar@wadi.example"]
    assert (str(english["Subject"]), str(arabic["Subject"])) == ("News for Najm", "أخبار لشركة وادي")
    assert "Hello Sara," in part(english, "plain")
    assert "مرحبا عبد الله،" in re.sub("[\u2066-\u2069]|<.?bdi>", "", part(arabic, "plain"))
    assert 'lang="ar"' in part(arabic, "html")
    assert 'dir="rtl"' in part(arabic, "html")

    # Sara opens it, follows the link, and answers
    reader = context.browser.new_context(user_agent=FIREFOX)
    mail = reader.new_page()
    mail.set_content(part(english, "html"), wait_until="networkidle")
    mail.get_by_role("link", name="all about it").click()
    mail.wait_for_load_state("networkidle")
    assert urlsplit(mail.url).path == "/sign-in/login/"
    reader.close()
    answer(english, live_server)
    come_in()

    # Omar unsubscribes, as his mail program does it
    (address,) = re.findall("<(.+?)>", str(arabic["List-Unsubscribe"]))
    assert str(arabic["List-Unsubscribe-Post"]) == "List-Unsubscribe=One-Click"
    post(address, b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")

    # What Sofia sees
    page.goto(f"{live_server.url}/accounts/{Account.objects.get(name='Najm').pk}/", wait_until="networkidle")
    timeline = page.locator("#timeline").inner_text()
    assert "Sara Haddad opened a mail" in timeline
    assert "Sara Haddad followed a link of a mail" in timeline
    assert "Reply: Re: News for Najm" in timeline
    assert "Thank you, that helps us a lot." in timeline

    # The next mailing
    write(page, live_server, customers, "Summer news")
    send(page)
    assert [mail["To"].addresses[0].addr_spec for mail in server.taken[2:]] == ["sara@najm.example"]
    left_out = page.locator("#who").locator("xpath=ancestor::section").inner_text()
    assert "Not to be written to" in left_out
