"""The page of events: who sees it, what it shows, keys that are made and revoked, rejected events mended."""

import gzip
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone
from django.utils.translation import gettext, override

from accounts.intake import keys, service
from accounts.intake.bodies import Sending
from accounts.intake.reasons import Reason, Rejected
from accounts.models import Contact, IntakeBatch, IntakeMinute, RejectedEvent, WriteKey
from accounts.rollups.passes import catch_up
from tests.factories import account, plain

pytestmark = pytest.mark.django_db
NOTE = (
    "Of a request that was refused as a whole only its beginning is kept. It cannot be mended or sent again here: its "
    "sender has to send it again. Libraries do that by themselves only after an answer of 429 or 5xx."
)


@pytest.fixture
def operations(user_with_role):
    return user_with_role("Operations")


@pytest.fixture
def user_with_role(charlie):
    def given(role):
        charlie.groups.add(Group.objects.get(name=role))
        return charlie

    return given


@pytest.fixture
def key(db):
    return keys.make(name="Server", source="app", kind="server")[0]


def sent(key, *calls):
    taken = service.take(service.sender_of(key), Sending(list(calls)), now=timezone.now())
    assert taken.accepted + len(taken.refused) == len(calls)


def track(**fields):
    return {
        "type": "track",
        "event": "Feature Used",
        "userId": "u1",
        "properties": {"feature": "reports"},
    } | fields


def test_who_may_not_watch_finds_no_such_page(sign_in, alice):
    alice.groups.add(Group.objects.get(name="CSM"))

    assert sign_in(alice).get("/events/").status_code == 404
    assert sign_in(alice).get("/events/rejected/").status_code == 404
    assert sign_in(alice).post("/events/now/").status_code == 404


def test_product_watches_and_makes_no_keys(sign_in, user_with_role, key):
    client = sign_in(user_with_role("Product"))

    assert client.get("/events/").status_code == 200
    assert client.get("/events/keys/new/").status_code == 403
    assert client.post(f"/events/keys/{key.pk}/revoke/").status_code == 403
    assert WriteKey.objects.valid().count() == 1


def test_an_empty_page_says_what_to_do(sign_in, operations):
    page = sign_in(operations).get("/events/").content.decode()

    assert "No event has come in yet" in page
    assert "There is no write key yet" in page
    assert "Nothing was rejected" in page


def test_it_tells_what_came_of_whom_and_what_was_rejected(sign_in, operations, key):
    plain(Contact, account=account("Najm"), name="سارة", source="app", external_id="u1")
    sent(key, track(), track(userId="nobody-yet"), track(userId=None))
    catch_up(timezone.now())

    context = sign_in(operations).get("/events/").context

    assert [(str(one.contact), str(one.account)) for one in context["latest"]] == [
        ("None", "None"),
        ("سارة", "Najm"),
    ]
    assert [(one["words"], one["events"]) for one in context["reasons"]] == [
        ("It does not say who. Give a userId or an anonymousId.", 1)
    ]
    assert (context["rate"].hour.accepted, context["rate"].hour.rejected) == (2, 1)
    assert [(one.name, one.accepted, one.rejected) for one in context["keys"]] == [("Server", 2, 1)]
    assert context["backlog"].is_empty


def test_what_waits_is_told(sign_in, operations, key):
    sent(key, track(), track(messageId="m2"))

    backlog = sign_in(operations).get("/events/").context["backlog"]

    assert backlog.events == 2
    assert backlog.since is not None


def test_minutes_are_the_last_sixty_that_are_over(sign_in, operations):
    this_minute = timezone.now().replace(second=0, microsecond=0)
    for ago, accepted in [(0, 7), (1, 5), (60, 3), (61, 1)]:
        IntakeMinute.objects.create(
            source="app", minute=this_minute - timedelta(minutes=ago), batches=1, accepted=accepted
        )

    rate = sign_in(operations).get("/events/").context["rate"]

    assert len(rate.minutes) == 60
    assert (rate.minutes[0], rate.last_minute) == (3, 5)
    assert sum(rate.minutes) == 8


def test_the_part_that_moves_is_asked_for_alone(sign_in, operations, key):
    page = sign_in(operations).get("/events/", headers={"HX-Request": "true"}).content.decode()

    assert page.lstrip().startswith('<div id="intake-now"')
    assert "Write keys" not in page


def test_the_page_costs_as_many_queries_for_one_event_as_for_three(
    sign_in, operations, key, django_assert_num_queries
):
    client = sign_in(operations)
    najm = account("Najm")
    najm.keys.create(source="app", value="c1")
    for number in range(3):
        plain(Contact, account=najm, source="app", external_id=f"u{number}")
    sent(key, track(context={"groupId": "c1"}), track(userId=None))
    catch_up(timezone.now())
    client.get("/events/")
    with django_assert_num_queries(19):
        client.get("/events/")
    sent(key, *(track(userId=f"u{number}", messageId=f"{number}") for number in range(3)), track(userId=None))
    keys.make(name="Browser", source="app", kind="browser")
    catch_up(timezone.now())

    with django_assert_num_queries(19):
        client.get("/events/")


# Keys


SHOP = {"name": "Shop", "source": "app", "kind": "server"}


def test_a_key_is_shown_once_and_works(sign_in, operations):
    client = sign_in(operations)

    page = client.post("/events/keys/new/", SHOP, follow=True)

    secret = page.context["secret"]
    assert page.headers["Cache-Control"].find("no-store") >= 0
    assert keys.find(secret).name == "Shop"
    assert keys.find(secret).created_by == operations
    assert secret not in client.get("/events/").content.decode()


def test_who_loads_the_page_of_a_made_key_again_makes_none_and_sees_none(sign_in, operations):
    client = sign_in(operations)
    answer = client.post("/events/keys/new/", SHOP)
    secret = client.get(answer.url).context["secret"]

    again = client.get(answer.url)

    assert again.url == "/events/"
    assert secret not in str(dict(client.session))
    assert WriteKey.objects.count() == 1


def test_a_made_key_is_shown_at_its_own_address_alone(sign_in, operations, key):
    client = sign_in(operations)
    client.post("/events/keys/new/", SHOP)

    assert client.get(f"/events/keys/{key.pk}/made/").status_code == 302


def test_two_keys_in_use_have_two_names(sign_in, operations, key):
    client, given = sign_in(operations), SHOP | {"name": "Server"}

    refused = client.post("/events/keys/new/", given)
    keys.revoke(key, timezone.now())
    taken = client.post("/events/keys/new/", given)

    assert list(refused.context["form"].errors) == ["name"]
    assert taken.status_code == 302


def test_the_form_of_a_key_names_its_fields_as_sentences_begin(sign_in, operations):
    labels = [field.label for field in sign_in(operations).get("/events/keys/new/").context["form"]]

    assert "Origins" in labels
    assert [label for label in labels if label[0].islower()] == []


def test_the_key_of_a_browser_is_found_again(sign_in, operations):
    given = {
        "name": "Site",
        "source": "app",
        "kind": "browser",
        "origins": "https://Shop.example:443/\nhttp://localhost:3000",
    }

    secret = sign_in(operations).post("/events/keys/new/", given, follow=True).context["secret"]

    assert secret in sign_in(operations).get("/events/").content.decode()
    assert WriteKey.objects.get().origins == ["https://shop.example", "http://localhost:3000"]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"source": ""}, "source"),
        ({"source": "cxhub"}, "source"),
        ({"kind": "other"}, "kind"),
        ({"origins": "https://shop.example"}, "origins"),
        ({"kind": "browser", "origins": "shop.example"}, "origins"),
        ({"kind": "browser", "origins": "https://shop.example/path"}, "origins"),
        ({"kind": "browser", "origins": "https://shop.example:port"}, "origins"),
        ({"kind": "browser", "origins": "https://[shop"}, "origins"),
    ],
)
def test_a_key_that_cannot_be_is_refused_beside_its_field(sign_in, operations, given, field):
    answer = sign_in(operations).post(
        "/events/keys/new/", {"name": "Shop", "source": "app", "kind": "server"} | given
    )

    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert not WriteKey.objects.exists()


def test_a_revoked_key_takes_nothing_and_cannot_be_revoked_again(sign_in, operations):
    key, secret = keys.make(name="Server", source="app", kind="server")
    client = sign_in(operations)

    client.get(f"/events/keys/{key.pk}/revoke/")
    assert keys.find(secret) == key
    client.post(f"/events/keys/{key.pk}/revoke/")

    assert keys.find(secret) is None
    assert client.post(f"/events/keys/{key.pk}/revoke/").status_code == 404


def test_a_revoked_key_stays_listed_with_who_revoked_it(sign_in, operations, key):
    other = keys.make(name="Another", source="app", kind="server")[0]
    keys.revoke(other, timezone.now())
    client = sign_in(operations)
    client.post(f"/events/keys/{key.pk}/revoke/")

    answer = client.get("/events/")

    assert list(answer.context["keys"]) == []
    assert [(one.key, one.by) for one in answer.context["revoked"]] == [(key, operations), (other, None)]
    assert f"<bdi>{operations}</bdi>" in answer.content.decode()


# Rejected events


def test_a_mended_event_is_taken(sign_in, operations, key):
    sent(key, track(userId=None))
    rejected = RejectedEvent.objects.get()
    client = sign_in(operations)

    client.post(
        f"/events/rejected/{rejected.pk}/",
        {"content": '{"type": "track", "event": "Mended", "userId": "u1"}'},
    )

    rejected.refresh_from_db()
    assert rejected.replayed_at is not None
    assert IntakeBatch.objects.get(events=1).key == key
    assert client.get(f"/events/rejected/{rejected.pk}/").status_code == 404


def test_what_is_still_wrong_waits_with_its_new_reason(sign_in, operations, key):
    sent(key, track(userId=None))
    rejected = RejectedEvent.objects.get()

    answer = sign_in(operations).post(
        f"/events/rejected/{rejected.pk}/", {"content": '{"type": "track", "userId": "u1"}'}, follow=True
    )

    assert answer.redirect_chain[-1][0] == f"/events/rejected/{rejected.pk}/"
    rejected.refresh_from_db()
    assert (rejected.reason, rejected.field) == ("missing", "event")
    assert '"userId": "u1"' in rejected.mended


def test_what_a_key_was_refused_is_shown_and_can_only_be_let_go(sign_in, operations, key):
    keys.revoke(key, timezone.now())
    service.refuse(service.sender_of(key), Rejected(Reason.REVOKED), b"", now=timezone.now())
    catch_up(timezone.now())
    client = sign_in(operations)

    listed = client.get("/events/rejected/?reason=revoked").content.decode()
    page = client.get(f"/events/rejected/{RejectedEvent.objects.get().pk}/").content.decode()

    revoked = client.get("/events/").context["revoked"]
    assert [(one.key.name, one.key.rejected) for one in revoked] == [("Server", 1)]
    assert "The write key was revoked." in listed
    assert "Without content" in listed
    assert "Let it go" in page
    assert "Send it again" not in page
    assert "<textarea" not in page


@pytest.mark.parametrize("text", ["{bad", "[]", '"text"', "", '{"a": 1'])
def test_what_is_no_call_is_not_sent_and_changes_nothing(sign_in, operations, key, text):
    sent(key, track(userId=None))
    before = RejectedEvent.objects.values().get()

    answer = sign_in(operations).post(f"/events/rejected/{before['id']}/", {"content": text})

    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == ["content"]
    assert answer.context["form"]["content"].value() == text
    assert RejectedEvent.objects.values().get() == before


def test_the_original_stays_and_is_put_back(sign_in, operations, key):
    sent(key, track(userId=None))
    original = RejectedEvent.objects.get()
    address, client = f"/events/rejected/{original.pk}/", sign_in(operations)

    client.post(address, {"content": '{"type": "track"}'})
    mended = RejectedEvent.objects.get()
    shown = client.get(address)
    client.post(address, {"put_back": "1"})

    assert (mended.content, mended.mended) == (original.content, '{"type": "track"}')
    assert shown.context["form"]["content"].value() == '{"type": "track"}'
    assert "Put the original back" in shown.content.decode()
    page = client.get(address)
    assert page.context["form"]["content"].value() == original.content
    assert "Put the original back" not in page.content.decode()


def test_what_nobody_changed_is_not_mended(sign_in, operations, key):
    sent(key, track(userId=None, properties={"text": "two\nlines"}))
    RejectedEvent.objects.update(content='{"type": "track",\n "event": "A"}')
    rejected = RejectedEvent.objects.get()

    sign_in(operations).post(
        f"/events/rejected/{rejected.pk}/", {"content": rejected.content.replace("\n", "\r\n")}
    )

    rejected.refresh_from_db()
    assert rejected.mended == ""


def test_letting_one_go_asks_first_and_says_that_it_did(sign_in, operations, key):
    sent(key, track(userId=None))
    address, client = f"/events/rejected/{RejectedEvent.objects.get().pk}/let-go/", sign_in(operations)

    asked = client.get(address)
    assert asked.status_code == 200
    assert RejectedEvent.objects.exists()
    told = client.post(address, follow=True)

    assert not RejectedEvent.objects.exists()
    assert [str(message) for message in told.context["messages"]] == [
        "The rejected event was let go. It is not kept any more."
    ]
    assert client.post(address).status_code == 404


def test_all_of_a_reason_are_sent_again(sign_in, operations, key):
    sent(key, track(userId=None), track(userId=None, messageId="2"), track(event=None))
    RejectedEvent.objects.filter(reason="no_person").update(
        content='{"type": "track", "event": "A", "userId": "u"}'
    )

    sign_in(operations).post("/events/rejected/again/?reason=no_person")

    assert list(RejectedEvent.objects.waiting().values_list("reason", flat=True)) == ["missing"]


def test_rejected_events_are_listed_by_reason_and_key(sign_in, operations, key):
    other = keys.make(name="Other", source="app", kind="server")[0]
    sent(key, track(userId=None), track(event=None))
    sent(other, track(userId=None))
    client = sign_in(operations)

    def listed(query):
        return len(client.get(f"/events/rejected/{query}").context["page"].object_list)

    assert listed("") == 3
    assert listed("?reason=no_person") == 2
    assert listed(f"?reason=no_person&key={other.pk}") == 1
    assert listed("?reason=bad_time") == 0
    for query in ("?reason=unheard_of", "?key=x", "?key=99999"):
        assert client.get(f"/events/rejected/{query}").status_code == 400


def test_a_reason_of_earlier_is_one_as_long_as_something_waits_for_it(sign_in, operations, key):
    sent(key, track(userId=None))
    RejectedEvent.objects.update(reason="of_earlier")

    assert sign_in(operations).get("/events/rejected/?reason=of_earlier").status_code == 200


def test_what_turns_the_direction_of_text_is_written_out_in_the_list(sign_in, operations, key):
    sent(key, track(event="abc\u202edef"))

    page = sign_in(operations).get("/events/rejected/").content.decode()

    assert "abc\\u202edef" in page
    assert "\u202e" not in page


def test_long_names_are_a_line_with_all_of_it_as_the_title(sign_in, operations):
    long = keys.make(name="k" * 100, source="app", kind="server")[0]
    sent(long, track(event="e" * 190), track(event="r" * 190, userId=None))
    catch_up(timezone.now())
    client = sign_in(operations)

    events, rejected = (client.get(at).content.decode() for at in ("/events/", "/events/rejected/"))

    for page, name in ((events, "e" * 190), (events, long.name), (rejected, "r" * 190)):
        assert f'<bdi class="short" title="{name}">{name}</bdi>' in page


def test_who_may_not_mend_reads_only(sign_in, user_with_role, key):
    sent(key, track(userId=None))
    rejected = RejectedEvent.objects.get()
    client = sign_in(user_with_role("Product"))

    assert client.get(f"/events/rejected/{rejected.pk}/").status_code == 200
    assert client.post(f"/events/rejected/{rejected.pk}/", {"content": "{}"}).status_code == 403
    assert client.post(f"/events/rejected/{rejected.pk}/let-go/").status_code == 403
    assert client.post("/events/rejected/again/").status_code == 403


# Requests that were refused as a whole


@pytest.fixture
def refused(key):
    """refused(content, reason) is the row of such a request."""

    def refuse(content=b'{"batch": [<b>', reason=Reason.MALFORMED):
        service.refuse(service.sender_of(key), Rejected(reason), content, now=timezone.now())
        return RejectedEvent.objects.latest("id")

    return refuse


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_request_is_shown_without_a_form_to_mend_it(sign_in, operations, refused, language):
    row = refused()
    operations.language = language
    operations.save()
    client = sign_in(operations)
    with override(language):
        notes = [gettext(NOTE), row.words]

    page = client.get(f"/events/rejected/{row.pk}/").content.decode()
    listed = client.get(f"/events/rejected/?reason={row.reason}").content.decode()

    assert f'lang="{language}"' in page
    for shown in (page, listed):
        assert all(note in shown for note in notes)
    assert "{&quot;batch&quot;: [&lt;b&gt;</pre>" in page
    assert 'name="content"' not in page
    assert "/let-go/" in page
    assert "/events/rejected/again/" not in listed


def test_a_call_that_can_be_mended_is_said_to_be_no_request(sign_in, operations, key):
    sent(key, track(userId=None))
    client = sign_in(operations)

    page = client.get(f"/events/rejected/{RejectedEvent.objects.get().pk}/").content.decode()
    listed = client.get("/events/rejected/").content.decode()

    assert NOTE not in page + listed
    assert 'name="content"' in page
    assert "/events/rejected/again/" in listed
    assert "request refused as a whole" not in listed


def test_a_request_keeps_what_came_and_why_whoever_tries(sign_in, operations, key, refused):
    row = refused()
    sent(key, track(userId=None))
    client = sign_in(operations)

    client.post(f"/events/rejected/{row.pk}/", {"content": '{"type": "page", "userId": "u1"}'})
    client.post("/events/rejected/again/")
    client.post(f"/events/rejected/again/?reason={row.reason}")

    kept = RejectedEvent.objects.get(pk=row.pk)
    assert (kept.reason, kept.content, kept.replayed_at) == (row.reason, row.content, None)
    assert not IntakeBatch.objects.filter(events__gt=0).exists()


def test_a_request_is_let_go(sign_in, operations, refused):
    sign_in(operations).post(f"/events/rejected/{refused().pk}/let-go/")

    assert not RejectedEvent.objects.exists()


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b'{"batch": []}' * 9, mtime=0)[:-6],
        '{"batch": []}'.encode("utf-16"),
        b"\xff\xfe\xa0" * 9,
        b"\x1f\x8b\x08\x00" + b"a" * 20,
    ],
)
def test_bytes_that_are_no_text_are_said_to_be_such(sign_in, operations, refused, content):
    row = refused(content)
    client = sign_in(operations)

    page = client.get(f"/events/rejected/{row.pk}/").content.decode()
    listed = client.get("/events/rejected/").content.decode()

    assert "What came is no text that can be shown." in page
    assert "no text</span>" in listed
    assert "\ufffd" not in page + listed


@pytest.mark.parametrize("content", [b"", '{"batch": ["سارة \xa0'.encode()[:-1], b'{"name": "Jos\xe9"'])
def test_what_is_text_for_the_most_part_is_shown(refused, content):
    assert refused(content).is_text
