"""Campaigns: whom they reached, what became of their mails, who came, and who did what was wanted."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from accounts.models import (
    ActivityDay,
    Campaign,
    CampaignDay,
    Contact,
    Delivery,
    Goal,
    Organisation,
    Session,
)
from tests import factories
from tests.factories import plain
from tests.metrics.views.viewing import rows_of_csv

pytestmark = pytest.mark.django_db


def ago(days):
    return Organisation.current().today(timezone.now()) - timedelta(days=days)


def at(days, hour=12):
    return datetime.combine(ago(days), time(hour), Organisation.current().zone)


def mail(contact, days, campaign="spring", **fields):
    given = {
        "account": contact.account,
        "contact": contact,
        "delivered_at": at(days),
        "recorded_at": at(days),
    }
    return plain(Delivery, **given | {"person": uuid4(), "campaign": campaign} | fields)


def did(contact, name, days, **fields):
    given = {"account": contact.account, "contact": contact, "person": uuid4()}
    return plain(ActivityDay, **given, day=ago(days), name=name, machine=False, **fields)


def came(contact, name, days=5, event="webinar"):
    return did(contact, name, days, object=event)


def rows_of(response):
    return {row.campaign.code: row for row in response.context["page"]}


@pytest.fixture
def goal(db):
    return plain(Goal, kind="event", target="Report Sent")


@pytest.fixture
def spring(goal):
    spring = Campaign.objects.create(
        code="spring", name={"en": "Spring"}, kind="email", starts=ago(30), goal=goal
    )
    for days, reach, cost, currency in ((20, 100, 50, "USD"), (10, 40, 30, "USD"), (400, 9, 9, "USD")):
        CampaignDay.objects.create(
            campaign=spring, day=ago(days), reach=reach, clicks=reach // 10, cost=cost, currency=currency
        )
    return spring


@pytest.fixture
def webinar(db):
    return Campaign.objects.create(code="webinar", name={"en": "Webinar"}, kind="event", starts=ago(4))


@pytest.fixture
def people(alice, charlie, spring, webinar, goal):
    najm, his = factories.account("Najm", owner=alice), factories.account("His", owner=charlie)
    sara, omar = (plain(Contact, account=najm, name=name) for name in ("Sara", "Omar"))
    ziad = plain(Contact, account=his, name="Ziad")
    mail(sara, 20, opened_at=at(19), clicked_at=at(19))
    mail(omar, 20, opened_by_machine_at=at(20), unsubscribed_at=at(18))
    mail(omar, 18, delivered_at=None, bounced_at=at(18))
    mail(ziad, 20, opened_at=at(19))
    came(sara, "Event Registered")
    came(sara, "Event Attended", 4)
    came(omar, "Event Attended", 4)
    came(ziad, "Event Registered")
    for contact in (sara, omar, ziad):
        plain(Session, account=contact.account, contact=contact, day=ago(3), campaign="spring")
        did(contact, "Page", 3, campaign="spring")
        if contact != omar:
            did(contact, goal.target, 2)
    return sara


def test_campaigns_count_reach_and_mails(sign_in, alice, people):
    row = rows_of(sign_in(alice).get("/metrics/campaigns/"))["spring"]

    assert (row.reach, row.clicks) == (140, 14)
    assert (row.delivered, row.opened, row.clicked, row.unsubscribed, row.bounced) == (2, 1, 1, 1, 1)
    assert (row.sessions, row.wanted) == (2, 1)


def test_events_count_who_came(sign_in, alice, people):
    row = rows_of(sign_in(alice).get("/metrics/campaigns/"))["webinar"]

    assert (row.registered, row.attended, row.walk_ins) == (1, 2, 1)


def test_who_sees_everything_counts_everybody(sign_in, administrator, people):
    rows = rows_of(sign_in(administrator).get("/metrics/campaigns/"))

    assert (rows["spring"].delivered, rows["spring"].wanted, rows["webinar"].registered) == (3, 2, 2)


def test_campaigns_are_those_of_the_metrics(sign_in, administrator, people):
    client = sign_in(administrator)

    rows = rows_of(client.get("/metrics/campaigns/?window=90d"))

    rate = client.get("/metrics/email_unsubscribe_rate/?window=90d").context["answer"]
    assert (rows["spring"].unsubscribed, rows["spring"].delivered) == (rate.numerator, rate.denominator)
    brought = client.get("/metrics/campaign_conversion_rate/?window=90d&campaign=spring").context["answer"]
    assert (rows["spring"].wanted, rows["spring"].reach) == (brought.numerator, brought.denominator)
    walk_ins = client.get("/metrics/event_walk_ins/?window=90d").context["answer"]
    assert rows["webinar"].walk_ins == walk_ins.value


def test_people_without_an_account_are_no_money(sign_in, administrator, people):
    page = sign_in(administrator).get("/metrics/campaign_conversion_rate/?window=90d&campaign=spring")

    told = page.content.decode().partition("<dt>Without an account</dt>")[2].partition("</dd>")[0]
    assert told.endswith(">140</bdi>")


def test_what_it_cost_is_not_everybodys_to_read(sign_in, alice, spring, people):
    places = ("/metrics/campaigns/", f"/metrics/campaigns/{spring.pk}/")

    for place in places:
        response = sign_in(alice).get(place)
        assert "Cost" not in response.content.decode()
    alice.user_permissions.add(Permission.objects.get(codename="view_campaignday"))
    for place in places:
        assert "$80" in sign_in(alice).get(place).content.decode()


def test_costs_in_several_currencies_are_not_added_up(sign_in, administrator, spring):
    CampaignDay.objects.create(campaign=spring, day=ago(5), cost=7, currency="SAR")

    row = rows_of(sign_in(administrator).get("/metrics/campaigns/"))["spring"]

    assert row.costs == [(Decimal(7), "SAR"), (Decimal(80), "USD")]


def test_a_campaign_is_drawn_by_day(sign_in, alice, spring, people):
    response = sign_in(alice).get(f"/metrics/campaigns/{spring.pk}/?window=30d")

    by_name = {series["name"]: series["values"] for series in response.context["series"]}
    reach, clicks = "Reach (whole company)", "Clicks (whole company)"
    assert sorted(by_name) == [clicks, "Mails delivered", reach, "Sessions"]
    assert response.context["days"][0] == ago(20)
    assert (by_name[reach][0], by_name["Mails delivered"][0], by_name[reach][10]) == (100, 2, 40)
    assert by_name["Sessions"][-4] == 2


def test_only_what_ran_in_the_window_is_listed(sign_in, alice):
    for code, kind, starts, ends in (
        ("over", "ads", 60, 40),
        ("held", "event", 60, None),
        ("runs", "ads", 60, None),
        ("ahead", "ads", -3, None),
    ):
        Campaign.objects.create(
            code=code, kind=kind, starts=ago(starts), ends=None if ends is None else ago(ends)
        )
    client = sign_in(alice)

    assert list(rows_of(client.get("/metrics/campaigns/?window=30d"))) == ["runs"]
    assert sorted(rows_of(client.get("/metrics/campaigns/"))) == ["held", "over", "runs"]


def test_a_campaign_of_which_nothing_is_known(sign_in, alice):
    empty = plain(Campaign, starts=ago(3))

    text = sign_in(alice).get(f"/metrics/campaigns/{empty.pk}/").content.decode()

    assert "Nothing is known of it in this window." in text


def test_campaigns_are_exported(sign_in, alice, people):
    lines = rows_of_csv(sign_in(alice).get("/metrics/campaigns/export.csv?sort=name"))

    assert lines[1][:4] == ["spring", "Spring", "E-mail", str(ago(30))]
    assert lines[1][5:] == ["140", "0", "14", "2", "1", "1", "1", "1", "0", "0", "0", "2", "1"]


def test_costs_are_exported_by_currency_to_whom_may_see_them(sign_in, alice, administrator, spring, people):
    CampaignDay.objects.create(campaign=spring, day=ago(5), cost=7, currency="SAR")

    header, first, _second = rows_of_csv(
        sign_in(administrator).get("/metrics/campaigns/export.csv?sort=name")
    )

    assert header[-2:] == ["Cost (SAR)", "Cost (USD)"]
    assert [Decimal(amount) for amount in first[-2:]] == [7, 80]
    assert "Cost" not in str(rows_of_csv(sign_in(alice).get("/metrics/campaigns/export.csv")))


def test_what_is_of_the_whole_company_says_so(sign_in, alice, administrator, spring, people):
    def said(user, query=""):
        client = sign_in(user)
        pages = [client.get(f"/metrics/campaigns/{place}{query}") for place in ("", f"{spring.pk}/")]
        header = rows_of_csv(client.get(f"/metrics/campaigns/export.csv{query}"))[0]
        series = pages[1].context["series"][0]["name"]
        return [page.content.decode().count("hole company") for page in pages], header[5], series

    assert said(administrator) == ([0, 0], "Reach", "Reach")
    named = "Reach (whole company)"
    assert said(alice) == ([2, 3], named, named)
    assert said(administrator, "?tenure=9") == ([3, 3], named, named)


def test_no_campaign_ran(sign_in, alice):
    assert "No campaign ran in this window" in sign_in(alice).get("/metrics/campaigns/").content.decode()


def test_campaigns_refuse_what_cannot_be(sign_in, alice, spring):
    client = sign_in(alice)
    for query in ("window=2d", "sort=luck", "page=x"):
        for place in ("", "export.csv", f"{spring.pk}/"):
            assert client.get(f"/metrics/campaigns/{place}?{query}").status_code == 400
    assert client.get("/metrics/campaigns/999/").status_code == 404


def test_campaigns_cost_the_same_for_one_and_three(sign_in, alice, goal, django_assert_max_num_queries):
    client, counts = sign_in(alice), []
    for names in (("a",), ("b", "c")):
        for name in names:
            campaign = Campaign.objects.create(code=name, kind="event", starts=ago(3), goal=goal)
            CampaignDay.objects.create(campaign=campaign, day=ago(2), reach=1, currency="USD")
            sara = plain(Contact, account=factories.account(name, owner=alice), name=name)
            mail(sara, 2, name)
            came(sara, "Event Registered", event=name)
        client.get("/metrics/campaigns/")
        with django_assert_max_num_queries(100) as queries:
            client.get("/metrics/campaigns/")
        counts.append(len(queries))

    assert counts[0] == counts[1]
