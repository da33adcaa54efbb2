"""What is read of a call. Whose it is, when it was, and what is refused."""

import math
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.intake.calls import correction, earliest, moment, read
from accounts.intake.digests import digits
from accounts.intake.lines import line
from accounts.intake.reasons import SENTENCES, Reason, Rejected
from accounts.taxonomy import Mapped
from tests.accounts.intake.calling import NOW, ago, call, event_of, properties_of, reason_of, receipt, said_of

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def test_track_is_an_event_of_a_person():
    event = event_of(
        call(
            event="Feature Used",
            properties={"feature": "reports", "value": 3},
            context={"groupId": "najm", "ip": "8.8.8.8", "campaign": {"name": "spring"}, "sessionId": 17},
        )
    )

    assert event.digest == digits("shop", "message", "m1")
    assert event.person == digits("shop", "user", "sara")
    assert event.company == digits("crm", "account", "najm")
    assert (event.name, event.sent_as, event.object, event.value) == ("Feature Used", "", "reports", None)
    assert (event.source, event.message_id, event.campaign, event.session) == ("shop", "m1", "spring", "17")
    assert (event.happened_at, event.recorded_at, event.machine) == (NOW, NOW, False)
    assert orjson.loads(event.properties) == {"feature": "reports", "value": 3}


def test_names_in_snake_case_and_action_are_the_same():
    snake = {
        "user_id": "sara",
        "action": "track",
        "event": "Email Opened",
        "message_id": "m1",
        "original_timestamp": ago(hours=1),
        "properties": {"email_id": "e1", "campaign_id": "c1"},
        "context": {"group_id": "najm", "user_agent": GOOGLEBOT, "session_id": "s"},
    }
    camel = {
        "userId": "sara",
        "type": "track",
        "event": "Email Opened",
        "messageId": "m1",
        "timestamp": ago(hours=1),
        "properties": {"email_id": "e1", "campaign_id": "c1"},
        "context": {"groupId": "najm", "userAgent": GOOGLEBOT, "sessionId": "s"},
    }

    assert event_of(snake) == event_of(camel)
    assert event_of(snake).machine


def test_type_is_that_of_the_address_where_it_names_one():
    event, said = read({"userId": "sara", "event": "A", "type": "page"}, receipt(), kind="track")

    assert (event.name, said) == ("A", None)


def test_what_an_organisation_calls_otherwise_is_what_it_means():
    event = event_of(call(event=" login "), mapped={"login": Mapped(means="Signed In")})

    assert (event.name, event.sent_as) == ("Signed In", "login")


def test_page_is_known_by_its_path():
    page = call(
        "page", name="Pricing", category="Docs", properties={"url": "https://shop.example/pricing?q=a"}
    )

    event = event_of(page)

    assert (event.name, event.object) == ("Page", "/pricing")
    assert orjson.loads(event.properties) == {
        "url": "https://shop.example/pricing?q=a",
        "name": "Pricing",
        "category": "Docs",
        "path": "/pricing",
    }
    assert "path" not in page["properties"]


def test_page_without_an_address_and_screens_are_known_by_their_names():
    assert event_of(call("page", name="Pricing")).object == "Pricing"
    assert event_of(call("screen", name="Home")).object == "Home"
    assert event_of(call("page", properties={"path": "/a", "url": "https://b.example/c"})).object == "/a"


def test_user_id_goes_before_the_anonymous_one():
    both = call(anonymousId="b7")

    assert event_of(both).person == digits("shop", "user", "sara")
    assert event_of(call(userId=None, anonymousId="b7")).person == digits("shop", "anonymous", "b7")


def test_number_is_an_id_too():
    assert event_of(call(userId=42)).person == digits("shop", "user", "42")


def test_event_with_both_ids_says_whose_the_anonymous_one_is():
    said = said_of(call(anonymousId="b7", timestamp=ago(hours=1)))

    assert said == {
        "type": "identify",
        "user": "sara",
        "anonymous": "b7",
        "company": "",
        "previous": "",
        "traits": {},
        "at": ago(hours=1),
        "verified": True,
    }
    assert said_of(call()) is None


def test_address_stands_in_where_there_is_no_id():
    event, said = read(
        {"type": "track", "event": "Email Opened", "context": {"traits": {"email": " Sara@Najm.example"}}},
        receipt(),
    )

    assert event.person == digits("shop", "user", "sara@najm.example")
    assert (said["user"], said["traits"]) == ("sara@najm.example", {"email": " Sara@Najm.example"})


def test_identify_and_group_and_alias_are_no_events():
    identified = read(call("identify", traits={"name": "Sara"}), receipt())
    grouped = read(call("group", groupId="najm", traits={"name": "Najm"}), receipt())
    aliased = read(call("alias", previousId="b7"), receipt())

    assert {one.event for one in (identified, grouped, aliased)} == {None}
    assert (identified.said["type"], identified.said["traits"]) == ("identify", {"name": "Sara"})
    assert (grouped.said["company"], grouped.said["user"]) == ("najm", "sara")
    assert (aliased.said["user"], aliased.said["previous"]) == ("sara", "b7")


def test_company_is_described_without_a_person():
    said = said_of({"type": "group", "groupId": "najm", "traits": {"name": "Najm"}})

    assert (said["user"], said["anonymous"], said["company"]) == ("", "", "najm")


def test_browser_only_joins_its_anonymous_id():
    said = said_of(call("identify", anonymousId="b7", traits={"email": "ceo@najm.example"}), verified=False)
    beside = said_of(call(context={"traits": {"email": "ceo@najm.example"}}), verified=False)

    assert (said["verified"], said["traits"], said["anonymous"]) == (False, {}, "b7")
    assert beside is None


def test_clock_is_corrected_by_when_it_was_sent():
    """The sender's clock is two hours behind: what it did a minute before it sent, it did a minute before we got it."""
    lag = correction(ago(hours=2), NOW)

    assert event_of(call(timestamp=ago(hours=2, minutes=1)), lag=lag).happened_at == NOW - timedelta(
        minutes=1
    )
    single = call(timestamp=ago(hours=2, minutes=1), sentAt=ago(hours=2))
    assert event_of(single).happened_at == NOW - timedelta(minutes=1)


def test_correction_without_a_time_is_none():
    assert [correction(sent, NOW) for sent in (None, "", "soon", [], True, math.nan)] == [None] * 6


@pytest.mark.parametrize(
    ("said", "happened"),
    [
        ("2026-03-30T10:00:00Z", datetime(2026, 3, 30, 10, tzinfo=UTC)),
        ("2026-03-30T13:00:00.123456789+03:00", datetime(2026, 3, 30, 10, 0, 0, 123456, tzinfo=UTC)),
        ("2026-03-30T10:00:00", datetime(2026, 3, 30, 10, tzinfo=UTC)),
        ("2026-03-30 10:00", datetime(2026, 3, 30, 10, tzinfo=UTC)),
        ("2026-03-30", datetime(2026, 3, 30, tzinfo=UTC)),
        (1774864800, datetime(2026, 3, 30, 10, tzinfo=UTC)),
        (1774864800123, datetime(2026, 3, 30, 10, 0, 0, 123000, tzinfo=UTC)),
    ],
)
def test_time_is_read_as_it_is_written(said, happened):
    assert moment(said, "timestamp") == happened


@pytest.mark.parametrize(
    "said", ["yesterday", "2026-02-30", True, [], {}, 1e300, math.inf, "0001-01-01T00:00+14:00"]
)
def test_what_is_no_time_is_refused(said):
    assert reason_of(call(timestamp=said)) == ("bad_time", "timestamp")


def test_clock_a_little_ahead_is_now_and_one_far_ahead_is_refused():
    assert event_of(call(timestamp=ago(minutes=-5))).happened_at == NOW
    assert reason_of(call(timestamp=ago(minutes=-5, seconds=-1))) == ("in_the_future", "timestamp")
    assert reason_of(call("identify", timestamp=ago(days=-1))) == ("in_the_future", "timestamp")


def test_what_is_older_than_the_events_kept_is_refused():
    kept = earliest(NOW, 3)

    assert kept == datetime(2025, 12, 1, tzinfo=UTC)
    assert event_of(call(timestamp="2025-12-01T00:00:00Z"), earliest=kept)
    assert reason_of(call(timestamp="2025-11-30T23:59:59Z"), earliest=kept) == ("too_old", "timestamp")
    assert reason_of(call(timestamp="1926-01-01T00:00:00Z")) == ("too_old", "timestamp")


def test_kept_months_may_be_more_than_there_were():
    assert earliest(NOW, 32767).year == 1
    assert earliest(datetime(2026, 1, 31, tzinfo=UTC), 1) == datetime(2025, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ("track", ("no_object", "")),
        (None, ("no_object", "")),
        ([call()], ("no_object", "")),
        ({"userId": "sara"}, ("unknown_type", "type")),
        (call("delete"), ("unknown_type", "type")),
        ({"type": ["track"], "userId": "sara"}, ("unknown_type", "type")),
        (call(event=None), ("missing", "event")),
        (call(event="  "), ("missing", "event")),
        (call(event=7), ("wrong_type", "event")),
        (call(event="e" * 201), ("too_long", "event")),
        (call(event="a\u202eb"), ("hostile_text", "event")),
        (call(event="a\nb"), ("hostile_text", "event")),
        (call(userId="\u2066sara"), ("hostile_text", "userId")),
        (call(userId="s" * 201), ("too_long", "userId")),
        (call(userId=["sara"]), ("wrong_type", "userId")),
        (call(userId=True), ("wrong_type", "userId")),
        (call(userId=1.5), ("wrong_type", "userId")),
        (call(userId=None), ("no_person", "")),
        (call(userId="", anonymousId="  "), ("no_person", "")),
        (call(userId=None, context={"traits": {"email": "none"}}), ("no_person", "")),
        (call(messageId="m" * 101), ("too_long", "messageId")),
        (call(messageId={}), ("wrong_type", "messageId")),
        (call(properties=[1]), ("wrong_type", "properties")),
        (call(properties="a"), ("wrong_type", "properties")),
        (call(context=3), ("wrong_type", "context")),
        (call(context={"traits": "x"}), ("wrong_type", "context.traits")),
        (call(context={"groupId": []}), ("wrong_type", "context.groupId")),
        (call(context={"sessionId": "\0"}), ("broken_text", "")),
        (call(properties={"group_id": "g" * 201}), ("too_long", "properties.groupId")),
        (call(properties={"a": "b\0c"}), ("broken_text", "")),
        (call(properties={"a\0": 1}), ("broken_text", "")),
        (call(properties={"a": ["b\ud800"]}), ("broken_text", "")),
        (call(properties={"a": 1e30}), ("bad_number", "properties")),
        (call(properties={"a": [{"b": math.nan}]}), ("bad_number", "properties")),
        (call(properties={"a": -math.inf}), ("bad_number", "properties")),
        (call("identify", traits={"a": 1e99}), ("bad_number", "traits")),
        (call("identify", traits=[]), ("wrong_type", "traits")),
        (call("identify", userId=None), ("no_person", "")),
        (call("group"), ("missing", "groupId")),
        (call("group", groupId="a\u202e"), ("hostile_text", "groupId")),
        (call("group", groupId="a", userId=[]), ("wrong_type", "userId")),
        (call("alias"), ("missing", "previousId")),
        (call("alias", userId=None, previousId="a"), ("no_person", "userId")),
        (call(properties={"a": "b" * 33_000}), ("too_large", "")),
    ],
)
def test_what_is_wrong_is_named(given, refused):
    assert reason_of(given) == refused


def nested(depth):
    return {"a": nested(depth - 1)} if depth else 1


def test_properties_are_ten_deep_at_most():
    assert reason_of(call(properties=nested(10))) is None
    assert reason_of(call(properties=nested(11))) == ("too_deep", "properties")
    assert reason_of(call(properties={"a": [[[[[[[[[[1]]]]]]]]]]})) == ("too_deep", "properties")
    assert reason_of(call(context=nested(400))) == ("too_deep", "")


def test_text_of_people_is_kept_as_it_is():
    """Marks of direction belong to Arabic names, joiners to Persian ones, and a backslash before u0000 is text."""
    said = {
        "عنوان": "تقرير\u200f الربع",
        "نیم": "می\u200cروم",
        "path": "C:\\u0000",
        "emoji": "👩‍👩‍👧",
        "b": "a\u202eb",
    }

    assert properties_of(call(event="طلب\u200f جديد", properties=said)) == said


def test_machines_are_known_by_what_they_call_themselves_or_say():
    assert event_of(call(context={"userAgent": GOOGLEBOT})).machine
    assert not event_of(call(context={"userAgent": FIREFOX})).machine
    assert event_of(call(properties={"machine": True})).machine
    assert not event_of(call(properties={"machine": "yes"}, context={"userAgent": 7})).machine


def test_programs_beyond_a_hundred_in_a_request_are_not_looked_at():
    taken = receipt()
    for number in range(100):
        read(call(context={"userAgent": f"Mine {number}"}), taken)

    assert not read(call(context={"userAgent": GOOGLEBOT}), taken).event.machine


def test_campaign_of_the_properties_goes_first():
    context = {"campaign": {"name": "spring"}}

    assert event_of(call(properties={"campaign_id": "c1"}, context=context)).campaign == "c1"
    assert event_of(call(context={"campaign": "spring"})).campaign == ""
    assert event_of(call(context={"campaign": {"name": "s" * 300}})).campaign == "s" * 120


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (12.5, "12.5"),
        ("NaN", None),
        ("Infinity", None),
        ("1e999999999", None),
        (10**15, None),
        ("12.50", "12.5"),
    ],
)
def test_value_is_a_number_that_figures_can_hold(value, number):
    found = event_of(call(properties={"value": value})).value

    assert found == (None if number is None else Decimal(number))


@pytest.mark.parametrize("name", ["Resource Rated", "Review Submitted", "Product Reviewed"])
@pytest.mark.parametrize(
    "rating", [999999999, 0, 0.99, 5.1, -3, "abc", "NaN", "1e99", True, [4], {"stars": 4}]
)
def test_rating_off_its_scale_is_refused(name, rating):
    assert reason_of(call(event=name, properties={"rating": rating})) == ("bad_rating", "properties.rating")


@pytest.mark.parametrize(
    ("properties", "value"),
    [
        ({"rating": 1}, 1),
        ({"rating": "5"}, 5),
        ({"rating": 4.5, "value": 200}, Decimal("4.5")),
        ({"rating": None, "value": 3}, 3),
        ({"rating": " "}, None),
        ({}, None),
    ],
)
def test_rating_on_its_scale_is_taken_and_may_be_missing(properties, value):
    assert event_of(call(event="Resource Rated", properties=properties)).value == value


def test_rating_is_that_of_the_property_that_was_given():
    rated = call(event="rated", properties={"stars": 6, "rating": 3})
    mapped = {"rated": Mapped("Resource Rated", value_property="stars")}

    assert reason_of(rated, mapped=mapped) == ("bad_rating", "properties.stars")
    assert reason_of(call(event="Resource Rated", properties={"score": 6})) == (
        "bad_rating",
        "properties.score",
    )
    assert event_of(rated).value == 3
    assert event_of(call(event="Order Completed", properties={"total": 900})).value == 900


def test_what_is_said_without_a_time_is_in_the_order_of_the_batch():
    """Also when an event says it in passing; what happened did so when it came."""
    calls = [
        call("identify"),
        call("group", groupId="najm"),
        call("alias", previousId="b7"),
        call(anonymousId="b7"),
        call("identify", timestamp=ago(hours=1)),
    ]

    read_calls = [read(one, receipt(), position=position) for position, one in enumerate(calls)]

    assert [datetime.fromisoformat(one.said["at"]) - NOW for one in read_calls] == [
        timedelta(),
        timedelta(microseconds=1),
        timedelta(microseconds=2),
        timedelta(microseconds=3),
        timedelta(hours=-1),
    ]
    assert read_calls[3].event.happened_at == NOW


@pytest.mark.parametrize("sent_at", [5, 1.5, "1970-01-01T00:00:05Z", "2009-12-31T23:59:59Z"])
def test_clock_that_was_never_set_corrects_nothing(sent_at):
    hour_ago = NOW - timedelta(hours=1)

    assert correction(sent_at, NOW) is None
    assert event_of(call(timestamp=hour_ago.isoformat(), sentAt=sent_at)).happened_at == hour_ago
    assert correction("2010-01-01T00:00:00Z", NOW) == NOW - datetime(2010, 1, 1, tzinfo=UTC)


def without_id(**fields):
    return {name: value for name, value in call(**fields).items() if name != "messageId"}


def test_same_bytes_sent_again_are_the_same_message():
    timed = without_id(timestamp=ago(hours=1))

    first = event_of(timed)
    again = event_of(timed, received_at=NOW + timedelta(minutes=1))

    assert first.message_id == again.message_id
    assert event_of(without_id(timestamp=ago(hours=2))).message_id != first.message_id


def test_calls_without_id_and_time_are_several_in_a_batch_that_may_come_again():
    def ids(received_at):
        how = receipt(received_at=received_at, lag=correction(ago(hours=1), received_at))
        return [read(without_id(), how, position=position).event.message_id for position in (0, 1)]

    assert len(set(ids(NOW))) == 2
    assert ids(NOW) == ids(NOW + timedelta(minutes=1))


def test_calls_that_nowhere_tell_a_time_happen_whenever_they_come():
    first, second = event_of(without_id()), event_of(without_id(), received_at=NOW + timedelta(minutes=1))

    assert first.message_id != second.message_id


def test_every_reason_has_its_sentence():
    assert set(SENTENCES) == set(Reason)
    assert Reason.NO_PERSON.sentence.startswith("It does not say who.")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)
FIELDS = [
    "type", "action", "event", "name", "userId", "anonymousId", "user_id", "groupId", "previousId", "messageId",
    "timestamp", "sentAt", "properties", "traits", "context",
]  # fmt: skip
KINDS = st.sampled_from(["track", "page", "screen", "identify", "group", "alias"])


@settings(max_examples=300, deadline=None)
@given(
    said=st.dictionaries(st.sampled_from(FIELDS), JSON) | JSON,
    ids=st.sampled_from([{}, {"userId": "sara", "event": "A"}]),
    kind=KINDS | st.just(""),
)
def test_any_json_is_read_or_rejected(said, ids, kind):
    said = {**ids, **said} if isinstance(said, dict) else said
    try:
        event, beside = read(said, receipt(), kind=kind)
    except Rejected:
        return

    assert event or beside
    assert line(event) if event else orjson.dumps(beside)
