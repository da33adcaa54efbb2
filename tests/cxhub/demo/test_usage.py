"""What the people of the demo company's customers do."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest

from accounts.intake.lines import COLUMNS
from accounts.models import Contact, Identity, PlanFeature
from cxhub.demo.composition import make_book
from cxhub.demo.product import FEATURES
from cxhub.demo.usage import DAYS, FADES, mood

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module")
def book():
    return make_book(7, TODAY)


@pytest.fixture(scope="module")
def events(book):
    return [dict(zip(COLUMNS, line.decode().rstrip("\n").split("\t"), strict=True)) for line in book.events]


@pytest.mark.long
def test_events_are_the_same_for_the_same_seed_and_day(book):
    assert make_book(7, TODAY).events == book.events


def test_three_months_of_events_as_they_happened(book, events):
    moments = [datetime.fromisoformat(event["happened_at"]) for event in events]

    assert 20_000 < len(events) < 50_000
    assert moments == sorted(moments)
    assert moments[-1] < book.now + timedelta(hours=1)
    assert moments[0] >= book.now - timedelta(days=DAYS + 13)


def test_each_message_is_there_once(events):
    assert max(Counter(event["digest"] for event in events).values()) == 1


def test_every_event_is_of_somebody_known(book, events):
    assert len({event["person"] for event in events}) <= len(book.rows[Identity])
    contacts = {identity["contact"] for identity in book.rows[Identity]}
    assert len(contacts) == len(book.rows[Identity])
    assert contacts <= set(range(1, len(book.rows[Contact]) + 1))


def test_larger_plans_include_what_smaller_ones_do(book):
    of_plan = Counter(row["plan"] for row in book.rows[PlanFeature])

    assert [of_plan[plan] for plan in (1, 2, 3, 4)] == sorted(of_plan.values())
    assert of_plan[4] == len(FEATURES)


def test_who_will_leave_fades_out(book):
    class Leaving:
        churn_day = TODAY

    workday = TODAY - timedelta(days=TODAY.isoweekday() % 7)
    moods = [mood(Leaving, workday - timedelta(weeks=weeks)) for weeks in (12, 6, 2, 0)]

    assert moods == sorted(moods, reverse=True)
    assert moods[0] == 1
    assert mood(Leaving, TODAY) < 0.1
    assert timedelta(weeks=6) < FADES


def test_names_are_those_that_figures_ask_for(events):
    names = Counter(event["name"] for event in events)

    assert {"Signed In", "Page", "Feature Used", "Resource Rated", "Email Opened", "Event Attended"} <= set(
        names
    )
    assert any(event["machine"] == "t" for event in events if event["name"] == "Email Opened")
