"""What a letter asks: its row of choices in mails, its page in SMS, and what following one of them says."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from accounts.messages import hits, letters, mails, sms, tokens
from accounts.messages.choices import choices_of
from accounts.messages.showing import shown
from accounts.models import Event, Hit, Letter, Message
from accounts.models.outboxes import Medium
from accounts.texts import Text
from tests.accounts.messages.test_hits import FIREFOX, take
from tests.accounts.messages.test_letters import elements
from tests.accounts.messages.writing import SENT, message, texts

pytestmark = pytest.mark.django_db
ANSWERS = {
    "page": "/s/",
    "choices": [[str(n), str(n), ""] for n in range(10)] + [["10", "10", "Extremely & likely"]],
    "low": "Not at all likely",
    "high": "Extremely likely",
}


def asking(**more):
    return message(texts=texts(answers=ANSWERS, button="Answer", **more))


def filled(sent):
    ready = mails.ready(sent, mails.House("", "cx@najm.example", Text()))
    return letters.fill(ready, sent.values, mails.addresses_of(sent))


def page_of(sent, settings):
    return f"{settings.URL}/s/{tokens.of(sent.pk, tokens.CHOICE)}/"


def links(html):
    return [(one["href"], one.get("title")) for one in elements(html, "a") if one.get("class") == "choice"]


@pytest.mark.parametrize("language", ["en", "ar"])
def test_each_choice_of_a_mail_is_a_link_of_the_readers_own(settings, language):
    sent = asking()
    sent.language = language
    page = page_of(sent, settings)

    found = filled(sent)

    assert links(found.html) == [(f"{page}?value={n}", None) for n in range(10)] + [
        (f"{page}?value=10", "Extremely & likely")
    ]
    assert f"7: {page}?value=7\n" in found.text
    assert f"10 (Extremely & likely): {page}?value=10\n" in found.text
    assert f"Answer: {page}\n" in found.text
    assert re.search(f'href="{page}"[^>]*>\\s*Answer', found.html)
    ends = ("right", "left") if language == "ar" else ("left", "right")
    assert tuple(one["align"] for one in elements(found.html, "td") if one.get("class") == "end") == ends


def test_a_link_of_the_button_goes_before_the_page(settings):
    sent = asking(link="mailto:us@najm.example")

    assert "Answer: mailto:us@najm.example\n" in filled(sent).text


def test_a_button_without_a_link_needs_something_that_is_asked():
    assert letters.problems(texts(answers=ANSWERS, button="Answer")) == []
    assert {one.field for one in letters.problems(texts(button="Answer"))} == {"link"}


def test_what_is_only_looked_at_leads_nowhere():
    html = shown(asking()).html

    assert {urlsplit(href)._replace(fragment="").geturl() for href, _title in links(html)} == {""}


def test_token_of_another_use_is_none():
    assert tokens.read(tokens.of(7, tokens.LINK), tokens.CHOICE) is None
    assert tokens.read(tokens.of(7, tokens.CHOICE), tokens.CHOICE) == 7


# SMS


def text_message(body):
    letter = Letter.objects.create(medium=Medium.SMS, texts={"en": {"body": body, "answers": ANSWERS}})
    return Message.objects.create(
        letter=letter, medium=Medium.SMS, language="en", address="+966501234567", due_at=SENT
    )


@pytest.mark.parametrize(
    ("body", "written"), [("How likely?", "How likely?\n{}"), ("At {page}, please.", "At {}, please.")]
)
def test_sms_holds_its_page_where_it_is_written_or_at_its_end(settings, client, body, written):
    sent = text_message(body.format(page=f"{settings.URL}/s/"))
    address = f"{settings.URL}/s/{tokens.short(sent.pk, tokens.ANSWERS)}"

    text = sms.text_of(sent, "")

    assert text == written.format(address)
    assert client.get(urlsplit(address).path)["Location"] == page_of(sent, settings)
    late = written.format(f"{settings.URL}/s/{tokens.short(sms.LATE_MESSAGE, tokens.ANSWERS)}")
    assert sms.sizes(sent.letter)["en"].units == len(late)


def test_short_link_of_a_letter_that_asks_nothing_leads_nowhere(client):
    assert client.get(f"/s/{tokens.short(message().pk, tokens.ANSWERS)}").status_code == 404


# Who follows


def test_choice_that_a_person_follows_is_a_click(settings):
    sent = asking()
    at = SENT + timedelta(hours=1)

    hits.note_choice(sent, "1.2.3.4", FIREFOX, at, value="9")
    hits.settle(at + timedelta(minutes=2))
    take()

    event = Event.objects.get(name="Email Link Clicked")
    assert (event.machine, event.properties["url"]) == (False, f"{settings.URL}/s/")


def test_scanner_that_follows_all_of_them_is_a_machine():
    sent = asking()
    at = SENT + timedelta(hours=1)

    for value in ("", "0", "9"):
        hits.note_choice(sent, "1.2.3.4", FIREFOX, at, value=value)
    hits.settle(at + timedelta(minutes=2))

    assert list(Hit.objects.values_list("link", "machine")) == [(1, True), (2, True), (11, True)]


def test_what_asks_nothing_has_no_choices():
    assert choices_of(texts()["en"]) is None
    hits.note_choice(message(), "1.2.3.4", FIREFOX, SENT)
    assert not Hit.objects.exists()
