from datetime import timedelta

import pytest
from django.apps import apps
from django.utils import timezone

from accounts.admin import entry
from accounts.models import (
    Account,
    AccountKey,
    Campaign,
    Contact,
    Departure,
    ExchangeRate,
    Feature,
    Lead,
    Order,
    OrderLine,
    Payment,
    Plan,
    Product,
    Subscription,
    Team,
    Ticket,
    User,
    WorkingCalendar,
)
from tests import factories
from tests.accounts.admin.pages import address, listed, results
from tests.sampling import some

pytestmark = pytest.mark.django_db

MODELS = [apps.get_model("accounts", name) for name in factories.PLAIN]
# What must differ between rows that are otherwise plain.
DIFFERENT = {
    "AttributeDefinition": lambda n: {"key": f"key_{n}"},
    "AccountKey": lambda n: {"value": f"cus_{n}"},
    "Campaign": lambda n: {"code": f"campaign-{n}"},
    "CampaignDay": lambda n: {"campaign": factories.plain(Campaign, code=f"campaign-{n}")},
    "Departure": lambda n: {},
    "EventName": lambda n: {"sent_as": f"event {n}"},
    "ExchangeRate": lambda n: {"day": factories.day(f"2026-02-0{n + 1}")},
    "Feature": lambda n: {"code": f"feature-{n}"},
    "Goal": lambda n: {"code": f"goal-{n}"},
    "Consent": lambda n: {"given_at": factories.at(f"2026-01-1{n} 12:00")},
    "Identity": lambda n: {"value": f"u{n}"},
    "Plan": lambda n: {"code": f"plan-{n}"},
    "PlanFeature": lambda n: {
        "plan": factories.plain(Plan, code=f"plan-{n}"),
        "feature": factories.plain(Feature, code=f"feature-{n}"),
    },
    "Product": lambda n: {"sku": f"sku-{n}"},
    "Resource": lambda n: {"code": f"resource-{n}"},
    "Tag": lambda n: {"name": f"Tag {n}"},
    "Team": lambda n: {"name": f"Team {n}"},
    "TraitField": lambda n: {"trait": f"trait {n}"},
    "User": lambda n: {"email": f"u{n}@example.com"},
    "WorkingCalendar": lambda n: {"name": f"Calendar {n}"},
}


def plain(model, number):
    return factories.plain(model, **DIFFERENT.get(model.__name__, lambda n: {})(number))


@pytest.mark.parametrize("model", some(MODELS, every=6), ids=lambda model: model.__name__)
def test_list_costs_the_same_for_one_row_and_three(
    page, model, django_assert_num_queries, connection_queries
):
    plain(model, 0)
    page.get(listed(model))
    of_one = connection_queries(lambda: page.get(listed(model)))
    plain(model, 1)
    plain(model, 2)

    of_three = connection_queries(lambda: page.get(listed(model)))

    assert of_three == of_one


@pytest.fixture
def connection_queries():
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def count(call):
        with CaptureQueriesContext(connection) as found:
            assert call().status_code == 200
        return len(found)

    return count


def test_form_costs_the_same_for_one_part_and_three(page, connection_queries):
    order = factories.plain(Order)
    page.get(address("change", order))
    for number in (1, 2, 3):
        OrderLine.objects.create(order=order, product=Product.objects.create(sku=str(number)), amount=1)
        cost = connection_queries(lambda: page.get(address("change", order)))
        if number == 1:
            of_one = cost

    assert cost == of_one


@pytest.mark.parametrize("model", some(MODELS, every=6), ids=lambda model: model.__name__)
def test_search_finds_nothing_by_what_is_nowhere(page, model):
    plain(model, 0)

    answer = page.get(listed(model, q="zzz-nowhere-1"))

    assert answer.status_code == 200
    assert results(answer) == [] or model is ExchangeRate


@pytest.mark.parametrize(
    ("model", "fields", "text"),
    [
        (Contact, {"name": "إسماعيل أحمد"}, "اسماعيل احمد"),
        (Contact, {"name": "Sara", "email": "sara@najm.example"}, "SARA@najm"),
        (Contact, {"name": "Sara", "phone": "+966500000001"}, "+٩٦٦٥٠٠٠٠٠٠٠١"),
        (Lead, {"name": "منى", "first_interest": "2026-01-01"}, "مني"),
        (Lead, {"name": "Mona", "company": "Falak Trading", "first_interest": "2026-01-01"}, "falak"),
        (Order, {"external_id": "SO-77"}, "SO-77"),
        (Order, {"number": "A-9"}, "A-9"),
        (Ticket, {"subject": "The printer smokes"}, "printer"),
        (Subscription, {"reference": "S-1"}, "S-1"),
        (Product, {"sku": "X", "name": {"ar": "قارئ"}}, "قاري"),
        (Plan, {"code": "gold", "name": {"en": "Golden"}}, "GOLDEN"),
        (User, {"email": "omar@example.com", "name": "عُمر"}, "عمر"),
    ],
    ids=str,
)
def test_search_finds_in_any_spelling(page, model, fields, text):
    wanted = factories.plain(model, **fields)

    assert results(page.get(listed(model, q=text))) == [wanted]


@pytest.mark.parametrize(
    "model", [Contact, Order, Payment, Subscription, Ticket, Departure, AccountKey], ids=str
)
def test_facts_are_found_by_the_name_of_their_account(page, model):
    account = factories.account("شركة الأفق")
    wanted = factories.plain(model, account=account)

    assert results(page.get(listed(model, q="شركه الافق"))) == [wanted]


def test_account_is_found_by_its_id_at_a_source(page):
    account = factories.account("Falak")
    AccountKey.objects.create(account=account, source="stripe", value="cus_9")
    factories.account("Najm")

    assert results(page.get(listed(Account, q="cus_9"))) == [account]


def today(days=0):
    return timezone.now().date() + timedelta(days=days)


def test_subscriptions_are_filtered_by_whether_they_run_today(page):
    account = factories.account()
    now = factories.subscription(account, 1, today(-9), today(1))
    over = factories.subscription(account, 1, today(-9), today())
    ahead = factories.subscription(account, 1, today(1))

    found = {
        value: results(page.get(listed(Subscription, today=value))) for value in ("in", "ended", "ahead")
    }

    assert found == {"in": [now], "ended": [over], "ahead": [ahead]}


def test_tickets_are_filtered_by_the_last_entry_of_their_log(page):
    account = factories.account()
    new = factories.ticket(account, opened="2026-01-01 10:00")
    over = factories.resolved_ticket(account, "2026-01-01 10:00")
    again = factories.resolved_ticket(None, "2026-01-01 10:00")
    factories.event(again, "reopened", "2026-01-02 10:00")

    assert results(page.get(listed(Ticket, state="open"))) == [again, new]
    assert results(page.get(listed(Ticket, state="over"))) == [over]
    assert results(page.get(listed(Ticket, belonging="none"))) == [again]


def test_accounts_are_filtered_by_having_an_owner(page, administrator):
    mine = factories.account("Mine", owner=administrator)
    nobodys = factories.account("Nobody's")

    assert results(page.get(listed(Account, owned="mine"))) == [mine]
    assert results(page.get(listed(Account, owned="none"))) == [nobodys]


@pytest.mark.parametrize(
    ("model", "parameter", "field"),
    [
        (Contact, "presence", "left"),
        (Lead, "conversion", "converted"),
        (Departure, "recovery", "recovered"),
        (Order, "cancellation", "cancelled_at"),
    ],
    ids=str,
)
def test_lists_are_filtered_by_what_has_come_to_pass(page, model, parameter, field):
    open_row = factories.plain(model)
    when = factories.at("2026-06-01 10:00") if model is Order else factories.day("2026-06-01")
    done = factories.plain(model, **{field: when})
    of_field = page.get(listed(model)).context["cl"].get_filters_params()
    assert of_field == {}
    spec = next(
        one
        for one in page.get(listed(model)).context["cl"].filter_specs
        if getattr(one, "parameter_name", "") == parameter
    )
    first, second = (key for key, _label in spec.lookup_choices)

    assert results(page.get(listed(model, **{parameter: first}))) == [open_row]
    assert results(page.get(listed(model, **{parameter: second}))) == [done]


def test_unknown_value_of_a_filter_is_refused(page):
    assert page.get(listed(Contact, presence="nowhere")).status_code == 302


def test_refunds_are_filtered(page):
    account = factories.account()
    paid = factories.payment(account, 10, "2026-01-01")
    back = factories.payment(account, -10, "2026-01-02")

    assert results(page.get(listed(Payment, direction="in"))) == [paid]
    assert results(page.get(listed(Payment, direction="out"))) == [back]


def test_no_list_counts_more_than_it_pages_through(page, monkeypatch):
    monkeypatch.setattr(entry, "COUNTED", 2)
    for number in range(4):
        Team.objects.create(name=f"Team {number}")

    answer = page.get(listed(Team))

    assert answer.context["cl"].result_count == 3
    assert "More than 2" in answer.content.decode()


def test_amounts_stand_with_their_currency_and_its_decimals(page):
    factories.payment(factories.account(), 1234.5, "2026-01-01", currency="KWD")

    assert "1,234.500 KWD" in page.get(listed(Payment)).content.decode()


def test_import_is_offered_where_there_is_such_a_page(page):
    page_of_import = page.get("/imports/new/").status_code

    offered = page.get(listed(Contact)).context["import_url"]

    assert offered == ("" if page_of_import == 404 else "/imports/new/?resource=contacts")


def test_calendars_are_found_by_a_part_of_their_name(page):
    calendar = WorkingCalendar.objects.create(name="Gulf office")

    assert results(page.get(listed(WorkingCalendar, q="gulf"))) == [calendar]
