from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group
from django.core.signals import got_request_exception
from django.test import Client

from accounts import api, api_urls
from accounts.models import (
    Account,
    AccountKey,
    Campaign,
    CampaignDay,
    Consent,
    Contact,
    Departure,
    EventName,
    ExchangeRate,
    Expense,
    Feature,
    Goal,
    Identity,
    Lead,
    OrderLine,
    Pause,
    Payment,
    Plan,
    PlanFeature,
    Product,
    Resource,
    Return,
    Term,
    TicketEvent,
    WorkingCalendar,
)
from accounts.tokens import issue
from tests import factories
from tests.sampling import some

RESOURCES = [prefix for prefix, _view, _name in api_urls.router.registry]
OF_FEW = {"campaign-days", "event-names", "exchange-rates", "expenses", "working-calendars"}
OF_NOBODY = {
    "campaigns",
    "features",
    "goals",
    "learning-resources",
    "plan-features",
    "plans",
    "products",
    *OF_FEW,
}


def client_of(user, *scopes):
    _row, token = issue(user, name="Warehouse", scopes=scopes or ["read"], lifetime=None)
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def ada(administrator):
    return client_of(administrator)


def as_csm(user):
    user.groups.add(Group.objects.get(name="CSM"))
    return client_of(user)


def one_of_each(owner, number=1):
    """A row of every resource, all of them of one account."""
    account = factories.account(f"Najm Logistics {number}", owner=owner, segment="enterprise")
    AccountKey.objects.create(account=account, source="stripe", value=f"cus_{number}")
    subscription = factories.subscription(account, 100, "2026-01-01")
    order = factories.order(account, "2026-01-31 10:00")
    line = OrderLine.objects.create(order=order, amount=40)
    ticket = factories.ticket(account, [("opened", "2026-02-01 08:00")])
    sara = Contact.objects.create(account=account, name="Sara")
    plan = Plan.objects.create(code=f"scale-{number}", name={"en": "Scale"})
    feature = Feature.objects.create(code=f"export-{number}", name={"en": "Export"})
    goal = Goal.objects.create(code=f"sign-up-{number}", kind="page", target="/thanks")
    campaign = Campaign.objects.create(code=f"spring-{number}", starts="2026-03-01", goal=goal)
    return {
        "accounts": account,
        "contacts": sara,
        "leads": Lead.objects.create(account=account, name="Omar", first_interest="2026-01-01"),
        "products": Product.objects.create(sku=f"P{number}", name={"en": "Paper", "ar": "ورق"}),
        "plans": plan,
        "features": feature,
        "plan-features": PlanFeature.objects.create(plan=plan, feature=feature, starts="2026-01-01"),
        "learning-resources": Resource.objects.create(code=f"first-steps-{number}", feature=feature),
        "goals": goal,
        "campaigns": campaign,
        "campaign-days": CampaignDay.objects.create(
            campaign=campaign, day="2026-03-01", reach=100, cost=5, currency="USD"
        ),
        "identities": Identity.objects.create(contact=sara, source="app", value=f"u{number}"),
        "consents": Consent.objects.create(
            contact=sara, purpose="marketing", given_at=f"2026-01-0{number}T10:00:00Z"
        ),
        "event-names": EventName.objects.create(sent_as=f"login {number}", means="Signed In"),
        "subscriptions": subscription,
        "pauses": Pause.objects.create(subscription=subscription, starts="2026-02-01"),
        "terms": Term.objects.create(account=account, starts="2026-01-01", ends="2027-01-01", currency="USD"),
        "departures": Departure.objects.create(account=account, churn_day="2026-03-01"),
        "exchange-rates": ExchangeRate.objects.create(
            base="USD", currency="SAR", day=f"2026-01-0{number}", rate="0.2666"
        ),
        "orders": order,
        "order-lines": line,
        "returns": Return.objects.create(order=order, line=line, day="2026-02-02", units=1),
        "payments": Payment.objects.create(account=account, day="2026-01-31", amount=100, currency="USD"),
        "expenses": Expense.objects.create(month="2026-01-01", amount=5000, currency="USD", kind="support"),
        "tickets": ticket,
        "ticket-events": TicketEvent.objects.get(ticket=ticket),
        "working-calendars": WorkingCalendar.objects.create(name=f"Office {number}", country="SA"),
    }


def problem(response, status):
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    return body


def ids(response):
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


# What there is, and for whom


def test_every_resource_lists_its_rows_and_shows_one(ada, alice):
    rows = one_of_each(alice)

    assert set(rows) == set(RESOURCES)
    for resource, row in rows.items():
        listed = ada.get(f"/api/v1/{resource}/").json()["results"]
        shown = ada.get(f"/api/v1/{resource}/{row.pk}/").json()
        assert shown in listed
        assert shown["id"] == str(row.pk)


def test_strangers_find_nothing(alice, charlie):
    stranger = as_csm(charlie)

    for resource, row in one_of_each(alice).items():
        if resource in OF_NOBODY - OF_FEW:
            assert str(row.pk) in ids(stranger.get(f"/api/v1/{resource}/"))
            continue
        problem(stranger.get(f"/api/v1/{resource}/{row.pk}/"), 404)
        if resource in OF_FEW:
            assert "roles" in problem(stranger.get(f"/api/v1/{resource}/"), 403)["detail"]
        else:
            assert ids(stranger.get(f"/api/v1/{resource}/")) == [], resource


def test_the_owner_and_the_team_find_their_rows(alice, bob, team):
    rows = one_of_each(alice)
    Account.objects.update(team=team)
    other = factories.account("Of somebody else")
    factories.order(other, "2026-01-01 00:00")

    for reader in (as_csm(alice), as_csm(bob)):
        for resource in set(RESOURCES) - OF_NOBODY:
            row = rows[resource]
            assert str(row.pk) in ids(reader.get(f"/api/v1/{resource}/"))
            assert reader.get(f"/api/v1/{resource}/{row.pk}/").status_code == 200
    assert str(other.pk) not in ids(as_csm(bob).get("/api/v1/accounts/"))


def test_without_a_role_nothing_can_be_read(alice):
    order = one_of_each(alice)["orders"]
    reader = client_of(alice)

    problem(reader.get("/api/v1/orders/"), 403)
    problem(reader.get(f"/api/v1/orders/{order.pk}/"), 404)


@pytest.mark.parametrize("resource", some(RESOURCES, every=3))
def test_lists_cost_the_same_for_one_row_and_for_three(ada, alice, django_assert_num_queries, resource):
    """Token, list; with the accounts their keys."""
    expected = 3 if resource == "accounts" else 2
    one_of_each(alice)
    ada.get("/api/v1/plans/")

    with django_assert_num_queries(expected):
        assert len(ids(ada.get(f"/api/v1/{resource}/"))) == 1
    one_of_each(alice, 2)
    one_of_each(alice, 3)
    with django_assert_num_queries(expected):
        assert len(ids(ada.get(f"/api/v1/{resource}/"))) == 3


def test_an_account_carries_its_keys_its_people_and_strings_for_ids(ada, alice, team):
    parent = factories.account("Holding")
    account = factories.account("Najm", owner=alice, team=team, parent=parent, stage="live")
    AccountKey.objects.create(account=account, source="stripe", value="cus_1")

    shown = ada.get(f"/api/v1/accounts/{account.pk}/").json()

    assert shown["parent"] == str(parent.pk)
    assert shown["owner"] == {"id": str(alice.pk), "name": "Alice", "email": "alice@example.com"}
    assert shown["team"] == {"id": str(team.pk), "name": "North"}
    assert shown["keys"] == [{"source": "stripe", "value": "cus_1"}]
    assert shown["merged_into"] is None


def test_amounts_are_decimals_in_strings_and_instants_are_in_utc(ada, alice):
    order = factories.order(factories.account(owner=alice), "2026-01-31 10:00", Decimal("12.5"))

    shown = ada.get(f"/api/v1/orders/{order.pk}/").json()

    assert shown["amount"] == "12.5000"
    assert shown["ordered_at"] == "2026-01-31T10:00:00Z"


def test_instants_are_in_utc_for_people_of_other_time_zones_too(sign_in, administrator):
    administrator.time_zone = "Asia/Riyadh"
    administrator.save()
    order = factories.order(factories.account(), "2026-01-31 10:00")

    shown = sign_in(administrator).get(f"/api/v1/orders/{order.pk}/").json()

    assert shown["ordered_at"] == "2026-01-31T10:00:00Z"


def test_texts_come_in_all_their_languages(ada, alice):
    product = one_of_each(alice)["products"]

    assert ada.get(f"/api/v1/products/{product.pk}/").json()["name"] == {"en": "Paper", "ar": "ورق"}


# Filters


def test_facts_are_found_by_account_segment_source_and_id(ada):
    mine = factories.account("Mine", segment="enterprise")
    other = factories.account("Other", segment="small")
    wanted = factories.order(mine, "2026-01-01 00:00", source="shop", external_id="1")
    factories.order(other, "2026-01-01 00:00", source="shop", external_id="2")

    for query in (f"account={mine.pk}", "segment=enterprise", "external_id=1", "source=shop&external_id=1"):
        assert ids(ada.get(f"/api/v1/orders/?{query}")) == [str(wanted.pk)], query


def test_spans_are_half_open(ada):
    account = factories.account()
    before, first, last = (
        factories.order(account, when)
        for when in ("2025-12-31 23:59", "2026-01-01 00:00", "2026-02-01 00:00")
    )

    january = ada.get(
        "/api/v1/orders/?ordered_at__gte=2026-01-01T00:00:00Z&ordered_at__lt=2026-02-01T00:00:00Z"
    )
    local = ada.get("/api/v1/orders/?ordered_at__lt=2026-01-01T03:00:00%2B03:00")
    unescaped = ada.get("/api/v1/orders/?ordered_at__lt=2026-01-01T03:00:00+03:00")

    assert ids(january) == [str(first.pk)]
    assert ids(local) == ids(unescaped) == [str(before.pk)]
    assert str(last.pk) not in ids(january)


def test_offsets_that_only_python_knows_are_understood(ada):
    order = factories.order(factories.account(), "2026-01-01 00:00")

    assert ids(ada.get("/api/v1/orders/?ordered_at__gte=2026-01-01T21:00:00%2B21:00")) == [str(order.pk)]
    assert ids(ada.get("/api/v1/orders/?ordered_at__gte=2026-01-01T21:00:01%2B21:00")) == []


def test_days_are_filtered_by_days(ada):
    account = factories.account()
    subscription = factories.subscription(account, 10, "2026-01-31")
    factories.subscription(account, 10, "2026-02-01")

    found = ada.get("/api/v1/subscriptions/?starts__gte=2026-01-31&starts__lt=2026-02-01")

    assert ids(found) == [str(subscription.pk)]


def test_accounts_are_found_by_name_in_any_spelling(ada):
    account = factories.account("شركة الأمل")
    factories.account("Najm")

    assert ids(ada.get("/api/v1/accounts/", {"name": "الامل"})) == [str(account.pk)]


def test_accounts_that_were_merged_find_their_survivor(ada):
    survivor = factories.account("Najm")
    loser = factories.account("Falak", merged_into=survivor)
    factories.account("Other")

    assert ids(ada.get("/api/v1/accounts/?name=falak")) == [str(survivor.pk), str(loser.pk)]
    assert ids(ada.get("/api/v1/accounts/?name=najm")) == [str(survivor.pk)]


def test_accounts_are_found_by_one_key_not_by_parts_of_two(ada):
    account, other = factories.account("Najm"), factories.account("Other")
    AccountKey.objects.create(account=account, source="stripe", value="7")
    AccountKey.objects.create(account=account, source="crm", value="8")
    AccountKey.objects.create(account=other, source="crm", value="7")

    assert ids(ada.get("/api/v1/accounts/?source=stripe&external_id=7")) == [str(account.pk)]
    assert ids(ada.get("/api/v1/accounts/?source=stripe&external_id=8")) == []
    assert ids(ada.get("/api/v1/accounts/?external_id=7")) == [str(account.pk), str(other.pk)]
    assert ids(ada.get("/api/v1/accounts/?source=crm")) == [str(account.pk), str(other.pk)]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("segmnet=enterprise", "#/segmnet"),
        ("account=najm", "#/account"),
        ("account=-1", "#/account"),
        (f"account={2**63}", "#/account"),
        ("account=1&account=2", "#/account"),
        ("ordered_at__gte=2026-01-31", "#/ordered_at__gte"),
        ("ordered_at__gte=2026-02-31T00:00:00Z", "#/ordered_at__gte"),
        ("recorded_at__lt=yesterday", "#/recorded_at__lt"),
        ("recorded_at__lt=0001-01-01T00:00:00%2B14:00", "#/recorded_at__lt"),
        ("page_size=501", "#/page_size"),
        ("page_size=0", "#/page_size"),
        ("page_size=many", "#/page_size"),
        ("page_size=", "#/page_size"),
        ("cursor=nonsense", "#/cursor"),
        ("cursor=cD1uYWpt", "#/cursor"),
        ("cursor=cj0xJnA9OTk5OTk5OTk5OTk5OTk5OTk5OTk5", "#/cursor"),
        ("ordering=-id", "#/ordering"),
        ("format=xml", "#/format"),
        ("source=%00", "#/source"),
    ],
)
def test_a_query_that_is_not_right_is_refused_with_a_pointer(ada, query, pointer):
    refused = problem(ada.get(f"/api/v1/orders/?{query}"), 400)

    assert [error["pointer"] for error in refused["errors"]] == [pointer]
    assert refused["errors"][0]["detail"]
    assert refused["code"] == "invalid"


def test_a_choice_that_does_not_exist_is_refused(ada):
    assert problem(ada.get("/api/v1/tickets/?priority=huge"), 400)["errors"][0]["pointer"] == "#/priority"
    assert problem(ada.get("/api/v1/tickets/?spam=perhaps"), 400)["errors"][0]["pointer"] == "#/spam"


def test_a_single_row_takes_no_parameters(ada):
    account = factories.account()

    refused = problem(ada.get(f"/api/v1/accounts/{account.pk}/?segment=enterprise"), 400)

    assert "takes none" in refused["errors"][0]["detail"]


def test_yes_and_no_filter(ada):
    account = factories.account()
    spam = factories.ticket(account, [("opened", "2026-01-01 00:00")], spam=True)
    real = factories.ticket(account, [("opened", "2026-01-01 00:00")])

    assert ids(ada.get("/api/v1/tickets/?spam=true")) == [str(spam.pk)]
    assert ids(ada.get("/api/v1/tickets/?spam=false")) == [str(real.pk)]


# Pages


def test_pages_follow_one_another_and_show_each_row_once(ada):
    account = factories.account()
    orders = [str(factories.order(account, "2026-01-01 00:00").pk) for _number in range(5)]
    seen, address = [], "/api/v1/orders/?page_size=2"

    while address:
        page = ada.get(address).json()
        seen.append([row["id"] for row in page["results"]])
        address = page["next"]

    assert seen == [orders[:2], orders[2:4], orders[4:]]
    assert ids(ada.get(page["previous"])) == orders[2:4]


def test_a_row_that_comes_in_meanwhile_moves_no_page(ada):
    account = factories.account()
    orders = [factories.order(account, "2026-01-01 00:00") for _number in range(3)]
    first = ada.get("/api/v1/orders/?page_size=2").json()

    orders[0].delete()
    newest = factories.order(account, "2025-01-01 00:00")

    assert ids(ada.get(first["next"])) == [str(orders[2].pk), str(newest.pk)]


# Tokens


def test_nobody_comes_in_without_a_token(client):
    response = client.get("/api/v1/orders/")

    assert problem(response, 401)["code"] == "not_authenticated"
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="cxhub"'


@pytest.mark.django_db
@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer ", "Bearer cxhub_wrong", "Bearer a b", b"Bearer \xff\x00".decode("latin-1")]
)
def test_a_token_that_does_not_hold_is_refused(header):
    response = Client(headers={"Authorization": header}).get("/api/v1/orders/")

    assert problem(response, 401)["detail"].startswith("This token is not valid")
    assert "WWW-Authenticate" in response.headers


def test_tokens_expire(administrator, time_machine):
    from datetime import timedelta

    time_machine.move_to(datetime(2026, 1, 1, tzinfo=UTC), tick=False)
    row, token = issue(administrator, name="Warehouse", scopes=["read"], lifetime=timedelta(days=30))
    client = Client(headers={"Authorization": f"Bearer {token}"})

    time_machine.move_to(datetime(2026, 1, 30, 23, 59, tzinfo=UTC), tick=False)
    assert client.get("/api/v1/orders/").status_code == 200
    time_machine.move_to(datetime(2026, 1, 31, tzinfo=UTC), tick=False)
    assert problem(client.get("/api/v1/orders/"), 401)["code"] == "token_expired"


def test_the_token_itself_is_kept_nowhere(administrator):
    row, token = issue(administrator, name="Warehouse", scopes=["read"], lifetime=None)

    row.refresh_from_db()

    assert token.startswith("cxhub_")
    assert len(token) >= 64
    kept = " ".join(str(getattr(row, field.attname)) for field in row._meta.concrete_fields)
    assert token not in kept


def test_a_token_of_somebody_who_left_does_not_hold(alice):
    client = as_csm(alice)
    assert client.get("/api/v1/orders/").status_code == 200

    alice.is_active = False
    alice.save()

    problem(client.get("/api/v1/orders/"), 401)


def test_reading_needs_the_scope_read(administrator):
    for scopes, status in {("read",): 200, ("read", "write"): 200, ("write",): 403, ("events",): 403}.items():
        response = client_of(administrator, *scopes).get("/api/v1/orders/")
        assert response.status_code == status, scopes

    assert "“read”" in problem(response, 403)["detail"]


def test_people_who_are_signed_in_need_no_token(sign_in, administrator):
    assert sign_in(administrator).get("/api/v1/orders/").status_code == 200


def test_the_last_use_is_noted_once_a_minute(administrator, time_machine):
    moments = [datetime(2026, 1, 1, 12, 0, second, tzinfo=UTC) for second in (0, 30)]
    moments.append(datetime(2026, 1, 1, 12, 1, 1, tzinfo=UTC))
    row, token = issue(administrator, name="Warehouse", scopes=["read"], lifetime=None)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    noted = []

    for moment in moments:
        time_machine.move_to(moment, tick=False)
        client.get("/api/v1/orders/")
        row.refresh_from_db()
        noted.append(row.last_used_at)

    assert noted == [moments[0], moments[0], moments[2]]


def test_each_token_has_a_rate_of_its_own(administrator, monkeypatch):
    monkeypatch.setattr("accounts.tokens.TokenThrottle.THROTTLE_RATES", {"user": "2/min"})
    busy, quiet = client_of(administrator), client_of(administrator)

    answers = [busy.get("/api/v1/orders/") for _number in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert problem(answers[2], 429)["code"] == "throttled"
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60
    assert [answer.headers["RateLimit-Limit"] for answer in answers] == ["2", "2", "2"]
    assert [answer.headers["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert {0 < int(answer.headers["RateLimit-Reset"]) <= 60 for answer in answers} == {True}
    assert quiet.get("/api/v1/orders/").headers["RateLimit-Remaining"] == "1"


def test_every_answer_to_a_program_says_what_room_there_is(administrator):
    program = client_of(administrator)
    paths = ("orders/", "orders/0/", "orders/?nonsense=1", "metrics/mrr/", "metrics/nothing/")

    answers = [program.get(f"/api/v1/{path}") for path in paths]

    assert [answer.status_code for answer in answers] == [200, 404, 400, 200, 404]
    left = [int(answer.headers["RateLimit-Remaining"]) for answer in answers]
    assert left == [left[0] - number for number in range(len(paths))]


def test_a_rate_that_was_lowered_says_when_to_come_back(administrator, monkeypatch):
    busy = client_of(administrator)
    monkeypatch.setattr("accounts.tokens.TokenThrottle.THROTTLE_RATES", {"user": "3/min"})
    for _number in range(3):
        busy.get("/api/v1/orders/")

    monkeypatch.setattr("accounts.tokens.TokenThrottle.THROTTLE_RATES", {"user": "1/min"})
    response = busy.get("/api/v1/orders/")

    assert problem(response, 429)["code"] == "throttled"
    assert int(response.headers["Retry-After"]) == 60
    assert response.headers["RateLimit-Remaining"] == "0"


# Problems


@pytest.mark.parametrize(
    "query", ["owner=", "segment=", "name=%20", "recorded_at__gte=", "internal=", "page_size="]
)
def test_an_empty_filter_is_refused(ada, query):
    refused = problem(ada.get(f"/api/v1/accounts/?{query}"), 400)

    assert [error["pointer"] for error in refused["errors"]] == [f"#/{query.split('=')[0]}"]
    assert "empty" in refused["errors"][0]["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "recorded_at__gte=abc",
        "internal=perhaps",
        "owner=x",
        "stage=huge",
        "cursor=x",
        "page_size=0",
        "nonsense=1",
    ],
)
def test_every_error_has_a_code(ada, query):
    refused = problem(ada.get(f"/api/v1/accounts/?{query}"), 400)

    assert all(isinstance(error["code"], str) and error["code"] for error in refused["errors"])


@pytest.mark.parametrize("accept", ["*/*", "application/yaml", "application/json"])
def test_a_problem_is_json_where_the_answer_would_be_yaml(client, accept):
    assert problem(client.get("/api/schema/", headers={"Accept": accept}), 401)["code"] == "not_authenticated"


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/nonsense/",
        "/api/v1/orders/najm/",
        "/api/v1/orders/0/",
        f"/api/v1/orders/{'9' * 30}/",
        "/api/nonsense/",
        "/api/v1/metrics/a%0Ab/",
    ],
)
def test_what_does_not_exist_is_a_problem_too(ada, address):
    assert problem(ada.get(address), 404)["code"] == "not_found"


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "This does not exist, or not for you."), ("ar", "هذا غير موجود، أو ليس متاحًا لك.")],
)
def test_a_row_that_does_not_exist_is_told_in_the_language_of_the_reader(ada, language, words):
    answer = ada.get("/api/v1/orders/999999/", headers={"Accept-Language": language})

    assert problem(answer, 404)["detail"] == words


def test_a_missing_slash_is_put_right(ada):
    assert ada.get("/api/v1/orders?channel=web").headers["Location"] == "/api/v1/orders/?channel=web"


def test_another_format_is_not_acceptable(ada):
    problem(ada.get("/api/v1/orders/", headers={"Accept": "text/csv"}), 406)


def test_an_error_of_ours_is_a_problem_without_its_insides(administrator, monkeypatch, caplog):
    def fail(_self):
        raise RuntimeError("secret")

    monkeypatch.setattr(api.OrderView, "get_queryset", fail)
    told = []
    got_request_exception.connect(lambda **signal: told.append(signal), weak=False, dispatch_uid="test")
    client = client_of(administrator)
    client.raise_request_exception = False

    response = client.get("/api/v1/orders/")

    got_request_exception.disconnect(dispatch_uid="test")
    assert problem(response, 500)["code"] == "error"
    assert b"secret" not in response.content
    assert len(told) == 1
    assert "secret" in caplog.text
