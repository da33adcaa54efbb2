"""Whatever opens all that a mail leads to unsubscribes nobody, and counts nowhere; who reads it later does."""

import re
from datetime import timedelta
from functools import partial
from html import unescape
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from django.db.models import F
from django.utils import timezone
from playwright.sync_api import Error

from accounts.intake import worker
from accounts.messages import hits, sending
from accounts.models import Consent, Delivery, Event, Hit, Mailing, Message, Suppression
from accounts.rollups import passes
from tests import factories, smtp
from tests.accounts.messages.writing import contact, message, texts
from tests.factories import at

CHROME = "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
# What counts of mails, when it was a person.
READ = ("Email Opened", "Email Link Clicked")
ADDRESSES = re.compile(r'(?:href|src)="(http://127[^"]+)"')
LONG_AGO, BETWEEN = timedelta(hours=3), timedelta(hours=1)


@pytest.fixture
def mails(live_server, settings, administrator):
    """What arrived of a mailing in both languages, hours ago; whatever it leads to is on the live server."""
    settings.URL = live_server.url
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with smtp.serving() as server:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        _queue(live_server.url, administrator)
        assert sending.turn(timezone.now() + timedelta(minutes=1)) == 2
    Message.objects.update(sent_at=F("sent_at") - LONG_AGO)
    return server.taken


def _queue(url, administrator):
    words = texts(body=f"[a]({url}/healthz?a) and [b]({url}/healthz?b)", button="c", link=f"{url}/healthz?c")
    first = message(texts=words, language="en", state="waiting", sent_at=None)
    mailing = Mailing.objects.create(
        name="News", population=factories.population(by=administrator), letter=first.letter
    )
    message(
        contact=contact(name="سارة"),
        address="two@najm.example",
        language="ar",
        state="waiting",
        sent_at=None,
    )
    Message.objects.update(mailing=mailing, letter=first.letter)
    for one in Message.objects.all():
        Consent.objects.create(contact=one.contact, purpose=one.purpose, given_at=at("2026-01-01 09:00"))


def html(mail):
    return mail.get_body(("html",)).get_content()


def links(mail):
    return [unescape(address) for address in ADDRESSES.findall(html(mail))]


def ask(address, method="GET", agent=CHROME, asker="127.0.0.1"):
    parts = urlsplit(address)
    connection = HTTPConnection(parts.hostname, parts.port, timeout=10, source_address=(asker, 0))
    connection.request(method, f"{parts.path}?{parts.query}", headers={"User-Agent": agent})
    status = connection.getresponse().status
    connection.close()
    return status


def scan_by(method, _browser, mails):
    for mail in mails:
        assert {ask(address, method) for address in links(mail)} <= {200, 204, 302}


def scan_in_browser(scripts, browser, mails):
    context = browser.new_context(java_script_enabled=scripts, user_agent=CHROME)
    for mail in mails:
        page = context.new_page()
        page.set_content(html(mail), wait_until="load")
        opened = set()
        while left := [address for address in links(mail) + _on_our_pages(page) if address not in opened]:
            opened.add(left[0])
            _open(page, left[0])
    context.close()


def _on_our_pages(page):
    """To which they lead on, too."""
    found = page.locator("a[href]").evaluate_all("all => all.map(one => one.href)")
    return [address for address in found if "/m/" in address]


def _open(page, address):
    if address.endswith("/trap/"):
        # It answers with nothing.
        with pytest.raises(Error, match="ERR_ABORTED"):
            page.goto(address)
    else:
        is_page = page.goto(address, wait_until="load").headers["content-type"].startswith("text/html")
        page.wait_for_load_state("networkidle" if is_page else "load")


WAYS = {
    "GET": partial(scan_by, "GET"),
    "HEAD": partial(scan_by, "HEAD"),
    "with scripts": partial(scan_in_browser, True),
    "without scripts": partial(scan_in_browser, False),
}


def settle():
    """Until everything that was asked for counts that ever will."""
    later = timezone.now() + timedelta(minutes=2)
    hits.settle(later)
    worker.turn(later + timedelta(seconds=50), clock=lambda: later)
    passes.roll_up(later + timedelta(seconds=50), clock=lambda: later)


# With scripts in each run: test_surveys.py.
@pytest.mark.parametrize(
    "way", [pytest.param(way, marks=[pytest.mark.long] * (way == "with scripts")) for way in WAYS]
)
def test_scanner_unsubscribes_nobody_and_counts_nowhere(browser, mails, way):
    assert len(links(mails[0])) == 7

    WAYS[way](browser, mails)
    Hit.objects.update(at=F("at") - BETWEEN)
    read = links(mails[0])[0]
    assert ask(read, agent=FIREFOX, asker="127.0.0.2") == 302
    settle()

    assert not Suppression.objects.exists()
    assert list(Consent.objects.values_list("withdrawn_at", flat=True)) == [None, None]
    persons = Hit.objects.filter(agent=FIREFOX)
    scanned = Hit.objects.exclude(agent=FIREFOX)
    assert set(scanned.values_list("machine", flat=True)) == ({True} if way != "HEAD" else set())
    assert list(persons.values_list("machine", flat=True)) == [False]
    assert list(Event.objects.filter(machine=False, name__in=READ).values_list("name", flat=True)) == [
        READ[1]
    ]
    counted = Delivery.objects.exclude(opened_at=None, clicked_at=None)
    assert [(one.opened_at, one.clicked_at) for one in counted] == [(None, persons.get().at)]
