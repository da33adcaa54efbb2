"""The pages of messages: how they leave, to whom none do, what may have left, and what became of one."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.intake import worker
from accounts.message_forms import OutboxForm
from accounts.messages import hits, letters
from accounts.models import AuditEntry, ErasedAddress, Event, Hit, Message, Outbox, Reply, Suppression
from accounts.models.people import digest_of
from accounts.models.suppressions import digested
from tests import factories
from tests.accounts.messages.writing import SENT, contact, message, texts

pytestmark = pytest.mark.django_db
ADDRESS = "sara@najm.example"
PAGES = ("messages/", "messages/suppressions/", "messages/unknown/", "messages/replies/")


def joined(user, role):
    user.groups.add(Group.objects.get(name=role))
    return user


@pytest.fixture
def operations(charlie):
    return joined(charlie, "Operations")


@pytest.fixture
def manager(bob):
    return joined(bob, "CS manager")


@pytest.fixture
def to_sara(alice):
    """Of Alice's account."""
    joined(alice, "CSM")
    return message(contact=contact(account=factories.account("Najm", owner=alice), email=ADDRESS))


def doings(row, sent):
    return [
        "messages/outboxes/email/",
        "messages/outboxes/email/pause/",
        "messages/outboxes/email/resume/",
        "messages/suppressions/new/",
        f"messages/suppressions/{row.pk}/lift/",
        f"messages/{sent.pk}/again/",
        f"messages/{sent.pk}/arrived/",
    ]


@pytest.mark.parametrize("role", ["CSM", "Marketing", "Executive"])
def test_for_others_there_is_no_such_page(sign_in, bob, to_sara, role):
    Message.objects.update(state="unknown")
    client, row = sign_in(joined(bob, role)), Suppression.objects.create(address=ADDRESS)

    assert {client.get(f"/{where}").status_code for where in PAGES} == {404}
    assert {client.post(f"/{where}").status_code for where in doings(row, to_sara)} == {404}
    assert 'href="/messages/"' not in client.get("/").content.decode()


def test_a_manager_looks_and_changes_nothing(sign_in, manager, to_sara):
    Message.objects.update(state="unknown")
    client, row = sign_in(manager), Suppression.objects.create(address=ADDRESS)

    assert {client.get(f"/{where}").status_code for where in PAGES} == {200}
    assert {client.post(f"/{where}").status_code for where in doings(row, to_sara)} == {403}
    assert '<form method="post" action="/messages' not in client.get("/messages/").content.decode()
    assert not Outbox.objects.exclude(paused_at=None).exists()


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("suppressions/", "There is no such address"),
        ("unknown/", "Of every message it is known"),
        ("replies/", "There are no replies"),
    ],
)
def test_nothing_there_is_said(sign_in, operations, where, words):
    assert words in sign_in(operations).get(f"/messages/{where}").content.decode()


# How it leaves


def test_what_paused_is_told_and_goes_on(sign_in, operations):
    outbox = Outbox.of("email")
    for _number in range(20):
        outbox.hears("421 4.7.0 too <many>", well=False)
    outbox.keep_standing(timezone.now())
    client = sign_in(operations)

    page = client.get("/messages/").content.decode()
    assert "421 4.7.0 too &lt;many&gt;" in page
    assert "Paused" in page
    assert 'action="/messages/outboxes/email/resume/"' in page
    for _click in range(2):
        client.post("/messages/outboxes/email/resume/")

    outbox.refresh_from_db()
    assert (outbox.paused_at, outbox.paused_because, outbox.errors) == (None, "", 0)
    assert 'action="/messages/outboxes/email/pause/"' in client.get("/messages/").content.decode()
    for _click in range(2):
        client.post("/messages/outboxes/email/pause/")
    assert Outbox.of("email").paused_because == "By hand"


def test_an_outbox_is_edited_and_its_state_left_alone(sign_in, operations):
    client = sign_in(operations)
    form = {"sender": "Najm <cs@najm.example>", "a_second": "5", "errors_allowed": "9", "budget_days": "30"}
    Outbox.of("email")
    Outbox.objects.update(errors=3, heard="450")

    client.post("/messages/outboxes/email/", form | {"person_budget": "2", "account_budget": ""})
    wrong = client.post("/messages/outboxes/email/", form | {"errors_allowed": "0"})

    outbox = Outbox.of("email")
    assert (outbox.sender, outbox.a_second, outbox.person_budget, outbox.account_budget) == (
        form["sender"],
        5,
        2,
        None,
    )
    assert (outbox.errors, outbox.heard, outbox.errors_allowed) == (3, "450", 9)
    assert (wrong.status_code, list(wrong.context["form"].errors)) == (400, ["errors_allowed"])
    assert client.get("/messages/outboxes/fax/").status_code == 404


def test_waiting_and_unknown_are_counted(sign_in, operations):
    for state in ("waiting", "waiting", "unknown", "sent"):
        message(state=state)

    mail, sms = sign_in(operations).get("/messages/").context["rows"]

    assert (mail["waiting"], mail["unknown"]) == (2, 1)
    assert (sms["waiting"], sms["unknown"]) == (0, 0)


# To whom nothing is sent


def test_addresses_are_found_by_what_is_asked_for(sign_in, operations):
    client = sign_in(operations)
    sara = Suppression.objects.create(address=ADDRESS, reason="bounced")
    number = Suppression.objects.create(address="+966507654321", medium="sms", reason="stopped")
    lifted = Suppression.objects.create(address=ADDRESS, purpose="surveys", lifted_at=timezone.now())
    erased = Suppression.objects.create(address=digested("gone@najm.example"))

    def found(query=""):
        return set(client.get(f"/messages/suppressions/{query}").context["page"])

    assert found() == {sara, number, erased}
    assert found("?q=SARA@") == {sara}
    assert found("?q=Gone@najm.example") == {erased}
    assert found("?medium=sms") == {number}
    assert found("?which=lifted") == {lifted}
    assert client.get("/messages/suppressions/?medium=fax").status_code == 400
    assert "sha256:" not in client.get("/messages/suppressions/").content.decode()


@pytest.mark.parametrize("written", ["00966 50 765 4321", "+966-507654321", "+٩٦٦٥٠٧٦٥٤٣٢١"])
def test_a_number_is_suppressed_as_sms_are_sent_there(sign_in, operations, written):
    client, form = sign_in(operations), {"medium": "sms", "purpose": ""}

    client.post("/messages/suppressions/new/", form | {"address": written})
    again = client.post("/messages/suppressions/new/", form | {"address": "+966507654321"})

    assert Suppression.objects.get().address == "+966507654321"
    assert list(again.context["form"].errors) == ["address"]


@pytest.mark.parametrize("written", ["0507654321", "sara", "+9665"])
def test_a_number_without_its_country_is_refused(sign_in, operations, written):
    form = {"medium": "sms", "address": written, "purpose": ""}

    answer = sign_in(operations).post("/messages/suppressions/new/", form)

    assert (answer.status_code, list(answer.context["form"].errors)) == (400, ["address"])
    assert not Suppression.objects.exists()


def test_an_address_is_suppressed_by_hand(sign_in, operations):
    client = sign_in(operations)
    form = {"medium": "email", "address": ADDRESS, "purpose": "marketing"}

    client.post("/messages/suppressions/new/", form)
    again = client.post("/messages/suppressions/new/", form | {"address": ADDRESS.upper()})
    wrong = client.post("/messages/suppressions/new/", form | {"address": "sara"})

    row = Suppression.objects.get()
    assert (row.address, row.purpose, row.reason) == (ADDRESS, "marketing", "by_hand")
    assert AuditEntry.objects.get(table="accounts_suppression").actor == operations
    for refused in (again, wrong):
        assert (refused.status_code, list(refused.context["form"].errors)) == (400, ["address"])
    client.post("/messages/suppressions/new/", {"medium": "email", "address": ADDRESS, "purpose": ""})
    assert Suppression.objects.filter(purpose="").exists()


def test_of_who_was_erased_a_digest_is_kept(sign_in, operations):
    ErasedAddress.objects.create(digest=digest_of(ADDRESS))

    form = {"medium": "email", "address": ADDRESS, "purpose": ""}
    sign_in(operations).post("/messages/suppressions/new/", form)

    assert Suppression.objects.get().address == digested(ADDRESS)


def test_one_is_lifted_once_it_was_asked(sign_in, operations):
    row = Suppression.objects.create(address=ADDRESS, reason="complained")
    client, where = sign_in(operations), f"/messages/suppressions/{row.pk}/lift/"

    asked = client.get(where).content.decode()
    assert "want no more" in asked
    row.refresh_from_db()
    assert row.lifted_at is None
    client.post(where)

    row.refresh_from_db()
    assert row.lifted_at
    assert client.post(where).status_code == 404
    assert AuditEntry.objects.filter(table="accounts_suppression", actor=operations, action="update").exists()


# What may have left


def test_what_is_unknown_is_listed_and_said(sign_in, operations, to_sara):
    Message.objects.update(state="unknown", answer="The worker <stopped>")
    other = message(state="unknown", medium="sms", address="+966507654321")
    client = sign_in(operations)

    page = client.get("/messages/unknown/")
    assert set(page.context["page"]) == {to_sara, other}
    assert "The worker &lt;stopped&gt;" in page.content.decode()
    assert set(client.get("/messages/unknown/?medium=sms").context["page"]) == {other}
    assert client.get("/messages/unknown/?medium=fax").status_code == 400
    client.post(f"/messages/{other.pk}/arrived/")
    client.post(f"/messages/{to_sara.pk}/again/")

    states = Message.objects.order_by("pk").values_list("state", flat=True)
    assert list(states) == ["skipped", "delivered", "waiting"]
    assert client.post(f"/messages/{to_sara.pk}/again/").status_code == 404


def test_lists_cost_the_same_however_long(sign_in, operations, django_assert_max_num_queries):
    client = sign_in(operations)

    def costs(where):
        client.get(where)
        with django_assert_max_num_queries(30) as asked:
            client.get(where)
        return len(asked.captured_queries)

    def add():
        message(state="unknown")
        Suppression.objects.create(address=f"{Suppression.objects.count()}@najm.example")

    add()
    few = [costs(f"/{where}") for where in PAGES]
    add(), add()
    assert [costs(f"/{where}") for where in PAGES] == few


# One message


def test_one_message_is_for_those_who_see_its_account(sign_in, alice, bob, to_sara):
    hit = Hit.objects.create(message=to_sara, at=SENT, visitor="v", machine=False)
    joined(bob, "CSM")
    his = sign_in(bob)

    for where in (f"/messages/{to_sara.pk}/", f"/messages/{to_sara.pk}/content/"):
        assert his.get(where).status_code == 404
    assert his.post(f"/messages/hits/{hit.pk}/flip/").status_code == 404
    page = sign_in(alice).get(f"/messages/{to_sara.pk}/")
    assert page.status_code == 200
    assert "Hello Sara" in page.content.decode()


def test_the_timeline_leads_there(sign_in, alice, to_sara):
    timeline = sign_in(alice).get(f"/accounts/{to_sara.account_id}/timeline/").content.decode()

    assert f'href="/messages/{to_sara.pk}/"' in timeline


def test_looking_at_it_counts_nothing_and_fetches_nothing(sign_in, alice, to_sara):
    client = sign_in(alice)
    client.get(f"/messages/{to_sara.pk}/")

    response = client.get(f"/messages/{to_sara.pk}/content/")

    shown = response.content.decode()
    assert "https://docs.example/guide" in shown
    assert "/m/" not in shown
    assert set(re.findall(r'src="([^"]*)"', shown)) == {f"data:image/gif;base64,{letters.BLANK}"}
    assert "about:blank" not in shown + client.get(f"/messages/{to_sara.pk}/").content.decode()
    policy = dict(part.strip().partition(" ")[::2] for part in response["Content-Security-Policy"].split(";"))
    assert policy == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "object-src": "'none'",
        "frame-ancestors": "'self'",
        "sandbox": "",
    }
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert not Hit.objects.exists()


def test_an_sms_is_shown_as_text(sign_in, alice, to_sara):
    to_sara.letter.texts = texts(body="Hi {{ name }} <b>")
    to_sara.letter.save()
    Message.objects.update(medium="sms")

    page = sign_in(alice).get(f"/messages/{to_sara.pk}/").content.decode()

    assert "Hi Sara &lt;b&gt;" in page
    assert "<iframe" not in page


def test_of_who_was_erased_it_is_shown_without_them(sign_in, alice, to_sara):
    Message.objects.update(address="", name="", values={})

    page = sign_in(alice).get(f"/messages/{to_sara.pk}/").content.decode()

    assert "Erased person" in page
    assert "Sara" not in page


def opened(sent, at=SENT + timedelta(hours=1), agent="Mozilla/5.0 (X11) Firefox/140.0", **fields):
    return Hit.objects.create(message=sent, at=at, visitor="v", agent=agent, **fields)


def test_who_opened_it_is_said_by_those_who_know(sign_in, alice, to_sara):
    hit = opened(to_sara)
    later = SENT + timedelta(hours=2)
    hits.settle(later)
    worker.turn(later + timedelta(seconds=50), clock=lambda: later)
    client = sign_in(alice)
    assert "a person" in client.get(f"/messages/{to_sara.pk}/").content.decode()

    client.post(f"/messages/hits/{hit.pk}/flip/")

    hit.refresh_from_db()
    assert (hit.machine, hit.judged_by, Event.objects.get().machine) == (True, alice, True)
    assert "a program" in client.get(f"/messages/{to_sara.pk}/").content.decode()
    assert client.get(f"/messages/hits/{hit.pk}/flip/").status_code == 405


def test_what_is_not_judged_yet_is_said_so(sign_in, alice, to_sara):
    hit = opened(to_sara)

    response = sign_in(alice).post(f"/messages/hits/{hit.pk}/flip/", follow=True)

    assert "not judged yet. Try again" in response.content.decode()
    hit.refresh_from_db()
    assert hit.machine is None


def test_who_may_only_look_judges_nothing(sign_in, bob, to_sara):
    hit = opened(to_sara, machine=False)
    client = sign_in(joined(bob, "Executive"))

    assert client.get(f"/messages/{to_sara.pk}/").status_code == 200
    assert client.post(f"/messages/hits/{hit.pk}/flip/").status_code == 403


@pytest.mark.parametrize(
    ("sender", "is_taken"),
    [
        ("", True),
        ("news@rafeef.example", True),
        ("رفيف <news@rafeef.example>", True),
        ('"Rafeef, News" <news@rafeef.example>', True),
        ("bad", False),
        ('"Ops, "Q" <a@rafeef.example>', False),
        ("a@rafeef.example, b@rafeef.example", False),
    ],
)
def test_sender_that_no_mail_can_be_from_is_refused_beside_its_field(sender, is_taken):
    values = {"sender": sender, "errors_allowed": 20, "budget_days": 7}

    form = OutboxForm(values, instance=Outbox(medium="email"))

    assert form.is_valid() == is_taken
    assert set(form.errors) == (set() if is_taken else {"sender"})


def test_sender_of_sms_is_a_name_or_a_number():
    values = {"sender": "Rafeef", "errors_allowed": 20, "budget_days": 7}

    assert OutboxForm(values, instance=Outbox(medium="sms")).is_valid()


# What was answered


@pytest.fixture
def answered(to_sara):
    return reply(to_sara)


def reply(sent=None, **fields):
    given = {
        "message": sent,
        "contact": sent and sent.contact,
        "account": sent and sent.account,
        "mail_id": f"<{Reply.objects.count()}@najm.example>",
        "address": ADDRESS,
        "subject": "Re: Hello",
        "text": "Thank you!\nWho is <there>?" + " Yes" * 100 + " the end",
        "received_at": SENT,
    }
    return Reply.objects.create(**given | fields)


def test_replies_are_read_in_whole_on_the_page_of_the_message(sign_in, alice, to_sara, answered):
    page = sign_in(alice).get(f"/messages/{to_sara.pk}/").text

    assert '<div dir="auto">Thank you!<br>Who is &lt;there&gt;? Yes' in page
    assert "the end</div>" in page
    assert f'<bdi>Sara</bdi>\n <span class="sub"><bdi dir="ltr">{ADDRESS}</bdi>' in page
    assert '<p dir="auto"><strong>Re: Hello</strong></p>' in page
    assert "Absence note" not in page


def test_absence_notes_and_answers_of_others_are_marked(sign_in, alice, to_sara):
    reply(to_sara, automatic=True)
    reply(to_sara, address="mallory@evil.example")

    of_message = sign_in(alice).get(f"/messages/{to_sara.pk}/").text
    of_account = sign_in(alice).get(f"/accounts/{to_sara.account_id}/timeline/").text

    for page in (of_message, of_account):
        assert page.count("Absence note") == 1
        assert page.count('<bdi dir="ltr">mallory@evil.example</bdi>, in answer to <bdi>Sara</bdi>') == 1
        assert page.count("mallory@evil.example") == 1


def test_timeline_leads_from_an_answer_to_its_message(sign_in, alice, to_sara, answered):
    page = sign_in(alice).get(f"/accounts/{to_sara.account_id}/timeline/").text

    assert f'<a href="/messages/{to_sara.pk}/#reply-{answered.pk}">Reply: <bdi>Re: Hello</bdi></a>' in page
    assert "</a> · <bdi>Sara</bdi>" in page


def test_answer_without_a_message_has_a_page_for_those_who_see_the_account(sign_in, alice, bob, to_sara):
    alone = reply(contact=to_sara.contact, account=to_sara.account)

    page = sign_in(alice).get(f"/accounts/{to_sara.account_id}/timeline/").text
    assert f'<a href="/messages/replies/{alone.pk}/">' in page
    assert "the end</div>" in sign_in(alice).get(f"/messages/replies/{alone.pk}/").text
    assert sign_in(joined(bob, "CSM")).get(f"/messages/replies/{alone.pk}/").status_code == 404


def test_answer_to_a_message_of_another_account_has_a_page_of_its_own(sign_in, alice, bob, to_sara):
    moved = reply(to_sara, account=factories.account("Qamar", owner=bob))

    page = sign_in(joined(bob, "CSM")).get(f"/accounts/{moved.account_id}/timeline/").text
    assert f'<a href="/messages/replies/{moved.pk}/">' in page


def test_answers_of_nobody_are_listed_for_operations(sign_in, operations, alice, answered):
    nobodys = reply(address="stranger@example.com")
    client = sign_in(operations)

    assert 'href="/messages/replies/?of=nobody"' in client.get("/messages/").text
    assert list(client.get("/messages/replies/?of=nobody").context["page"]) == [nobodys]
    assert set(client.get("/messages/replies/").context["page"]) == {nobodys, answered}
    assert "the end</div>" in client.get(f"/messages/replies/{nobodys.pk}/").text
    assert client.get("/messages/replies/?of=mine").status_code == 400
    assert sign_in(alice).get(f"/messages/replies/{nobodys.pk}/").status_code == 404


def test_replies_cost_as_many_queries_for_one_and_three(
    sign_in, operations, to_sara, django_assert_max_num_queries
):
    client, pages = sign_in(operations), ("/messages/replies/", f"/accounts/{to_sara.account_id}/timeline/")
    reply(to_sara)
    counts = {}
    for page in pages:
        with django_assert_max_num_queries(20) as asked:
            client.get(page)
        counts[page] = len(asked)
    reply(to_sara)
    reply(to_sara, automatic=True)

    for page in pages:
        with django_assert_max_num_queries(counts[page]):
            client.get(page)
