"""What mails lead to: whoever holds a token says what is sent to its address, and asking alone changes nothing."""

import re

import pytest
from django.test import Client

from accounts.messages import mailings, mails, tokens
from accounts.messages.recipients import Recipient
from accounts.models import Hit, IntakeBatch, Message, Suppression
from tests.accounts.messages.mailed import mailing
from tests.accounts.messages.writing import SENT, message, texts

pytestmark = pytest.mark.django_db
READING = ("get", "head", "options")


def page(sent, rest=""):
    return f"/m/{tokens.of(sent.pk, tokens.LINK)}/{rest}"


def standing():
    return sorted(Suppression.objects.standing().values_list("purpose", flat=True))


def suppress(sent, purpose, reason, **fields):
    return Suppression.objects.create(address=sent.address, purpose=purpose, reason=reason, **fields)


def checked(response):
    boxes = re.findall(r'<input class="form-check-input"[^>]*>', response.content.decode())
    return [
        re.search('(?:value|name)="(service|surveys|marketing|nothing)"', box)[1]
        for box in boxes
        if " checked" in box
    ]


ALL = ("", "unsubscribe/", "0/", "picture.gif", "trap/")


@pytest.mark.parametrize("rest", ALL)
def test_wrong_token_is_not_found(client, rest):
    sent = message()
    other = tokens.of(sent.pk, tokens.REPLY)

    assert client.get(page(sent, rest)).status_code in {200, 204, 302}
    assert client.get(f"/m/{other}/{rest}").status_code == 404
    assert client.get(f"/m/x/{rest}").status_code == 404
    sent.delete()
    assert (
        client.get(page(sent, rest) if sent.pk else f"/m/{tokens.of(1, tokens.LINK)}/{rest}").status_code
        == 404
    )


def test_addresses_in_the_mail_are_those_that_answer(client):
    sent = message()
    address_of = mails.addresses_of(sent)

    for name in ("preferences", "unsubscribe", "picture", "trap", "0"):
        address = address_of(name).removeprefix("http://localhost:8000")
        assert client.get(address).status_code in {200, 204, 302}, name


@pytest.mark.parametrize("rest", ALL)
@pytest.mark.parametrize("method", READING)
def test_reading_unsubscribes_nobody(rest, method):
    sent = message()

    answer = getattr(Client(), method)(page(sent, rest))

    assert answer.status_code in {200, 204, 302, 405}
    assert not Suppression.objects.exists()
    assert not IntakeBatch.objects.exists()


# Preferences


def test_page_shows_the_choices_and_nothing_of_the_person(client):
    sent = message(address="sara@najm.example", name="Sara Ahmad")
    suppress(sent, "marketing", "unsubscribed")

    answer = client.get(page(sent))

    assert checked(answer) == ["service", "surveys"]
    text = answer.content.decode()
    assert "najm.example" not in text
    assert "Sara" not in text
    assert answer["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in answer["Cache-Control"]


def test_choices_are_saved_and_undone(client):
    sent = message()

    answer = client.post(page(sent), {"wanted": ["service", "surveys"]})
    assert standing() == ["marketing"]
    assert checked(client.get(answer.url)) == ["service", "surveys"]

    client.post(page(sent), {"wanted": ["service"], "nothing": "on"})
    assert standing() == [""]
    assert checked(client.get(page(sent))) == ["nothing"]

    client.post(page(sent), {"wanted": ["service", "surveys", "marketing"]})
    assert standing() == []
    assert Suppression.objects.exclude(lifted_at=None).count() == 2


def test_saving_twice_is_as_once(client):
    sent = message()

    for _ in range(2):
        client.post(page(sent), {})

    assert standing() == ["marketing", "service", "surveys"]
    assert Suppression.objects.count() == 3


def test_choices_are_those_of_the_address_however_it_is_written(client):
    suppress(message(address="SARA@najm.example"), "surveys", "unsubscribed")
    sent, other = message(), message(address="omar@najm.example")

    client.post(page(sent), {"wanted": ["service"]})

    assert checked(client.get(page(sent))) == ["service"]
    assert checked(client.get(page(other))) == ["service", "surveys"]


def test_what_others_stopped_is_not_lifted(client):
    sent = message()
    suppress(sent, "surveys", "by_hand")

    saved = client.post(page(sent), {"wanted": ["service", "surveys", "marketing"]}, follow=True)

    assert standing() == ["surveys"]
    assert checked(saved) == ["service", "marketing"]
    assert re.findall('value="([a-z]+)" id="[^"]+" disabled', saved.content.decode()) == ["surveys"]
    assert "stopped on our side" in saved.content.decode()


@pytest.mark.parametrize("reason", ["bounced", "by_hand"])
def test_where_nothing_can_be_changed_nothing_is_offered(client, reason):
    sent = message()
    suppress(sent, "", reason)

    shown = client.get(page(sent)).content.decode()
    saved = client.post(page(sent), {"wanted": ["service"]}, follow=True).content.decode()

    assert standing() == [""]
    for text in (shown, saved):
        assert "stopped on our side" in text
        assert "Saved." not in text
        assert 'name="wanted"' not in text


def test_unknown_choice_changes_nothing(client):
    sent = message()

    answer = client.post(page(sent), {"wanted": ["everything"]})

    assert answer.status_code == 400
    assert not Suppression.objects.exists()


def test_form_is_not_sent_from_elsewhere():
    sent = message()
    client = Client(enforce_csrf_checks=True)

    assert client.post(page(sent), {}).status_code == 403
    assert client.post(page(sent, "unsubscribe/"), {}).status_code == 403
    assert client.post(page(sent, "unsubscribe/"), {"List-Unsubscribe": "Two-Clicks"}).status_code == 403
    assert not Suppression.objects.exists()


@pytest.mark.parametrize("rest", ["", "unsubscribe/"])
def test_page_is_in_the_language_of_the_message_until_another_is_chosen(client, rest):
    sent = message(language="ar")

    first = client.get(page(sent, rest), headers={"Accept-Language": "en"})
    client.post("/language/", {"language": "en", "next": page(sent, rest)})
    second = client.get(page(sent, rest))

    assert '<html lang="ar" dir="rtl"' in first.content.decode()
    assert first["Content-Language"] == "ar"
    assert '<html lang="en" dir="ltr"' in second.content.decode()


# Unsubscribing


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", None])
def test_one_click_of_a_mail_program_unsubscribes_from_the_purpose(content_type):
    sent = message(purpose="marketing")
    client = Client(enforce_csrf_checks=True)
    body = {"List-Unsubscribe": "One-Click"} if content_type is None else "List-Unsubscribe=One-Click"
    given = {} if content_type is None else {"content_type": content_type}

    answers = [client.post(page(sent, "unsubscribe/"), body, **given).status_code for _ in range(2)]

    assert answers == [200, 200]
    kept = Suppression.objects.get()
    assert (kept.address, kept.purpose, kept.reason) == (sent.address, "marketing", "unsubscribed")
    assert kept.message == sent
    assert b"\tUnsubscribed\t" in bytes(IntakeBatch.objects.first().lines)


def test_button_unsubscribes():
    sent = message(purpose="surveys")
    client = Client(enforce_csrf_checks=True)
    form = client.get(page(sent, "unsubscribe/")).content.decode()
    token = re.search('name="csrfmiddlewaretoken" value="([^"]+)"', form)[1]

    answer = client.post(page(sent, "unsubscribe/"), {"csrfmiddlewaretoken": token}, follow=True)

    assert standing() == ["surveys"]
    assert "You are unsubscribed" in answer.content.decode()


@pytest.mark.parametrize("rest", ["", "unsubscribe/"])
@pytest.mark.parametrize("body", [{}, {"List-Unsubscribe": "One-Click"}])
def test_a_test_changes_nothing_and_says_so(client, alice, rest, body):
    one = mailing(alice, purpose="marketing")
    recipient = Recipient(1, 1, "Najm", "Sara", "sara@najm.example", "en", {"name": "Sara"}, "", "")
    sent = mailings.send_test(one, recipient, alice, "en", SENT)

    answers = [client.get(page(sent, rest)), client.post(page(sent, rest), body)]

    assert not Suppression.objects.exists()
    assert not IntakeBatch.objects.exists()
    for answer in answers:
        assert answer.status_code == 200
        assert "This was a test" in answer.content.decode()
        assert "btn-primary" not in answer.content.decode()


def test_a_mail_of_our_own_that_is_no_test_is_unsubscribed_from(client):
    sent = message(key="notice-1", address="alice@cxhub.example")

    client.post(page(sent, "unsubscribe/"))

    assert standing() == ["service"]


# Links


def test_link_leads_on_and_is_noted(client):
    sent = message(texts=texts(button="Open", link="https://b.example/?a=1&b=2"))

    answers = [client.get(page(sent, f"{number}/"), headers={"User-Agent": "Firefox"}) for number in (0, 1)]

    assert [answer.status_code for answer in answers] == [302, 302]
    assert [answer.url for answer in answers] == ["https://docs.example/guide", "https://b.example/?a=1&b=2"]
    assert list(Hit.objects.values_list("message", "link", "trap", "agent", "machine")) == [
        (sent.pk, 0, False, "Firefox", None),
        (sent.pk, 1, False, "Firefox", None),
    ]
    assert len(Hit.objects.first().visitor) == 32
    assert client.get(page(sent, "2/")).status_code == 404


def test_link_is_that_of_the_language_of_the_message(client):
    assert client.get(page(message(language="ar"), "0/")).url == "https://docs.example/guide-ar"


def test_picture_and_trap_are_noted(client):
    sent = message()

    picture, trap = client.get(page(sent, "picture.gif")), client.get(page(sent, "trap/"))

    assert (picture.status_code, picture["Content-Type"]) == (200, "image/gif")
    assert picture.content.startswith(b"GIF89a")
    assert trap.status_code == 204
    assert list(Hit.objects.values_list("link", "trap")) == [(None, False), (None, True)]


@pytest.mark.parametrize("rest", ["0/", "picture.gif", "trap/"])
def test_head_notes_nothing(client, rest):
    client.head(page(message(), rest))

    assert not Hit.objects.exists()


def test_visitors_are_told_apart_by_address_as_far_as_proxies_are_believed(client, settings):
    sent = message()

    for address in ("10.0.0.1", "10.0.0.2", "10.0.0.1"):
        client.get(page(sent, "0/"), REMOTE_ADDR=address, headers={"X-Forwarded-For": "1.2.3.4"})

    first, second, third = Hit.objects.values_list("visitor", flat=True)
    assert first == third != second


def test_nobody_fills_the_table(client, monkeypatch):
    monkeypatch.setattr("accounts.messages.hits.MOST", 2)
    sent = message()

    answers = [client.get(page(sent, "0/")).status_code for _ in range(3)]

    assert answers == [302, 302, 302]
    assert Hit.objects.count() == 2


def test_message_of_which_nobody_is_left_has_no_page(client):
    sent = message()
    Message.objects.update(address="")

    assert client.get(page(sent)).status_code == 404
