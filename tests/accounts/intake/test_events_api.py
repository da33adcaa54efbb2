"""POST /api/v1/events/: events in our own words, with a result for each."""

import gzip
import json
from datetime import timedelta

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.intake.digests import digest
from accounts.intake.replay import replay
from accounts.models import EventName, IntakeBatch, RejectedEvent
from accounts.tokens import issue
from tests.accounts.intake.calling import NOW
from tests.accounts.intake.test_calls import JSON

pytestmark = pytest.mark.django_db
LINES = "application/x-ndjson"


@pytest.fixture
def send(client, administrator, monkeypatch):
    monkeypatch.setattr("accounts.tokens.TokenThrottle.THROTTLE_RATES", {"user": None})

    def post(body, *, content_type="application/json", user=administrator, scopes=("events",), **headers):
        _row, token = issue(user, name="Warehouse", scopes=scopes, lifetime=timedelta(days=1))
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        headers["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return client.post("/api/v1/events/", content, content_type=content_type, **headers)

    return post


def row(**fields):
    return {"event": "Signed In", "user_id": "sara", "message_id": "m1"} | fields


def test_event_is_stored_as_the_door_stores_it(send, copied):
    response = send(
        row(account="najm", happened_at="2026-03-30T10:00:00Z", properties={"a": 1}, source="crm")
    )

    assert response.status_code == 200
    assert response.json() == {
        "totals": {"read": 1, "accepted": 1, "rejected": 0},
        "results": [{"index": 0, "fate": "accepted", "errors": []}],
    }
    batch = IntakeBatch.objects.get()
    assert (batch.key, batch.source, batch.events) == (None, "crm", 1)
    [event] = copied.batches([batch])
    assert (event["digest"], event["name"]) == (digest("crm", "message", "m1"), "Signed In")
    assert event["person"] == digest("crm", "user", "sara")
    assert event["company"] == digest("crm", "account", "najm")
    assert event["happened_at"].isoformat() == "2026-03-30T10:00:00+00:00"


@pytest.mark.parametrize(
    "body", [row(), [row(), row()], {"events": [row(), row(), row()]}, {"events": []}, []], ids=str
)
def test_events_come_alone_and_in_lists(send, body):
    events = body.get("events", [body]) if isinstance(body, dict) else body

    answer = send(body).json()

    assert answer["totals"]["accepted"] == len(answer["results"]) == len(events)


def test_events_come_a_line_each_and_packed(send):
    lines = b"\n".join([orjson.dumps(row()), b"", b"{nonsense", orjson.dumps(row(message_id="m2"))])

    answer = send(gzip.compress(lines), content_type=LINES, HTTP_CONTENT_ENCODING="gzip").json()

    assert [one["fate"] for one in answer["results"]] == ["accepted", "rejected", "accepted"]
    assert answer["results"][1]["errors"][0]["code"] == "malformed"
    assert RejectedEvent.objects.get().content == '"{nonsense"'


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        (row(user_id=None), "#/1", "no_person"),
        (row(user_id=["a"]), "#/1/user_id", "wrong_type"),
        (row(anonymous_id="a\u202e"), "#/1/anonymous_id", "hostile_text"),
        (row(event=""), "#/1/event", "missing"),
        (row(account={}), "#/1/account", "wrong_type"),
        (row(happened_at="soon"), "#/1/happened_at", "bad_time"),
        (row(happened_at=True), "#/1/happened_at", "bad_time"),
        (row(happened_at="2026-03-30T22:30:00"), "#/1/happened_at", "no_offset"),
        (row(happened_at="2026-03-30"), "#/1/happened_at", "no_offset"),
        (row(happened_at="2026-W13-1"), "#/1/happened_at", "no_offset"),
        (row(happened_at=1774864800), "#/1/happened_at", "no_offset"),
        (row(event="Resource Rated", properties={"rating": 6}), "#/1/properties/rating", "bad_rating"),
        (row(message_id="m" * 101), "#/1/message_id", "too_long"),
        (row(properties=[]), "#/1/properties", "wrong_type"),
        (row(userId="sara"), "#/1/userId", "unknown_field"),
        (row(**{"a/b~": 1}), "#/1/a~1b~0", "unknown_field"),
        (row(type="identify"), "#/1/type", "unknown_field"),
        (row(source="cxhub"), "#/1/source", "not_yours"),
        (row(source="s" * 61), "#/1/source", "too_long"),
        (7, "#/1", "no_object"),
    ],
)
def test_what_is_wrong_is_named_as_it_was_sent(send, wrong, pointer, code):
    response = send([row(), wrong])

    assert response.status_code == 200
    [error] = response.json()["results"][1]["errors"]
    assert (error["pointer"], error["code"]) == (pointer, code)
    assert error["detail"].endswith(".")
    assert RejectedEvent.objects.get().source == "api"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (row(user_id=None), "Give a user_id or an anonymous_id."),
        (row(source="s" * 61), "sources 60."),
        (row(happened_at="2026-03-30"), "Write a moment with its offset from UTC"),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_this_address(send, wrong, said):
    [error] = send(wrong).json()["results"][0]["errors"]

    assert said in error["detail"]


def test_rating_of_a_property_with_a_point_is_pointed_at(send):
    EventName.objects.create(sent_as="rated", means="Resource Rated", value_property="stars.given")

    [error] = send(row(event="rated", properties={"stars.given": 6})).json()["results"][0]["errors"]

    assert error["pointer"] == "#/0/properties/stars.given"


def test_events_that_are_no_list_are_a_problem(send):
    response = send({"events": 5})

    assert response.status_code == 400
    [error] = response.json()["errors"]
    assert (error["pointer"], error["detail"]) == (
        "#/events",
        "Events are a list. Send one, also of a single event.",
    )


@pytest.mark.parametrize("lines", [b"\n", b" \n\n"])
def test_blank_lines_are_no_events(send, lines):
    response = send(lines, content_type=LINES)

    assert (response.status_code, response.json()["totals"]["read"]) == (200, 0)
    assert not IntakeBatch.objects.exists()


def test_too_much_at_once_says_how_much_there_may_be(send):
    assert "a batch 500 KB" in send(b"[" + b" " * 600_000 + b"]").json()["detail"]
    eleven = b"[" + b" " * (11 << 20) + b"]"
    assert "at most 10 MB" in send(eleven, HTTP_IDEMPOTENCY_KEY="k1").json()["detail"]


def test_nothing_taken_is_422(send):
    assert send([row(event=""), 7]).status_code == 422
    assert RejectedEvent.objects.count() == 2


def test_rows_of_several_sources_come_in_one_batch_each(send):
    rows = [row(source="a"), row(), row(source="b", event=""), row(source="a", event="")]

    answer = send(rows).json()

    assert [one["fate"] for one in answer["results"]] == ["accepted", "accepted", "rejected", "rejected"]
    batches = IntakeBatch.objects.order_by("source")
    assert list(batches.values_list("source", "events", "rejected")) == [
        ("a", 1, 1),
        ("api", 1, 0),
        ("b", 0, 1),
    ]


def test_what_was_rejected_is_sent_again_once_it_is_mended(send, copied):
    send(row(event="", account="najm", happened_at="2026-03-30T10:00:00Z"))
    kept = RejectedEvent.objects.get()
    kept.content = json.dumps(json.loads(kept.content) | {"event": "Signed In"})
    kept.save()
    IntakeBatch.objects.all().delete()

    assert replay(RejectedEvent.objects.all(), now=NOW).taken == 1

    [event] = copied.batches(IntakeBatch.objects.all())
    assert (event["company"], event["recorded_at"]) == (digest("api", "account", "najm"), kept.received_at)


def test_field_that_there_is_not_is_kept_with_what_it_said(send):
    send(row(shoe_size=46))

    assert json.loads(RejectedEvent.objects.get().content)["shoe_size"] == 46


@pytest.mark.parametrize(
    ("body", "how", "status", "code"),
    [
        (b"{", {}, 400, "malformed"),
        (b"", {}, 400, "parse_error"),
        (b"{}", {"HTTP_CONTENT_ENCODING": "gzip"}, 400, "broken_gzip"),
        (b"[" * 2000, {}, 400, "too_deep"),
        (b"[" + b" " * 600_000 + b"]", {}, 413, "too_large"),
        (orjson.dumps([{}] * 2501), {}, 413, "too_large"),
        (gzip.compress(bytes(50 << 20)), {"HTTP_CONTENT_ENCODING": "gzip"}, 413, "too_large"),
        (b"[]", {"HTTP_CONTENT_ENCODING": "br"}, 415, "unsupported_media_type"),
        (b"a,b", {"content_type": "text/csv"}, 415, "unsupported_media_type"),
    ],
)
def test_request_that_cannot_be_taken_is_a_problem(send, body, how, status, code):
    response = send(body, **how)

    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    assert response.json()["code"] == code
    assert not IntakeBatch.objects.exists()


def test_token_needs_the_scope_and_its_user_the_right(send, charlie):
    assert send(row(), scopes=("read", "write")).status_code == 403
    assert send(row(), user=charlie).status_code == 403
    assert not IntakeBatch.objects.exists()


def test_request_sent_again_with_its_key_is_answered_again(send):
    first, again = (send(row(), HTTP_IDEMPOTENCY_KEY="k1") for _time in range(2))

    assert first.json() == again.json()
    assert IntakeBatch.objects.count() == 1


def test_events_cost_the_same_for_one_and_many(send, django_assert_num_queries):
    send(row())
    for rows in ([row()], [row(message_id=str(number)) for number in range(300)]):
        # The token: made, found, its use noted. What holds; a transaction within that of all sources,
        # in which the batch is not counted (Batch.save).
        with django_assert_num_queries(8):
            send(rows)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=JSON | st.lists(JSON, max_size=4), lines=st.booleans())
def test_any_json_gets_an_answer_and_is_counted(send, said, lines):
    RejectedEvent.objects.all().delete()

    response = send(json.dumps(said).encode(), content_type=LINES if lines else "application/json")

    assert response.status_code in {200, 422}
    totals = response.json()["totals"]
    assert totals["rejected"] == RejectedEvent.objects.count() == totals["read"] - totals["accepted"]
