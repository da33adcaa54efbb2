"""SMS over real HTTP, and what becomes of each."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from accounts import tasks
from accounts.messages import preferences, sending, sms, tokens
from accounts.messages.segments import size
from accounts.models import Account, Hit, Letter, Mailing, Message, Outbox, Suppression
from accounts.models.outboxes import Medium
from cxhub.celery import app
from tests import factories
from tests.accounts.messages.written import message
from tests.accounts.webhooks.receiving import answer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
State = Message.State
NUMBER = "+966501234567"
MANY = [f"+96650123456{n}" for n in range(5)]


def texts(english="Hello", arabic="أهلا"):
    return Letter.objects.create(medium=Medium.SMS, texts={"en": {"body": english}, "ar": {"body": arabic}})


def text_message(address=NUMBER, **fields):
    fields = {"medium": Medium.SMS, "at": NOW, "letter": fields.pop("letter", None) or texts()} | fields
    return message(address, **fields)


def turn(now=NOW, **how):
    return sending.turn(now + timedelta(minutes=1), lambda: now, **how)


def said(provider):
    return [json.loads(body) for _headers, body in provider.got]


def become(one):
    one.refresh_from_db()
    return one.state, one.reason


def hang_up(handler):
    handler.close_connection = True


def never(handler):
    handler.closing.wait(20)


def test_sms_is_handed_over_with_our_id_and_theirs_is_kept(provider, settings):
    settings.SMS_HEADERS = {"Authorization": "Bearer secret"}
    one = text_message()

    assert (turn(), turn()) == (1, 0)

    assert said(provider) == [
        {"id": tokens.of(one.pk, tokens.REPLY), "from": "+966500000000", "to": NUMBER, "text": "Hello"}
    ]
    headers, _body = provider.got[0]
    assert (headers["Authorization"], headers["Content-Type"]) == ("Bearer secret", "application/json")
    assert become(one) == (State.SENT, "")
    assert (one.provider_id, one.sent_at, one.tries) == ("theirs-1", NOW, 1)


def test_body_is_as_the_provider_wants_it(provider, settings):
    settings.SMS_BODY = {
        "messages": [{"destinations": [{"to": "{digits}"}], "text": "{text}", "sender": "{from}"}]
    }
    settings.SMS_ID_FIELD = "messages.0.messageId"
    provider.does = answer(202, json.dumps({"padding": "x" * 3000, "messages": [{"messageId": 77}]}).encode())
    one = text_message(letter=texts("{to} {id} \\"))
    Outbox.objects.create(medium="sms", sender="Najm")

    turn()

    assert said(provider) == [
        {"messages": [{"destinations": [{"to": NUMBER[1:]}], "text": "{to} {id} \\", "sender": "Najm"}]}
    ]
    assert become(one) == (State.SENT, "")
    assert one.provider_id == "77"


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        (400, State.FAILED, "refused"),
        (422, State.FAILED, "refused"),
        (401, State.WAITING, "temporary"),
        (408, State.WAITING, "temporary"),
        (425, State.WAITING, "temporary"),
        (429, State.WAITING, "temporary"),
        (500, State.WAITING, "temporary"),
        (503, State.WAITING, "temporary"),
        (302, State.WAITING, "temporary"),
    ],
)
def test_refusal_is_final_or_tried_again(provider, status, state, reason):
    provider.does = answer(status, b"not now", Location="/elsewhere")
    one = text_message()

    assert turn() == 0

    assert become(one) == (state, reason)
    assert one.answer == f"{status} not now"
    provider.does = answer(200)
    assert turn(NOW + timedelta(seconds=59)) == 0
    assert turn(NOW + timedelta(minutes=1)) == (state == State.WAITING)
    assert len({body["id"] for body in said(provider)}) == 1


@pytest.mark.parametrize("does", [hang_up, never])
def test_request_without_an_answer_is_unknown_and_not_sent_again(provider, monkeypatch, does):
    monkeypatch.setattr("accounts.messages.sms_lines.TIMEOUT", 0.5)
    provider.does = lambda handler: (does if len(provider.got) == 1 else answer(200))(handler)
    one, other = text_message(), text_message(MANY[0])

    assert turn() == 1

    assert become(one) == (State.UNKNOWN, "no_answer")
    assert "worker" not in one.answer
    assert become(other) == (State.SENT, "")
    assert turn(NOW + timedelta(days=1)) == 0
    assert len(provider.got) == 2


def test_provider_that_knows_ids_is_asked_again(provider, settings):
    settings.SMS_KNOWS_IDS = True
    provider.does = hang_up
    one = text_message()

    turn()
    assert become(one) == (State.WAITING, "no_answer")
    provider.does = answer(200)
    turn(NOW + timedelta(minutes=1))

    assert become(one) == (State.SENT, "")
    first, second = said(provider)
    assert first == second


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "http://no-such-host.invalid/", "http://10.0.0.1/", "ftp://127.0.0.1/"]
)
def test_provider_that_is_not_there_costs_no_try(provider, settings, url):
    settings.SMS_URL = url
    one = text_message()

    turn()

    assert become(one) == (State.WAITING, "")
    assert (one.tries, Outbox.of("sms").errors) == (0, 1)
    assert Outbox.of("sms").next_at == NOW + timedelta(seconds=10)


def test_slow_provider_is_waited_for(provider):
    def slowly(handler):
        handler.closing.wait(1.5)
        answer(200)(handler)

    provider.does = slowly
    one = text_message()

    assert turn() == 1
    assert become(one) == (State.SENT, "")


def test_so_many_errors_pause_sms_and_no_mails(provider, server):
    Outbox.objects.create(medium="sms", errors_allowed=2)
    provider.does = answer(400)
    for number in MANY:
        text_message(number)
    mail = message(at=NOW)

    turn()

    assert Outbox.of("sms").paused_at == NOW
    assert Message.objects.filter(medium="sms", state=State.FAILED).count() == 2
    assert become(mail) == (State.SENT, "")


def test_each_medium_has_its_turn(provider, server):
    one, mail = text_message(), message(at=NOW)

    turn(media=["sms"])

    assert (become(one)[0], become(mail)[0]) == (State.SENT, State.WAITING)


def test_timetable_has_a_task_for_each_medium(provider, server):
    one, mail = text_message(), message(at=NOW)
    by_medium = [entry["kwargs"] for name, entry in app.conf.beat_schedule.items() if "messages_" in name]
    assert by_medium == [{"medium": medium} for medium in Medium.values]

    tasks.send_messages(medium="sms")

    assert (become(one)[0], become(mail)[0]) == (State.SENT, State.WAITING)


def test_without_a_line_sms_wait(settings):
    settings.SMS = ""
    one = text_message()

    assert not sms.is_possible()
    assert turn() == 0
    assert become(one) == (State.WAITING, "")
    assert one.tries == 0


def test_console_says_into_how_many_segments_it_falls(settings, capsys):
    settings.SMS = "console"
    text_message(letter=texts("م" * 71))

    assert turn() == 1

    shown = capsys.readouterr().out
    assert f"SMS to {NUMBER} from -: 2 segments of UCS-2, 71 units\n{'م' * 71}\n" in shown


# Numbers


def test_number_is_written_in_full_before_it_is_looked_up(provider):
    Suppression.objects.create(medium="sms", address="+966501234560", reason="stopped")
    account = factories.account()
    Account.objects.filter(pk=account.pk).update(country="SA")
    stopped = text_message("٠٥٠١٢٣٤٥٦٠", account=account)
    one = text_message("050 123 4567", account=account)

    assert turn() == 1

    assert become(stopped) == (State.SKIPPED, "suppressed")
    assert become(one) == (State.SENT, "")
    assert one.address == NUMBER


def test_two_spellings_of_a_number_get_a_mailing_once(provider):
    words = texts()
    mailing = Mailing.objects.create(name="News", letter=words, population=factories.population())
    for address in (NUMBER, "+966 50 123 4567", "00966501234567"):
        text_message(address, letter=words, mailing=mailing)

    assert turn() == 1

    states = Message.objects.order_by("pk").values_list("state", "reason")
    assert list(states) == [(State.SENT, ""), (State.SKIPPED, "twice"), (State.SKIPPED, "twice")]


def test_what_is_no_number_fails_and_says_why(provider):
    one, other = text_message("0501234567"), text_message()

    assert turn() == 1

    assert become(one) == (State.FAILED, "bad_address")
    assert one.answer.startswith("This is no telephone number.")
    assert become(other)[0] == State.SENT


# Texts


def test_arabic_and_emoji_arrive_as_they_were_written(provider):
    words = texts(arabic="مرحبا {{ first_name | بك }} 🎉")
    text_message(letter=words, values={"first_name": "سارة"})
    Message.objects.update(language="ar")

    turn()

    (body,) = said(provider)
    assert body["text"] == "مرحبا سارة 🎉"
    assert size(body["text"]) == (False, 13, 1, 57)


def test_link_is_shortened_followed_and_noted(provider, client):
    words = texts("See https://docs.example/a-long-way-to-the-guide?utm=sms, and https://b.example/")
    one = text_message(letter=words)

    turn()

    (body,) = said(provider)
    first, second = (word.strip(",") for word in body["text"].split() if word.startswith("http"))
    assert len(urlsplit(first).path) <= 20
    assert client.head(urlsplit(first).path).status_code == 302
    assert not Hit.objects.exists()
    assert client.get(urlsplit(first).path).url == "https://docs.example/a-long-way-to-the-guide?utm=sms"
    assert client.get(urlsplit(second).path).url == "https://b.example/"
    assert list(Hit.objects.values_list("message", "link")) == [(one.pk, 0), (one.pk, 1)]


def test_marketing_says_how_to_stop_in_its_language(provider, settings):
    settings.SMS_WEBHOOK_SECRETS = ["cxhub:secret"]
    text_message(MANY[0], purpose="marketing")
    text_message(MANY[1], purpose="service")

    turn()

    assert [body["text"] for body in said(provider)] == ["Hello\nTo stop, reply STOP.", "Hello"]


@pytest.mark.parametrize(("sender", "secrets"), [("Najm", ["cxhub:secret"]), ("+966500000000", [])])
def test_where_answers_are_not_seen_a_page_takes_them(provider, settings, client, sender, secrets):
    settings.SMS_WEBHOOK_SECRETS, settings.SMS_FROM = secrets, sender
    one = text_message(purpose="marketing")

    turn()
    address = said(provider)[0]["text"].removeprefix("Hello\nTo stop: ")
    page = client.get(urlsplit(address).path)
    client.post(page.url, {"wanted": ["service", "surveys"]})

    assert page.url == f"/m/{tokens.of(one.pk, tokens.LINK)}/"
    assert client.get(page.url).status_code == 200
    assert list(Suppression.objects.values_list("medium", "address", "purpose")) == [
        ("sms", NUMBER, "marketing")
    ]
    assert preferences.of(one).wanted == ("service", "surveys")
    again = text_message(purpose="marketing")
    assert turn() == 0
    assert become(again) == (State.SKIPPED, "suppressed")


def test_sizes_are_those_of_long_names_in_the_letters_that_cost_most(settings):
    settings.SMS, settings.SMS_FROM = "http", "Najm"
    words = texts("Hello {{ name }}, https://docs.example/guide", "م" * 60)

    found = sms.sizes(words)

    assert (found["en"].is_gsm, found["en"].segments) == (False, 2)
    assert found["ar"] == size("م" * 60)
    assert sms.sizes(words, "marketing")["ar"].segments == 2
    assert sms.sizes(texts("Hello", ""))["en"] == size("Hello")
    assert "ar" not in sms.sizes(texts("Hello", " "))


# Twilio


@pytest.fixture
def twilio(provider, settings):
    settings.SMS, settings.SMS_URL = "twilio", provider.url.removesuffix("/hook")
    settings.TWILIO_SID, settings.TWILIO_TOKEN = "AC1", "token"
    settings.URL, settings.IS_HTTPS = "https://cx.example", True
    sent = {"account_sid": "AC1", "body": "م" * 1600, "status": "queued", "sid": "SM1"}
    provider.does = answer(201, json.dumps(sent).encode())
    return provider


@pytest.mark.parametrize(("sender", "field"), [("+966500000000", "From"), ("MG1", "MessagingServiceSid")])
def test_twilio_gets_a_form(twilio, settings, sender, field):
    settings.SMS_FROM = sender
    one = text_message(letter=texts("Hello + أهلا"))

    assert turn() == 1

    ((headers, body),) = twilio.got
    assert parse_qs(body) == {
        "To": [NUMBER],
        field: [sender],
        "Body": ["Hello + أهلا"],
        "StatusCallback": [f"https://cx.example/in/sms/twilio/?id={tokens.of(one.pk, tokens.REPLY)}"],
    }
    assert headers["Authorization"] == f"Basic {b64encode(b'AC1:token').decode()}"
    assert become(one) == (State.SENT, "")
    assert (one.provider_id, one.answer) == ("SM1", "201 queued")


@pytest.mark.parametrize(
    ("status", "code", "state", "reason", "suppressed"),
    [
        (400, 21614, State.BOUNCED, "no_mailbox", ["bounced"]),
        (400, 21610, State.FAILED, "stopped", ["stopped"]),
        (400, 21617, State.FAILED, "refused", []),
        (429, 20429, State.WAITING, "temporary", []),
        (401, 20003, State.WAITING, "temporary", []),
    ],
)
def test_twilio_says_why_it_refuses(twilio, status, code, state, reason, suppressed):
    twilio.does = answer(status, json.dumps({"code": code, "message": "No."}).encode())
    one = text_message()

    turn()

    assert become(one) == (state, reason)
    assert one.answer == f"{status} {code} No."
    assert list(Suppression.objects.values_list("reason", flat=True)) == suppressed
