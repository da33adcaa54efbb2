"""The HTTP API of Segment, as its libraries use it."""

import gzip
import json

import orjson
import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.intake import keys
from accounts.intake.bodies import LARGEST_BATCH, LARGEST_CALL, MOST_CALLS
from accounts.intake.reasons import Reason
from accounts.models import IntakeBatch, RejectedEvent
from tests.accounts.intake.calling import call
from tests.accounts.intake.test_calls import JSON

pytestmark = pytest.mark.django_db
SHOP = "https://shop.example"


def batch_of(*calls, **fields):
    return {"batch": list(calls), **fields}


@pytest.mark.parametrize(
    ("path", "given", "events", "said"),
    [
        ("track", {"userId": "sara", "event": "A"}, 1, []),
        ("t", {"userId": "sara", "event": "A"}, 1, []),
        ("page", {"userId": "sara", "name": "Home"}, 1, []),
        ("p", {"anonymousId": "b7"}, 1, []),
        ("screen", {"userId": "sara", "name": "Home"}, 1, []),
        ("s", {"userId": "sara", "name": "Home"}, 1, []),
        ("identify", {"userId": "sara", "traits": {"a": 1}}, 0, ["identify"]),
        ("i", {"userId": "sara"}, 0, ["identify"]),
        ("group", {"userId": "sara", "groupId": "najm"}, 0, ["group"]),
        ("g", {"userId": "sara", "groupId": "najm"}, 0, ["group"]),
        ("alias", {"userId": "sara", "previousId": "b7"}, 0, ["alias"]),
        ("a", {"userId": "sara", "previousId": "b7"}, 0, ["alias"]),
        ("batch", batch_of(call(), call("identify")), 1, ["identify"]),
        ("b", batch_of(call(), call("identify")), 1, ["identify"]),
        ("import", batch_of(call(), call("identify")), 1, ["identify"]),
    ],
)
def test_each_address_takes_its_calls(send, path, given, events, said):
    response = send(path, given)

    assert response.status_code == 200
    assert response.json() == {"success": True, "accepted": events + len(said), "rejected": 0}
    batch = IntakeBatch.objects.get()
    assert (batch.events, [one["type"] for one in batch.calls]) == (events, said)


def test_body_may_be_packed_and_called_plain_text(send):
    assert send("batch", batch_of(call()), packed=True).json()["accepted"] == 1
    assert send("t", call(), content_type="text/plain").json()["accepted"] == 1


def test_browser_may_show_its_key_in_the_body(send, pages):
    response = send("t", call(writeKey=pages[1]), key="", content_type="text/plain", HTTP_ORIGIN=SHOP)

    assert response.status_code == 200
    batch = IntakeBatch.objects.get()
    assert batch.key == pages[0]
    assert pages[1] not in bytes(batch.lines).decode()


def test_context_around_a_batch_holds_for_its_calls(send, copied):
    calls = [call(messageId="1"), call(messageId="2", context={"groupId": "noor"})]

    send("batch", batch_of(*calls, 7, context={"groupId": "najm", "sessionId": "s"}))

    first, second = copied.batches(IntakeBatch.objects.all())
    assert first["company"] != second["company"]
    assert (first["session"], second["session"]) == ("s", "s")


def test_reasons_are_told_where_they_are_asked_for_and_in_a_sandbox(send, sandbox):
    body = batch_of(call(), call(event=""))
    reasons = [
        {
            "index": 1,
            "reason": "missing",
            "field": "event",
            "detail": "This must be given, and must not be empty.",
        }
    ]

    plain = send("batch", body)
    verbose = send("batch", body, query="?verbose=1")
    tried = send("batch", body, key=sandbox[1])

    assert plain.json() == {"success": True, "accepted": 1, "rejected": 1}
    assert verbose.json() == plain.json() | {"reasons": reasons}
    assert tried.json() == verbose.json()
    assert IntakeBatch.objects.count() == 2
    sandbox[0].refresh_from_db()
    assert sandbox[0].last_used_at is not None


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("track", b"", 400, "malformed"),
        ("track", b'{"userId": "sara"', 400, "malformed"),
        ("track", b'{"event": "\xff"}', 400, "malformed"),
        ("track", b"[]", 400, "no_object"),
        ("track", b"null", 400, "no_object"),
        ("track", b'{"a":' * 3000, 400, "too_deep"),
        ("batch", b"{}", 400, "no_object"),
        ("batch", b'{"batch": {}}', 400, "no_object"),
        ("track", orjson.dumps(call(a="x" * LARGEST_CALL)), 413, "too_large"),
        ("batch", orjson.dumps(batch_of({"a": "x" * LARGEST_BATCH})), 413, "too_large"),
        ("batch", orjson.dumps(batch_of(*[{}] * (MOST_CALLS + 1))), 413, "too_many"),
    ],
)
def test_request_that_cannot_be_taken_is_refused_and_counted(send, path, body, status, code):
    response = send(path, body)

    assert response.status_code == status
    assert (response.json()["success"], response.json()["code"]) == (False, code)
    assert response.json()["message"].endswith(".")
    assert RejectedEvent.objects.get().reason == Reason(code).of_request
    assert IntakeBatch.objects.get().rejected == 1


def test_of_a_packed_request_the_beginning_is_kept_unpacked(send):
    send("batch", b'{"batch": [' + b" " * 9000, packed=True)

    assert RejectedEvent.objects.get().content.startswith('{"batch": [')


def test_full_batch_is_taken(send):
    calls = [call(messageId=str(number)) for number in range(MOST_CALLS)]

    assert send("batch", batch_of(*calls)).json()["accepted"] == MOST_CALLS


def test_one_call_too_large_costs_the_others_nothing(send):
    answer = send("batch", batch_of(call(), call(a="x" * LARGEST_CALL), call("identify"))).json()

    assert (answer["accepted"], answer["rejected"]) == (2, 1)


def test_bomb_and_unknown_packing_are_refused(send):
    bomb = gzip.compress(bytes(50 << 20))

    assert send("batch", bomb, HTTP_CONTENT_ENCODING="gzip").status_code == 413
    broken = send("batch", b"{}", HTTP_CONTENT_ENCODING="gzip")
    assert (broken.status_code, broken.json()["code"]) == (400, "broken_gzip")
    assert broken.json()["message"].startswith("This is no gzip")
    assert send("batch", b"{}", HTTP_CONTENT_ENCODING="br").status_code == 415


def test_wrong_and_revoked_keys_are_refused_at_once(send, shop):
    assert send("t", call()).status_code == 200
    assert send("t", call(), key="cxw_wrong").status_code == 401

    keys.revoke(shop[0], shop[0].created_at)

    refused = send("t", call())
    assert (refused.status_code, refused.json()["code"]) == (401, "unknown_key")
    assert "WWW-Authenticate" not in refused


def test_request_with_a_revoked_key_is_counted_on_it_without_its_content(send, shop):
    keys.revoke(shop[0], shop[0].created_at)

    send("t", call())

    row = RejectedEvent.objects.get()
    assert (row.key, row.source, row.reason, row.content) == (shop[0], "shop", "revoked", "")
    batch = IntakeBatch.objects.get()
    assert (batch.key, batch.rejected, batch.events) == (shop[0], 1, 0)
    shop[0].refresh_from_db()
    assert shop[0].last_used_at is None


def test_request_from_another_origin_is_counted_on_the_key_without_its_content(send, pages):
    send("t", call(), key=pages[1], HTTP_ORIGIN="https://evil.example")

    row = RejectedEvent.objects.get()
    assert (row.key, row.reason, row.content) == (pages[0], "origin", "")
    assert IntakeBatch.objects.get().rejected == 1


@pytest.mark.parametrize("key", ["cxw_nobody", ""])
def test_request_with_a_key_that_nobody_made_leaves_nothing(send, key):
    assert send("t", call(), key=key).status_code == 401
    assert not RejectedEvent.objects.exists()
    assert not IntakeBatch.objects.exists()


def test_revoked_key_of_a_sandbox_leaves_nothing(send, sandbox):
    keys.revoke(sandbox[0], sandbox[0].created_at)

    assert send("t", call(), key=sandbox[1]).status_code == 401
    assert not IntakeBatch.objects.exists()


def test_batch_of_nothing_is_taken_and_leaves_nothing(send):
    assert send("batch", batch_of()).json() == {"success": True, "accepted": 0, "rejected": 0}
    assert not IntakeBatch.objects.exists()


@pytest.mark.parametrize("path", ["nothing", "track/", "", "projects/x"])
@pytest.mark.parametrize("method", ["get", "post", "options"])
def test_address_that_there_is_not_answers_in_json(client, path, method):
    response = getattr(client, method)(f"/v1/{path}")

    assert (response.status_code, response["Content-Type"]) == (404, "application/json")
    assert (response.json()["success"], response.json()["code"]) == (False, "not_found")


def test_rating_off_its_scale_is_named(send):
    rated = call(event="Resource Rated", properties={"rating": 999999999})

    answer = send("batch", batch_of(rated), query="?verbose=1").json()

    assert (answer["accepted"], answer["reasons"]) == (
        0,
        [
            {
                "index": 0,
                "reason": "bad_rating",
                "field": "properties.rating",
                "detail": "A rating is a number from 1 to 5. Send one of this scale, or none.",
            }
        ],
    )


@pytest.mark.parametrize("shown", ["", "Basic", "Basic !!!", "Basic /////w==", "Bearer x", "Basic Og=="])
def test_key_that_cannot_be_read_is_none(send, shown):
    assert send("t", call(), HTTP_AUTHORIZATION=shown).status_code == 401


def test_other_methods_are_refused(client, shop):
    response = client.get("/v1/track")

    assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS")
    assert client.post("/v1/projects/x/settings").status_code == 405


def test_batch_costs_a_few_statements_whatever_its_size(send, django_assert_num_queries):
    send("t", call())
    for calls in ([call()], [call(messageId=str(number)) for number in range(500)]):
        # The key, what holds, a transaction; the batch in it is not counted (Batch.save).
        with django_assert_num_queries(4):
            send("batch", batch_of(*calls))


def test_nobody_gets_a_cookie_and_sessions_do_not_count(send, client, alice):
    client.force_login(alice, backend="allauth.account.auth_backends.AuthenticationBackend")

    response = send("t", call(), HTTP_ACCEPT_LANGUAGE="ar")

    assert response.status_code == 200
    assert not response.cookies
    assert Client(enforce_csrf_checks=True).post("/v1/t", b"{}", content_type="text/plain").status_code == 401


# Browsers


def preflight(client, origin=SHOP, path="/v1/t"):
    return client.options(
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )


def test_browser_asks_before_it_sends_from_another_origin(client, pages):
    allowed = preflight(client)

    assert allowed.status_code == 204
    assert allowed["Access-Control-Allow-Origin"] == SHOP
    assert allowed["Access-Control-Allow-Methods"] == "POST"
    assert "Authorization" in allowed["Access-Control-Allow-Headers"]
    assert "Origin" in allowed["Vary"]
    assert "Access-Control-Allow-Credentials" not in allowed
    assert "Access-Control-Allow-Origin" not in preflight(client, "https://evil.example")


def test_page_of_its_origin_reads_the_answer_and_others_may_not_send(send, pages):
    own = send("t", call(), key=pages[1], HTTP_ORIGIN=SHOP)
    other = send("t", call(), key=pages[1], HTTP_ORIGIN="https://evil.example")
    app = send("t", call(), key=pages[1])

    assert own["Access-Control-Allow-Origin"] == SHOP
    assert "Origin" in own["Vary"]
    assert (other.status_code, other.json()["code"]) == (403, "origin")
    assert "Access-Control-Allow-Origin" not in other
    assert app.status_code == 200
    assert IntakeBatch.objects.filter(events=1).count() == 2


def test_origin_is_answered_as_it_was_sent(send, client, pages):
    response = send("t", call(), key=pages[1], HTTP_ORIGIN="https://SHOP.example:443")

    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (
        200,
        "https://SHOP.example:443",
    )
    assert preflight(client, "https://SHOP.example:443").has_header("Access-Control-Allow-Origin")


def test_page_reads_also_why_it_was_refused(send, pages):
    refused = send("t", b"{", key=pages[1], HTTP_ORIGIN=SHOP)

    assert (refused.status_code, refused["Access-Control-Allow-Origin"]) == (400, SHOP)


@pytest.mark.parametrize("kind", ["server", "sandbox"])
def test_secret_keys_open_no_page(send, make, kind):
    _row, key = make(name="Other", source="shop", kind=kind)

    response = send("t", call(), key=key, HTTP_ORIGIN=SHOP)

    assert response.status_code == 200
    assert "Access-Control-Allow-Origin" not in response


def test_analytics_js_learns_where_to_send(client, pages):
    response = client.get(f"/v1/projects/{pages[1]}/settings", headers={"Origin": SHOP})

    own = response.json()["integrations"]["Segment.io"]
    assert (own["apiKey"], own["apiHost"], own["protocol"]) == (pages[1], "testserver/v1", "http")
    assert response["Access-Control-Allow-Origin"] == SHOP


def test_settings_are_those_of_browsers_alone(client, shop):
    assert client.get(f"/v1/projects/{shop[1]}/settings").status_code == 404
    assert client.get("/v1/projects/nobody/settings").status_code == 404


# Whatever comes


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["track", "identify", "batch", "import", "alias"]),
    said=JSON | st.builds(lambda calls: {"batch": calls}, st.lists(JSON, max_size=4)),
)
def test_any_json_gets_an_answer_and_is_counted(send, path, said):
    IntakeBatch.objects.all().delete()
    RejectedEvent.objects.all().delete()

    response = send(path, json.dumps(said).encode())

    assert response.status_code in {200, 400}
    kept = RejectedEvent.objects.count()
    answer = response.json()
    assert kept == (answer["rejected"] if answer["success"] else 1)
    if answer["success"] and path in {"batch", "import"}:
        assert answer["accepted"] + answer["rejected"] == len(said["batch"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=200), encoding=st.sampled_from(["", "gzip", "identity", "br"]))
def test_any_bytes_get_an_answer(send, body, encoding):
    headers = {"HTTP_CONTENT_ENCODING": encoding} if encoding else {}

    assert send("batch", body, **headers).status_code in {200, 400, 415}


def test_key_in_the_address_stays_out_of_the_log(rf):
    from cxhub.middleware import LoggedRequestMiddleware

    line = LoggedRequestMiddleware.format_request(rf.get("/v1/projects/cxw_secret/settings"))

    assert line == "GET /v1/projects/…/settings"
