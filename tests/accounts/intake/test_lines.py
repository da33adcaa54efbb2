from datetime import UTC, datetime
from decimal import Decimal

import orjson
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.intake.digests import digest
from accounts.intake.lines import Event

NOW = datetime(2026, 3, 29, 1, 30, 0, 250_001, tzinfo=UTC)
SARA = digest("shop", "user", "sara")


def event(**fields):
    plain = {
        "digest": digest("shop", "message", "1").hex,
        "happened_at": NOW,
        "recorded_at": NOW,
        "source": "shop",
        "message_id": "1",
        "name": "Signed In",
        "sent_as": "",
        "object": "",
        "value": None,
        "campaign": "",
        "person": SARA.hex,
        "company": None,
        "session": "",
        "machine": False,
        "properties": b"{}",
    }
    return Event(**plain | fields)


def test_line_says_all_of_an_event(copied):
    company = digest("crm", "account", "najm")
    properties = {"feature": "reports", "note": "Tab\there", "عربي": ["سطر\nآخر", {"a": 1.5}]}

    [row] = copied(
        event(
            value=Decimal("12.5000"),
            company=company.hex,
            machine=True,
            object="reports",
            sent_as="login",
            campaign="spring",
            session="s1",
            properties=orjson.dumps(properties),
        )
    )

    assert orjson.loads(row.pop("properties")) == properties
    assert row == {
        "digest": digest("shop", "message", "1"),
        "happened_at": NOW,
        "recorded_at": NOW,
        "source": "shop",
        "message_id": "1",
        "name": "Signed In",
        "sent_as": "login",
        "object": "reports",
        "value": Decimal("12.5"),
        "campaign": "spring",
        "person": SARA,
        "company": company,
        "session": "s1",
        "machine": True,
    }


def test_what_is_not_said_is_null_and_what_is_empty_is_not(copied):
    [row] = copied(event())

    assert (row["value"], row["company"], row["object"], row["session"]) == (None, None, "", "")


STORABLE = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
HOSTILE = STORABLE | st.sampled_from(
    ["\\N", "\\.", "\t", "\n", "\r\n", "\\", "\\\\n", "\u2028", "\x85", "\u202e", "'"]
)
JSON = st.recursive(
    HOSTILE | st.integers(-(2**53), 2**53) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(HOSTILE, inner, max_size=3),
    max_leaves=8,
)
EVENTS = st.builds(
    lambda properties, **fields: event(properties=orjson.dumps(properties), **fields),
    properties=st.dictionaries(HOSTILE, JSON, max_size=4),
    source=HOSTILE,
    message_id=HOSTILE,
    name=HOSTILE,
    sent_as=HOSTILE,
    object=HOSTILE,
    campaign=HOSTILE,
    session=HOSTILE,
    value=st.none() | st.decimals(-(10**15), 10**15, places=4),
    happened_at=st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(EVENTS, min_size=1, max_size=5))
def test_copy_reads_what_was_written_whatever_the_text(copied, events):
    rows = copied(*events)

    for row, said in zip(rows, events, strict=True):
        assert orjson.loads(row.pop("properties")) == orjson.loads(said.properties)
        expected = said._asdict() | {"digest": row["digest"], "person": SARA}
        del expected["properties"]
        assert row == expected
