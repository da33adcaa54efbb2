"""Campaigns as figures: whom they brought to their goals, out of whom they reached."""

import pytest

from accounts.models import Campaign, CampaignDay, Contact, Goal
from tests.factories import account, accounts, day
from tests.metrics.asking import answer, parts, value
from tests.metrics.doing import act, contact

pytestmark = pytest.mark.django_db

JUNE_30 = "2026-06-30"
KEY = "campaign_conversion_rate"
SPRING = {"campaign": "spring"}


@pytest.fixture
def spring(db):
    goal = Goal.objects.create(code="told", target="Report Sent")
    return Campaign.objects.create(code="spring", starts=day("2026-06-01"), goal=goal)


def reached(campaign, people, clicks=0, on="2026-06-01"):
    numbers = {"reach": people, "clicks": clicks, "currency": "USD"}
    return CampaignDay.objects.create(campaign=campaign, day=day(on), **numbers)


def bring(who, on="2026-06-10", **fields):
    act(who, on, "Page", "/", campaign="spring", **fields)


def test_without_reach_or_clicks_there_is_nothing_to_divide_by(spring):
    bring(sara := contact(account()))
    act(sara, "2026-06-11")
    nothing = answer(KEY, JUNE_30, parameters=SPRING)
    reached(spring, 4)

    found = answer(KEY, JUNE_30, parameters=SPRING)
    by_clicks = answer(f"{KEY}_by_clicks", JUNE_30, parameters=SPRING)

    assert (nothing.value, nothing.reason, nothing.interval) == (None, "no_denominator", None)
    assert (found.value * 4, found.n, found.low_sample) == (1, 4, True)
    assert found.interval.low < 0.25 < found.interval.high
    assert (by_clicks.value, by_clicks.reason) == (None, "no_denominator")


def test_more_than_it_reached_is_no_share_and_has_no_interval(spring):
    reached(spring, 1)
    for name in ("Sara", "Omar"):
        bring(who := contact(account(), name))
        act(who, "2026-06-11")

    found = answer(KEY, JUNE_30, parameters=SPRING)

    assert (found.value, found.interval, found.interval_reason) == (2, None, "more_than_all")


def test_a_campaign_without_a_goal_has_no_value(spring):
    reached(spring, 4)
    Campaign.objects.update(goal=None)

    assert answer(KEY, JUNE_30, parameters=SPRING).reason == "no_denominator"


@pytest.mark.parametrize(
    ("name", "brings"),
    [
        ("Email Delivered", 0),
        ("Email Opened", 0),
        ("Unsubscribed", 0),
        ("Email Link Clicked", 1),
        ("Email Replied", 1),
    ],
)
def test_of_a_mail_only_what_its_reader_does_brings_them(spring, name, brings):
    reached(spring, 2)
    act(sara := contact(account()), "2026-06-10", name, "news", campaign="spring")
    act(sara, "2026-06-11")

    assert value(KEY, JUNE_30, parameters=SPRING) * 2 == brings


def test_a_goal_may_be_a_page(spring):
    Goal.objects.update(kind="page", target="/thanks")
    reached(spring, 2)
    bring(sara := contact(account()))
    act(sara, "2026-06-10", "Page", "/thanks")
    bring(omar := contact(account()))
    act(omar, "2026-06-10", "Report Sent", "/thanks")

    assert value(KEY, JUNE_30, parameters=SPRING) * 2 == 1


def test_merged_contacts_are_one_person_and_merged_accounts_one(spring):
    reached(spring, 4)
    loser, survivor = accounts(2)
    first, second = contact(loser), contact(survivor)
    bring(first)
    act(second, "2026-06-11")
    assert value(KEY, JUNE_30, parameters=SPRING) == 0

    Contact.objects.filter(pk=first.pk).update(merged_into=second)
    type(loser).objects.filter(pk=loser.pk).update(merged_into=survivor)
    assert value(KEY, JUNE_30, parameters=SPRING) * 4 == 1

    bring(second)
    assert value(KEY, JUNE_30, parameters=SPRING) * 4 == 1


def test_machines_bring_nobody_and_reach_no_goal(spring):
    reached(spring, 4)
    bring(contact(account()), machine=True)
    bring(sara := contact(account()))
    act(sara, "2026-06-11", machine=True)

    assert value(KEY, JUNE_30, parameters=SPRING) == 0


def test_what_came_late_was_not_known_before(spring):
    CampaignDay.objects.filter(pk=reached(spring, 4).pk).update(recorded_at="2026-06-02T00:00Z")
    sara = contact(account())
    type(sara.account).objects.update(recorded_at="2026-01-01T00:00Z")
    bring(sara, late_on=day("2026-06-20"))
    act(sara, "2026-06-11", late_on=day("2026-06-25"))

    def known(by):
        return answer(KEY, JUNE_30, parameters=SPRING, known_by=by)

    assert [known(by).numerator for by in ("2026-06-19", "2026-06-24", "2026-06-25")] == [0, 0, 1]
    assert (known("2026-06-01").reason, known("2026-06-02").denominator) == ("no_denominator", 4)


def test_of_some_of_the_customers_it_has_no_value_and_says_so(spring):
    reached(spring, 4)

    for filters, named in (({"segment": "large"}, "segment"), ({"account": "1"}, "account")):
        found = answer(KEY, JUNE_30, parameters=SPRING, **filters)
        assert (found.value, found.reason) == (None, f"not_by_{named}")


def test_a_split_is_the_table_of_campaigns(spring):
    autumn = Campaign.objects.create(code="autumn", starts=day("2026-06-01"), goal=spring.goal)
    reached(spring, 4)
    reached(autumn, 5)
    bring(sara := contact(account()))
    act(sara, "2026-06-11")

    assert {name: float(of) for name, of in parts(KEY, JUNE_30, "campaign").items()} == {
        "spring": 0.25,
        "autumn": 0,
    }
