"""The API's write side: every fact is created, changed and deleted by those who may, in words where it is refused."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.utils import timezone

from accounts import api_urls
from accounts.merges import merge_accounts
from accounts.models import (
    Account,
    AccountChange,
    AccountKey,
    AuditEntry,
    Order,
    Payment,
    Plan,
    Subscription,
    TicketEvent,
)
from tests import factories
from tests.accounts.test_api import OF_NOBODY, one_of_each, problem
from tests.accounts.writing import Program, new_rows, pointers

pytestmark = pytest.mark.django_db

RESOURCES = [prefix for prefix, _view, _name in api_urls.router.registry]
EVERY = pytest.mark.parametrize("resource", RESOURCES)
VIEWS = {prefix: view for prefix, view, _name in api_urls.router.registry}


@pytest.fixture
def shop(administrator):
    return Program(administrator)


def may_write(user, *besides):
    """Everything of its kind, without seeing every account."""
    allowed = Permission.objects.filter(content_type__app_label="accounts").exclude(
        codename="view_all_accounts"
    )
    user.user_permissions.set(allowed)
    return Program(user)


# Every fact


@EVERY
def test_every_fact_is_created_changed_and_deleted(shop, alice, administrator, resource):
    given, change = new_rows(one_of_each(alice))[resource]

    made = shop.post(f"{resource}/", given)
    path = f"{resource}/{made.json()['id']}/"
    changed = shop.patch(path, change)
    gone = shop.delete(path)

    assert made.status_code == 201, made.content
    assert {name: made.json()[name] for name in given if name != "price"} == {
        name: value for name, value in given.items() if name != "price"
    }
    assert made.headers["Location"] == f"http://testserver/api/v1/{path}"
    assert {name: changed.json()[name] for name in change} == change
    assert changed.json() == made.json() | change | {
        name: changed.json()[name] for name in made.json() if name.endswith("_recorded_at")
    }
    assert (gone.status_code, gone.content) == (204, b"")
    assert shop.get(path).status_code == 404
    table, row = VIEWS[resource].queryset.model._meta.db_table, int(made.json()["id"])
    entries = AuditEntry.objects.filter(table=table, row=row).order_by("id")
    assert [(entry.action, entry.actor_id) for entry in entries] == [
        (action, administrator.pk) for action in ("insert", "update", "delete")
    ]


@EVERY
def test_what_was_written_is_what_is_read(shop, alice, resource):
    given, change = new_rows(one_of_each(alice))[resource]
    made = shop.post(f"{resource}/", given)
    path = f"{resource}/{made.json()['id']}/"

    assert shop.get(path).json() == made.json()
    assert shop.patch(path, change).json() == shop.get(path).json()


@EVERY
def test_an_unknown_field_and_one_of_ours_are_refused(shop, alice, resource):
    rows = one_of_each(alice)
    given, _change = new_rows(rows)[resource]

    unknown = problem(shop.post(f"{resource}/", given | {"colour": "red"}), 400)
    ours = problem(shop.patch(f"{resource}/{rows[resource].pk}/", {"id": "9"}), 400)

    assert (pointers(unknown), unknown["errors"][0]["detail"]) == (["#/colour"], "There is no such field.")
    assert (pointers(ours), "not written by you" in ours["errors"][0]["detail"]) == (["#/id"], True)


def test_put_is_not_offered(shop, alice):
    order = one_of_each(alice)["orders"]

    response = shop._send("PUT", f"orders/{order.pk}/", {}, {})

    assert problem(response, 405)["code"] == "method_not_allowed"
    assert "PATCH" in response.headers["Allow"]


def test_what_can_be_done_is_told(shop):
    told = shop.client.options("/api/v1/orders/")

    assert told.status_code == 200
    assert told.headers["Allow"] == "GET, POST, HEAD, OPTIONS"


# What is right in itself


@pytest.mark.parametrize(
    ("resource", "change", "pointer", "words"),
    [
        ("orders", {"amount": "-1"}, "amount", "This must not be below zero."),
        ("orders", {"currency": "ABC"}, "currency", "This is no currency. Give a code such as SAR."),
        ("orders", {"currency": "usd"}, "currency", "This is no currency. Give a code such as SAR."),
        ("orders", {"ordered_at": "2100-01-01T00:00:00Z"}, "ordered_at", "This lies in the future"),
        ("orders", {"ordered_at": "2026-01-01T00:00:00"}, "ordered_at", "offset from UTC"),
        ("orders", {"ordered_at": "0001-01-01T00:00:00+14:00"}, "ordered_at", "year must lie between"),
        ("orders", {"cancelled_at": "2020-01-01T00:00:00Z"}, "cancelled_at", "must not lie before the order"),
        ("orders", {"external_id": ""}, "external_id", "blank"),
        ("orders", {"amount": "1.23456"}, "amount", "4 decimal places"),
        ("orders", {"amount": "NaN"}, "amount", "valid number"),
        ("orders", {"amount": True}, "amount", "valid number"),
        ("orders", {"channel": "a\u0000b"}, "channel", "Null characters"),
        ("payments", {"day": "2100-01-01"}, "day", "This lies in the future"),
        ("payments", {"day": "1066-01-01"}, "day", "year must lie between"),
        ("terms", {"outcome": "lost"}, "decided_on", "A renewed or lost term"),
        ("subscriptions", {"ends": "2025-12-31"}, "ends", "The end must come after the start."),
        ("subscriptions", {"interval_count": 0}, "interval_count", "This must be above zero."),
        ("subscriptions", {"quantity": -1}, "quantity", "greater than or equal to 0"),
        ("expenses", {"month": "2026-01-02"}, "month", "Give the month as 2026-03"),
        ("contacts", {"email": "nobody"}, "email", "valid email"),
        ("contacts", {"name": ""}, "name", "Give a name or an e-mail address."),
        ("contacts", {"time_zone": "Mars/Olympus"}, "time_zone", "This is no time zone."),
        ("accounts", {"country": "S1"}, "country", "This is no country."),
        ("accounts", {"website": "javascript:alert(1)"}, "website", "valid URL"),
        ("accounts", {"stage": "gone"}, "stage", "not a valid choice"),
        ("plans", {"name": {"fr": "Pro"}}, "name", "by its code (en, ar)"),
        ("ticket-events", {"happened_at": "2020-01-01T00:00:00Z"}, "happened_at", "before the opening"),
        ("tickets", {"opened_at": "2026-02-01T08:00:01Z"}, "opened_at", "events of the ticket lie before"),
    ],
)
def test_what_is_not_right_is_said_beside_its_field(shop, alice, resource, change, pointer, words):
    row = one_of_each(alice)[resource]

    refused = problem(shop.patch(f"{resource}/{row.pk}/", change), 400)

    assert pointers(refused) == [f"#/{pointer}"]
    assert words in refused["errors"][0]["detail"]


def test_all_that_is_wrong_is_said_at_once(shop, alice):
    account = one_of_each(alice)["accounts"]
    given = {
        "account": str(account.pk),
        "ordered_at": "2100-01-01T00:00:00Z",
        "amount": "-1",
        "currency": "usd",
    }

    assert set(pointers(problem(shop.post("orders/", given), 400))) == {
        "#/ordered_at",
        "#/amount",
        "#/currency",
    }


def test_refusals_are_in_the_language_that_is_asked_for(shop, alice):
    order = one_of_each(alice)["orders"]

    refused = shop.patch(f"orders/{order.pk}/", {"amount": "-1"}, Accept_Language="ar")

    assert problem(refused, 400)["errors"][0]["detail"] == "يجب ألا تقل هذه القيمة عن الصفر."


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0.1", "0.1000"),
        ('"0.1"', "0.1000"),
        ("123456789012345.6789", "123456789012345.6789"),
        ("1e2", "100.0000"),
    ],
)
def test_amounts_are_read_exactly(shop, alice, written, kept):
    order = one_of_each(alice)["orders"]

    changed = shop.patch(f"orders/{order.pk}/", f'{{"amount": {written}}}')

    assert changed.json()["amount"] == kept
    assert Order.objects.get(pk=order.pk).amount == Decimal(kept)


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[" * 100_000,
        '{"amount": NaN}',
        '{"number": "\\ud800"}',
        b"\xff",
        '{"amount": ' + "9" * 5000 + "}",
    ],
    ids=["cut", "deep", "NaN", "half a character", "no UTF-8", "long"],
)
def test_what_is_no_json_is_refused(shop, alice, body):
    order = one_of_each(alice)["orders"]

    assert problem(shop.patch(f"orders/{order.pk}/", body), 400)["code"] in {"parse_error", "invalid"}


@pytest.mark.parametrize("body", ["[]", '"a"', "1", "null"])
def test_what_is_no_object_is_refused(shop, body):
    problem(shop.post("orders/", body), 400)


def test_a_body_beyond_all_measure_is_refused_unread(shop, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100

    assert problem(shop.post("orders/", {"number": "9" * 100}), 413)["code"] == "too_large"


def test_other_than_json_is_not_read(shop):
    response = shop.client.post("/api/v1/orders/", {"number": "9"})

    assert problem(response, 415)["code"] == "unsupported_media_type"


def test_defaults_are_the_models(shop, alice):
    account = one_of_each(alice)["accounts"]

    made = shop.post(
        "subscriptions/", {"account": str(account.pk), "price": 10, "currency": "SAR", "starts": "2026-05-01"}
    )

    kept = Subscription.objects.get(pk=made.json()["id"])
    assert (kept.kind, kept.interval, kept.quantity, kept.ends, kept.source) == ("paid", "month", 1, None, "")


def test_only_what_is_given_is_written(shop, alice):
    """What somebody else changed meanwhile stays."""
    order = one_of_each(alice)["orders"]

    shop.patch(f"orders/{order.pk}/", {"number": "R-1"})

    entry = AuditEntry.objects.filter(table="accounts_order", row=order.pk, action="update").get()
    assert entry.after == {"number": "R-1"}


# What is there already


def test_an_id_that_is_taken_is_a_conflict(shop, alice):
    rows = one_of_each(alice)
    given = new_rows(rows)["orders"][0] | {"source": "shop", "external_id": "1"}
    shop.post("orders/", given)

    refused = problem(shop.post("orders/", given), 409)

    assert pointers(refused) == ["#/external_id"]
    assert refused["errors"][0]["detail"] == "There is a row with this id at this source already."
    assert Order.objects.filter(external_id="1").count() == 1


@pytest.mark.parametrize(
    ("resource", "again", "pointer"),
    [
        ("pauses", {"starts": "2026-03-01"}, "starts"),
        ("departures", {"churn_day": "2026-03-01"}, "churn_day"),
        ("exchange-rates", {"day": "2026-01-01"}, "day"),
        ("plans", {"code": "scale-1"}, "code"),
        ("products", {"sku": "P1"}, "sku"),
    ],
)
def test_what_another_row_stands_in_the_way_of_is_a_conflict(shop, alice, resource, again, pointer):
    given, _change = new_rows(one_of_each(alice))[resource]
    given = {name: value for name, value in given.items() if name != "ends"} | again

    assert pointers(problem(shop.post(f"{resource}/", given), 409)) == [f"#/{pointer}"]


def test_what_others_point_to_is_not_deleted(shop, alice):
    rows = one_of_each(alice)
    Subscription.objects.update(plan=rows["plans"])

    refused = problem(shop.delete(f"plans/{rows['plans'].pk}/"), 409)

    assert "subscriptions" in refused["detail"]
    assert Plan.objects.filter(pk=rows["plans"].pk).exists()


def test_an_account_with_facts_is_not_deleted(shop, alice):
    rows = one_of_each(alice)
    bare = factories.account("Bare", segment="small")
    AccountKey.objects.create(account=bare, source="crm", value="9")

    assert "has facts" in problem(shop.delete(f"accounts/{rows['accounts'].pk}/"), 409)["detail"]
    assert shop.delete(f"accounts/{bare.pk}/").status_code == 204


def test_what_is_part_of_a_row_goes_with_it(shop, alice):
    rows = one_of_each(alice)

    assert shop.delete(f"tickets/{rows['tickets'].pk}/").status_code == 204
    assert not TicketEvent.objects.exists()


# References


def test_a_row_is_named_by_what_others_call_it(shop, alice, team):
    rows = one_of_each(alice)
    factories.order(rows["accounts"], "2026-01-01 10:00", source="shop", external_id="7")
    given = {"day": "2026-02-01", "amount": "5", "currency": "SAR"}

    paid = shop.post(
        "payments/",
        given
        | {
            "account": {"source": "stripe", "external_id": "cus_1"},
            "order": {"source": "shop", "external_id": "7"},
        },
    )
    account = shop.patch(
        f"accounts/{rows['accounts'].pk}/",
        {"owner": {"email": "ALICE@example.com"}, "team": {"name": "North"}},
    )
    planned = shop.patch(f"subscriptions/{rows['subscriptions'].pk}/", {"plan": {"code": "scale-1"}})

    kept = Payment.objects.get(pk=paid.json()["id"])
    assert (kept.account, kept.order.external_id) == (rows["accounts"], "7")
    assert (account.json()["owner"]["name"], account.json()["team"]["name"]) == ("Alice", "North")
    assert planned.json()["plan"] == str(rows["plans"].pk)


@pytest.mark.parametrize(
    "reference",
    [17, True, "najm", "-1", "9" * 19, "", {}, [], {"source": "stripe"}, {"source": "stripe", "external_id": 5.5}, "٣",
     {"source": "stripe", "external_id": "cus_1", "more": "x"}, {"source": "stripe", "external_id": "a\u0000"}, None],
    ids=str,
)  # fmt: skip
def test_what_is_no_reference_is_refused(shop, alice, reference):
    one_of_each(alice)
    given = {"day": "2026-02-01", "amount": "5", "currency": "SAR", "account": reference}

    assert {error.split("/")[1] for error in pointers(problem(shop.post("payments/", given), 400))} == {
        "account"
    }


def test_a_reference_can_be_taken_away(shop, alice):
    payment = one_of_each(alice)["payments"]
    Payment.objects.update(order=Order.objects.get())

    assert shop.patch(f"payments/{payment.pk}/", {"order": None}).json()["order"] is None


# Who may


@pytest.mark.parametrize("resource", sorted(set(RESOURCES) - OF_NOBODY))
def test_strangers_write_to_nothing_and_learn_nothing(alice, charlie, resource):
    rows = one_of_each(alice)
    given, change = new_rows(rows)[resource]
    stranger = may_write(charlie)
    path = f"{resource}/{rows[resource].pk}/"

    problem(stranger.patch(path, change), 404)
    problem(stranger.delete(path), 404)

    if resource in {"accounts", "leads"}:
        assert "may see" in problem(stranger.post(f"{resource}/", given), 400)["errors"][0]["detail"]
        return
    name = next(name for name in ("account", "order", "subscription", "ticket") if name in given)
    told = problem(stranger.post(f"{resource}/", given), 400)
    nothing = problem(stranger.post(f"{resource}/", given | {name: "999999"}), 400)
    assert told == nothing
    assert pointers(told) == [f"#/{name}"]
    assert type(rows[resource]).objects.filter(pk=rows[resource].pk).exists()


@pytest.mark.parametrize("resource", sorted(set(RESOURCES) - OF_NOBODY))
def test_the_owner_and_the_team_write(alice, bob, team, resource):
    rows = one_of_each(alice)
    Account.objects.update(team=team)
    given, change = new_rows(rows)[resource]
    if resource == "accounts":
        given = given | {"team": str(team.pk)}
    if resource == "leads":
        given = given | {"account": str(rows["accounts"].pk)}

    for number, user in enumerate((alice, bob)):
        program = may_write(user)
        later = {"churn_day": f"2026-04-0{number + 2}"} if resource == "departures" else {}
        later |= (
            {"starts": f"2026-01-0{number + 2}", "ends": f"2026-01-0{number + 3}"}
            if resource == "pauses"
            else {}
        )
        assert program.post(f"{resource}/", given | later).status_code == 201
        assert program.patch(f"{resource}/{rows[resource].pk}/", {}).status_code == 200


def test_facts_are_not_moved_to_accounts_of_others(alice, charlie):
    rows = one_of_each(alice)
    other = factories.account("Hers", owner=charlie)

    refused = may_write(alice).patch(f"orders/{rows['orders'].pk}/", {"account": str(other.pk)})

    assert pointers(problem(refused, 400)) == ["#/account"]


def test_an_account_can_be_handed_over(alice, charlie):
    account = one_of_each(alice)["accounts"]
    program = may_write(alice)

    handed = program.patch(f"accounts/{account.pk}/", {"owner": str(charlie.pk)})

    assert handed.json()["owner"]["name"] == "Charlie"
    assert program.get(f"accounts/{account.pk}/").status_code == 404


@EVERY
def test_what_roles_do_not_include_is_refused_in_words(alice, administrator, resource):
    rows = one_of_each(alice)
    reader = Program(alice)
    alice.groups.add(Group.objects.get(name="Executive"))
    given, change = new_rows(rows)[resource]
    path = f"{resource}/{rows[resource].pk}/"

    for response in (reader.post(f"{resource}/", given), reader.patch(path, change), reader.delete(path)):
        assert "roles do not include writing" in problem(response, 403)["detail"]


def test_each_verb_needs_its_own_right(alice):
    """A CSM enters and corrects contacts, and deletes none."""
    rows = one_of_each(alice)
    alice.groups.add(Group.objects.get(name="CSM"))
    csm = Program(alice)

    assert csm.post("contacts/", new_rows(rows)["contacts"][0]).status_code == 201
    assert csm.patch(f"contacts/{rows['contacts'].pk}/", {"name": "Huda"}).status_code == 200
    problem(csm.delete(f"contacts/{rows['contacts'].pk}/"), 403)


def test_writing_needs_the_scope_write(administrator, alice):
    given, _change = new_rows(one_of_each(alice))["orders"]

    refused = problem(Program(administrator, "read").post("orders/", given), 403)

    assert "“write”" in refused["detail"]
    assert Program(administrator, "write").post("orders/", given).status_code == 201


def test_people_in_a_browser_write_with_the_token_of_their_page(administrator, alice):
    given, _change = new_rows(one_of_each(alice))["plans"]
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    browser.get("/")

    refused = browser.post("/api/v1/plans/", given, content_type="application/json")
    taken = browser.post(
        "/api/v1/plans/",
        given,
        content_type="application/json",
        headers={"X-CSRFToken": browser.cookies["csrftoken"].value},
    )

    assert "CSRF" in problem(refused, 403)["detail"]
    assert taken.status_code == 201
    entry = AuditEntry.objects.get(table="accounts_plan", row=taken.json()["id"], action="insert")
    assert entry.actor == administrator


# Accounts


def test_what_is_dated_counts_from_its_day_on(shop, administrator):
    made = shop.post("accounts/", {"name": "Falak", "segment": "enterprise", "from_day": "2026-01-01"}).json()
    ahead = (timezone.now() + timedelta(days=30)).date()

    changed = shop.patch(f"accounts/{made['id']}/", {"segment": "small", "from_day": ahead.isoformat()})

    assert (made["segment"], changed.json()["segment"]) == ("enterprise", "enterprise")
    assert "from_day" not in made
    changes = AccountChange.objects.filter(account=made["id"]).values_list("field", "value", "from_day", "by")
    assert set(changes) == {
        ("stage", "lead", date(2026, 1, 1), administrator.pk),
        ("segment", "enterprise", date(2026, 1, 1), administrator.pk),
        ("segment", "small", ahead, administrator.pk),
    }


def test_without_a_day_it_counts_from_today(shop, time_machine):
    time_machine.move_to(datetime(2026, 3, 31, 23, 30, tzinfo=UTC), tick=False)
    factories.organisation(time_zone="Asia/Riyadh")

    made = shop.post("accounts/", {"name": "Falak", "tier": "gold"}).json()

    assert AccountChange.objects.get(account=made["id"], field="tier").from_day == date(2026, 4, 1)


def test_a_day_without_anything_dated_is_refused(shop):
    refused = problem(shop.post("accounts/", {"name": "Falak", "from_day": "2026-01-01"}), 400)

    assert pointers(refused) == ["#/from_day"]


def test_what_is_taken_away_is_dated_too(shop, alice):
    account = one_of_each(alice)["accounts"]

    changed = shop.patch(f"accounts/{account.pk}/", {"owner": None, "segment": ""}).json()

    assert (changed["owner"], changed["segment"]) == (None, "")
    assert AccountChange.objects.filter(account=account, field="owner", value="").exists()


def test_an_account_is_not_its_own_parent(shop, alice):
    account = one_of_each(alice)["accounts"]

    assert pointers(problem(shop.patch(f"accounts/{account.pk}/", {"parent": str(account.pk)}), 400)) == [
        "#/parent"
    ]


def test_keys_are_given_as_a_whole(shop, alice):
    account = one_of_each(alice)["accounts"]
    AccountKey.objects.create(account=account, source="crm", value="7")
    kept = AccountKey.objects.get(source="crm").pk
    path = f"accounts/{account.pk}/"

    changed = shop.patch(path, {"keys": [{"source": "crm", "value": "7"}, {"source": "erp", "value": "K1"}]})
    untouched = shop.patch(path, {"name": "Najm"})

    assert changed.json()["keys"] == untouched.json()["keys"]
    assert {(key["source"], key["value"]) for key in changed.json()["keys"]} == {("crm", "7"), ("erp", "K1")}
    assert AccountKey.objects.get(source="crm").pk == kept


def test_a_key_that_another_account_has_is_a_conflict_that_tells_no_more(shop, alice):
    rows = one_of_each(alice)

    refused = problem(
        shop.post("accounts/", {"name": "Falak", "keys": [{"source": "stripe", "value": "cus_1"}]}), 409
    )

    assert pointers(refused) == ["#/keys"]
    assert rows["accounts"].name not in str(refused)
    assert not Account.objects.filter(name="Falak").exists()


@pytest.mark.parametrize(
    ("keys", "pointer"),
    [
        ([{"source": "crm", "value": "1"}, {"source": "crm", "value": "1"}], "#/keys"),
        ([{"source": "crm"}], "#/keys/0/value"),
        ([{"source": "", "value": "1"}], "#/keys/0/source"),
        ("crm", "#/keys"),
    ],
)
def test_keys_that_are_none_are_refused(shop, keys, pointer):
    assert pointers(problem(shop.post("accounts/", {"name": "Falak", "keys": keys}), 400)) == [pointer]


def test_a_loser_of_a_merge_is_not_written_to_and_names_the_survivor(shop, alice):
    loser, survivor = one_of_each(alice)["accounts"], factories.account("Survivor")
    merge_accounts(loser, survivor, by=None)
    path = f"accounts/{loser.pk}/"
    given = {"account": str(loser.pk), "name": "Huda"}

    for response in (shop.patch(path, {"name": "x"}), shop.delete(path), shop.post("contacts/", given)):
        refused = problem(response, 409)
        assert (refused["code"], refused["merged_into"]) == ("merged", str(survivor.pk))
    assert Account.objects.get(pk=loser.pk).name == loser.name


def test_facts_of_a_loser_can_still_be_corrected(shop, alice):
    rows = one_of_each(alice)
    merge_accounts(rows["accounts"], factories.account("Survivor"), by=None)

    changed = shop.patch(
        f"orders/{rows['orders'].pk}/", {"account": str(rows["accounts"].pk), "number": "R-1"}
    )

    assert changed.json()["number"] == "R-1"


def test_by_its_key_a_merged_account_is_its_survivor(shop, alice):
    rows = one_of_each(alice)
    survivor = factories.account("Survivor")
    merge_accounts(rows["accounts"], survivor, by=None)

    made = shop.post("contacts/", {"account": {"source": "stripe", "external_id": "cus_1"}, "name": "Huda"})

    assert made.json()["account"] == str(survivor.pk)


def test_whoever_has_left_gets_no_accounts(shop, alice, charlie):
    account = one_of_each(alice)["accounts"]
    charlie.is_active = False
    charlie.save()

    assert pointers(problem(shop.patch(f"accounts/{account.pk}/", {"owner": str(charlie.pk)}), 400)) == [
        "#/owner"
    ]


# One statement more or less


def test_writing_costs_the_same_whatever_there_is(shop, alice, django_assert_max_num_queries):
    rows = one_of_each(alice)
    for number in range(3):
        factories.order(rows["accounts"], f"2026-01-0{number + 1} 10:00")
    given, change = new_rows(rows)["orders"]
    shop.post("orders/", given)

    with django_assert_max_num_queries(19) as made:
        shop.post("orders/", given)
    with django_assert_max_num_queries(22) as changed:
        shop.patch(f"orders/{rows['orders'].pk}/", change)
    assert (len(made), len(changed)) != (0, 0)
