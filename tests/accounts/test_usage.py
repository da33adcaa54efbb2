"""How an account uses the product."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts import usage
from accounts.models import (
    Account,
    ActivityDay,
    Contact,
    EventName,
    Feature,
    Organisation,
    Plan,
    PlanFeature,
)
from tests import factories
from tests.factories import plain, subscription

pytestmark = pytest.mark.django_db

TODAY = date(2026, 6, 30)


def days_ago(days):
    return TODAY - timedelta(days=days)


def did(contact, days, name="Feature Used", **fields):
    given = {
        "account": contact.account,
        "contact": contact,
        "day": days_ago(days),
        "name": name,
    }
    return plain(ActivityDay, **given | fields)


def of(*accounts):
    return usage.of_account([account.pk for account in accounts], TODAY)


@pytest.fixture
def najm(db):
    return factories.account("Najm")


@pytest.fixture
def sara(najm):
    return plain(Contact, account=najm, name="Sara")


@pytest.fixture
def omar(najm):
    return plain(Contact, account=najm, name="عمر")


def test_an_account_without_events_is_empty(najm, sara):
    found = of(najm)

    assert found.is_empty
    assert found.silent == [sara]


def test_people_are_active_or_silent_by_thirty_days(najm, sara, omar):
    did(sara, 29, count=3)
    did(omar, 30)

    found = of(najm)

    assert found.people == [sara]
    assert (found.people[0].active_days, found.people[0].times) == (1, 3)
    assert found.silent == [omar]
    assert found.silent[0].last_active == days_ago(30)


def test_who_was_never_active_is_silent_and_comes_last(najm, sara, omar):
    did(omar, 90)

    assert of(najm).silent == [omar, sara]


def test_two_things_on_one_day_are_one_active_day(najm, sara):
    did(sara, 1, object="reports")
    did(sara, 1, object="exports")
    did(sara, 2)

    assert of(najm).people[0].active_days == 2


@pytest.mark.parametrize(
    "fields",
    [{"machine": True}, {"name": "Email Opened"}, {"name": "Nightly Sync"}],
    ids=["machine", "mail", "mapped as no activity"],
)
def test_what_is_no_activity_makes_nobody_active(najm, sara, fields):
    EventName.objects.create(sent_as="Nightly Sync", is_activity=False)

    did(sara, 1, **fields)

    assert of(najm).people == []


def test_who_left_or_was_erased_is_not_silent(najm, sara, omar):
    Contact.objects.filter(pk=sara.pk).update(left=days_ago(1))

    assert of(najm).silent == [omar]


def test_what_a_merged_contact_did_is_the_survivors(najm, sara, omar):
    did(omar, 1)
    Contact.objects.filter(pk=omar.pk).update(merged_into=sara)

    found = of(najm)

    assert found.people == [sara]
    assert found.silent == []


def test_weeks_end_today_and_count_everybody_once(najm, sara, omar):
    did(sara, 0, count=2)
    did(sara, 6)
    did(omar, 7)
    did(omar, 84)

    weeks = of(najm).weeks

    assert len(weeks) == 12
    assert weeks[-1] == usage.Week(TODAY, people=1, events=3)
    assert weeks[-2] == usage.Week(days_ago(7), people=1, events=1)
    assert sum(week.events for week in weeks) == 4


def test_features_are_included_used_or_both(najm, sara, omar):
    basic = Plan.objects.create(code="basic")
    subscription(najm, 10, "2026-01-01", plan=basic)
    for code in ("reports", "exports", "alerts"):
        Feature.objects.create(code=code, name={"en": code.title()})
    for code in ("reports", "exports"):
        PlanFeature.objects.create(plan=basic, feature=Feature.objects.get(code=code))
    PlanFeature.objects.create(plan=basic, feature=Feature.objects.get(code="alerts"), ends=days_ago(0))
    did(sara, 1, object="reports")
    did(omar, 2, object="reports", count=4)
    did(omar, 40, object="beta")

    found = of(najm)

    reports = Feature.objects.get(code="reports")
    assert found.used == [
        usage.OfFeature("Reports", included=True, people=2, times=5, last=days_ago(1), pk=reports.pk),
    ]
    assert found.used_before == [
        usage.OfFeature("beta", included=False, people=0, times=0, last=days_ago(40)),
    ]
    assert [feature.name for feature in found.never_used] == ["Exports"]


def test_what_a_merged_account_did_counts(najm, sara):
    old = factories.account("Najm Ltd", merged_into=najm)
    hana = plain(Contact, account=old, name="Hana")
    did(hana, 1)

    assert of(najm, old).people == [hana]


def test_nobody_is_asked_for_each_person(najm, django_assert_num_queries):
    did(plain(Contact, account=najm, name="A"), 1)
    with django_assert_num_queries(5):
        of(najm)
    did(plain(Contact, account=najm, name="B"), 1, object="x")
    did(plain(Contact, account=najm, name="C"), 1, object="y")

    with django_assert_num_queries(5):
        of(najm)


def include(account, *codes):
    plan = Plan.objects.create(code="large")
    subscription(account, 10, "2026-01-01", plan=plan)
    for code in codes:
        feature = Feature.objects.create(code=code, name={"en": code.title()})
        PlanFeature.objects.create(plan=plan, feature=feature)


def test_features_used_are_those_of_thirty_days(sign_in, alice, najm, sara):
    today = Organisation.current().today(timezone.now())
    include(najm, "reports", "exports", "alerts")
    Account.objects.filter(pk=najm.pk).update(owner=alice)
    for days, feature in ((29, "reports"), (30, "exports"), (2, "beta")):
        did(sara, 0, day=today - timedelta(days=days), object=feature)
    client = sign_in(alice)

    page = client.get(f"/accounts/{najm.pk}/usage/").content.decode()
    breadth = client.get("/metrics/feature_breadth/").context["answer"]

    tile = page.partition(">Features used</h3>")[2].partition("</article>")[0]
    assert f'figure-value"><bdi class="num" dir="ltr">{breadth.numerator:.0f}</bdi>' in tile
    assert breadth.numerator == 1
    assert "more outside the plan" in tile
    used = page.partition('id="used"')[2].partition("</section>")[0]
    assert [name in used for name in ("Reports", "beta", "Exports", "Alerts")] == [True, True, False, False]
    before = page.partition('id="before"')[2].partition("</section>")[0]
    assert ("Exports" in before, "Reports" in before, "<time" in before) == (True, False, True)


def test_an_account_that_never_used_anything_shows_its_people_and_features(sign_in, alice, najm, sara):
    include(najm, "reports")
    Account.objects.filter(pk=najm.pk).update(owner=alice)

    page = sign_in(alice).get(f"/accounts/{najm.pk}/usage/").content.decode()

    assert "Nobody has used the product yet" in page
    assert "<bdi>Sara</bdi>" in page.partition('id="silent"')[2].partition("</section>")[0]
    assert "Reports" in page.partition('id="never"')[2].partition("</section>")[0]
