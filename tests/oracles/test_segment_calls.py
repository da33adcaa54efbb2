"""The calls that Segment's own documentation shows: each is understood, and what it means is what they say."""

import json
from datetime import UTC, datetime

import pytest

from accounts import taxonomy
from accounts.intake.calls import Receipt, earliest, read
from accounts.intake.lines import line
from accounts.intake.reasons import Rejected

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def calls(real):
    return json.loads(real("connectors/segment_calls.json").read_text())


@pytest.fixture
def receipt():
    return Receipt("shop", "shop", True, NOW, earliest(NOW, None))


def told(kind, call):
    """The guide shows some calls without who and as what they are sent."""
    return {"userId": "97980cfea0067", **call} if kind != "group" else call


def test_every_call_is_understood(calls, receipt):
    refused = []
    for kind, shown in calls.items():
        for call in shown:
            try:
                event, said = read(told(kind, call), receipt)
            except Rejected as rejected:
                refused.append((kind, str(rejected.reason), rejected.field))
            else:
                assert line(event) if event else said
                assert (event is None) == (kind in {"alias", "group", "identify"})

    assert sum(map(len, calls.values())) > 20
    assert refused == []


def test_semantic_events_are_known_by_their_names(calls, receipt):
    names = {
        read(told(kind, call), receipt).event.name for kind in ("b2b-saas", "email") for call in calls[kind]
    }

    assert len(names) > 10
    assert names <= set(taxonomy.STANDARD)


def test_mails_are_told_apart_by_their_ids(calls, receipt):
    events = [read(call, receipt).event for call in calls["email"]]

    assert {(event.object, event.campaign) for event in events} == {("18vzF7u3z", "123")}


def test_page_of_the_guide_is_its_path(calls, receipt):
    _short, whole = calls["page"]

    event = read(whole, receipt).event

    assert (event.name, event.object) == ("Page", "/")
    assert json.loads(event.properties)["title"] == "Welcome | Initech"


def test_clock_of_the_guide_is_corrected(calls, receipt):
    """Sent in 2015, at the moment it says: for us that is now."""
    _short, whole = calls["page"]

    assert read(whole, receipt).event.happened_at == NOW


def test_company_is_the_group_of_the_context(calls, receipt):
    companies = {read(call, receipt).event.company for call in calls["b2b-saas"]}

    assert len(companies) == 1
    assert None not in companies
