"""The API's write side: every fact is created, changed and deleted by those who may, in words where it is refused."""

import io
from decimal import Decimal

import pytest

from accounts import api_urls
from accounts.models import (
    AccountKey,
    AuditEntry,
    Order,
    Payment,
    Plan,
    Subscription,
    TicketEvent,
)
from tests import factories
from tests.accounts.reading import one_of_each, problem
from tests.accounts.writing import Program, new_rows, pointers
from tests.sampling import some

pytestmark = pytest.mark.django_db

RESOURCES = [prefix for prefix, _view, _name in api_urls.router.registry]
EVERY = pytest.mark.parametrize("resource", some(RESOURCES, every=3))
SOME = pytest.mark.parametrize("resource", some(RESOURCES, every=6))
VIEWS = {prefix: view for prefix, view, _name in api_urls.router.registry}


@pytest.fixture
def shop(administrator):
    return Program(administrator)


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


@SOME
def test_what_was_written_is_what_is_read(shop, alice, resource):
    given, change = new_rows(one_of_each(alice))[resource]
    made = shop.post(f"{resource}/", given)
    path = f"{resource}/{made.json()['id']}/"

    assert shop.get(path).json() == made.json()
    assert shop.patch(path, change).json() == shop.get(path).json()


@SOME
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
        ("orders", {"amount": "1.23456"}, "amount", "Too many decimals; the limit is 4."),
        ("orders", {"amount": "NaN"}, "amount", "This is not a number."),
        ("orders", {"amount": True}, "amount", "This is not a number."),
        ("orders", {"amount": "1_000"}, "amount", "This is not a number."),
        ("orders", {"amount": "1e3"}, "amount", "This is not a number."),
        ("orders", {"amount": "1,000"}, "amount", "The comma can mean thousands or decimals."),
        ("orders", {"amount": ["1"]}, "amount", "A plain value belongs here"),
        ("orders", {"ordered_at": "2026-W13-2T10:00:00Z"}, "ordered_at", "Only dates written as 2026-03-31"),
        (
            "orders",
            {"ordered_at": "2026-03-01T10:00:00+15:00"},
            "ordered_at",
            "no time zone with this offset",
        ),
        ("orders", {"ordered_at": "2026-01-01"}, "ordered_at", "offset from UTC"),
        ("payments", {"day": "2026-W13-2"}, "day", "Only dates written as 2026-03-31"),
        ("payments", {"day": "2026-02-30"}, "day", "There is no such day."),
        ("subscriptions", {"quantity": "1_0"}, "quantity", "This is not a number."),
        ("subscriptions", {"quantity": "1.5"}, "quantity", "This is not a whole number."),
        ("subscriptions", {"quantity": "9" * 30}, "quantity", "This must lie between 0 and"),
        ("working-calendars", {"opens": "24:00"}, "opens", "There is no such time of day."),
        ("working-calendars", {"opens": "0900"}, "opens", "This is no time of day."),
        ("orders", {"channel": "a\u0000b"}, "channel", "Null characters"),
        ("payments", {"day": "2100-01-01"}, "day", "This lies in the future"),
        ("payments", {"day": "1066-01-01"}, "day", "year must lie between"),
        ("terms", {"outcome": "lost"}, "decided_on", "A renewed or lost term"),
        ("subscriptions", {"ends": "2025-12-31"}, "ends", "The end must come after the start."),
        ("subscriptions", {"interval_count": 0}, "interval_count", "This must be above zero."),
        ("subscriptions", {"quantity": -1}, "quantity", "This must lie between 0 and"),
        ("expenses", {"month": "2026-01-02"}, "month", "Give the month as 2026-03"),
        ("contacts", {"email": "nobody"}, "email", "valid email"),
        ("contacts", {"name": ""}, "name", "Give a name or an e-mail address."),
        ("contacts", {"time_zone": "Mars/Olympus"}, "time_zone", "This is no time zone."),
        ("accounts", {"country": "S1"}, "country", "This is no country."),
        ("accounts", {"country": "XX"}, "country", "This is no country."),
        ("accounts", {"website": "javascript:alert(1)"}, "website", "valid URL"),
        ("accounts", {"stage": "gone"}, "stage", "not a valid choice"),
        ("plans", {"name": {"fr": "Pro"}}, "name", "by its code (en, ar)"),
        ("ticket-events", {"happened_at": "2020-01-01T00:00:00Z"}, "happened_at", "before the opening"),
        ("tickets", {"opened_at": "2026-02-01T08:00:01Z"}, "opened_at", "events of the ticket lie before"),
        ("event-names", {"means": "Dancing"}, "means", "none of the names that we know"),
        ("plan-features", {"ends": "2025-12-31"}, "ends", "The end must come after the start."),
        ("campaign-days", {"cost": "-1"}, "cost", "This must not be below zero."),
        ("campaign-days", {"day": "2100-01-01"}, "day", "This lies in the future"),
        ("goals", {"target": ""}, "target", "blank"),
        ("identities", {"since": "2026-02-01", "until": "2026-02-01"}, "until", "The end must come after"),
        ("consents", {"withdrawn_at": "2025-12-31T00:00:00Z"}, "withdrawn_at", "before it was given"),
    ],
)
def test_what_is_not_right_is_said_beside_its_field(shop, alice, resource, change, pointer, words):
    row = one_of_each(alice)[resource]

    refused = problem(shop.patch(f"{resource}/{row.pk}/", change), 400)

    assert pointers(refused) == [f"#/{pointer}"]
    assert words in refused["errors"][0]["detail"]


def test_what_events_are_about_is_named_by_its_code(shop, alice):
    one_of_each(alice)
    given = {"plan": {"code": "scale-1"}, "feature": {"code": "export-1"}, "ends": "2025-06-01"}

    made = shop.post("plan-features/", given)
    again = shop.post("plan-features/", given)

    assert (made.status_code, made.json()["starts"]) == (201, None)
    refused = problem(again, 409)
    assert pointers(refused) == ["#/starts"]
    assert "on some of these days already" in refused["errors"][0]["detail"]


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
    ("resource", "field", "written", "read"),
    [
        ("orders", "amount", "١٢٫٥", "12.5000"),
        ("orders", "amount", " 1,234,567.25 ", "1234567.2500"),
        ("orders", "ordered_at", "٢٠٢٦-٠٢-٠١T١٠:٠٠:٠٠+٠٣:٠٠", "2026-02-01T07:00:00Z"),
        ("payments", "day", "٢٠٢٦/٠٢/٠١", "2026-02-01"),
        ("subscriptions", "quantity", "٣", 3),
        ("subscriptions", "quantity", 3.0, 3),
        ("working-calendars", "opens", "٩:٣٠", "09:30:00"),
    ],
)
def test_values_are_read_as_those_of_files_are(shop, alice, resource, field, written, read):
    row = one_of_each(alice)[resource]

    changed = shop.patch(f"{resource}/{row.pk}/", {field: written})

    assert (changed.status_code, changed.json().get(field)) == (200, read), changed.content


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


@pytest.mark.parametrize(("address", "size"), [("orders/", 11 << 20), ("bulk/orders/", 11 << 20)])
def test_a_refused_body_does_not_stay_in_the_connection(shop, address, size):
    body = io.BytesIO(b" " * size)

    refused = shop.client.generic(
        "POST",
        f"/api/v1/{address}",
        **{"wsgi.input": body, "CONTENT_LENGTH": str(size), "CONTENT_TYPE": "application/json"},
    )

    assert problem(refused, 413)["code"] == "too_large"
    assert body.tell() == size


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


def test_a_working_calendar_is_of_a_team_and_of_tickets(shop, alice, team):
    ticket = one_of_each(alice)["tickets"]
    given = {"name": "Riyadh", "team": {"name": "North"}, "weekend": [5, 6], "holidays": ["2026-09-23"]}

    made = shop.post("working-calendars/", given).json()

    assert made == {
        "id": made["id"],
        "name": "Riyadh",
        "team": str(team.pk),
        "country": "",
        "time_zone": "",
        "weekend": [5, 6],
        "opens": "09:00:00",
        "closes": "17:00:00",
        "holidays": ["2026-09-23"],
    }
    changed = shop.patch(f"tickets/{ticket.pk}/", {"calendar": {"name": "Riyadh"}}).json()
    assert changed["calendar"] == made["id"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"weekend": [8]},
        {"weekend": "5, 6"},
        {"closes": "08:00"},
        {"country": "Nowhere"},
        {"time_zone": "Mars/Olympus"},
        {"holidays": ["yesterday"]},
    ],
)
def test_a_calendar_that_cannot_be_is_refused(shop, alice, wrong):
    calendar = one_of_each(alice)["working-calendars"]

    refused = problem(shop.patch(f"working-calendars/{calendar.pk}/", wrong), 400)

    assert [pointer.split("/")[1] for pointer in pointers(refused)] == list(wrong)


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
        ("working-calendars", {"name": "Office 1"}, "name"),
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


# One statement more or less


def test_writing_costs_the_same_whatever_there_is(shop, alice, django_assert_max_num_queries):
    rows = one_of_each(alice)
    for number in range(3):
        factories.order(rows["accounts"], f"2026-01-0{number + 1} 10:00")
    given, change = new_rows(rows)["orders"]
    shop.post("orders/", given)

    with django_assert_max_num_queries(28) as made:
        shop.post("orders/", given)
    with django_assert_max_num_queries(31) as changed:
        shop.patch(f"orders/{rows['orders'].pk}/", change)
    assert (len(made), len(changed)) != (0, 0)


@pytest.mark.parametrize(("method", "language"), [("post", "en"), ("patch", "ar"), ("delete", "en")])
def test_a_write_without_its_slash_is_no_read(shop, method, language):
    """Sent on, it would come back as a GET, and with a list that looks like success."""
    body = [] if method == "delete" else [{}]

    answer = getattr(shop, method)("orders?source=x", *body, Accept_Language=language)

    assert problem(answer, 404)["detail"].endswith(" /api/v1/orders/")
    assert ("slash" in answer.json()["detail"]) == (language == "en")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"sku": "a",\n "category": }', "line 2, column 14"),
        ('{"sku": "a", "sku": "b"}', "a key twice"),
        ('{"sku": NaN}', "NaN is no number"),
        ('{"sku": "\\ud800"}', "half a character"),
        (b'{"sku": "\xff"}', "half a character"),
        ("[" * 100_000, "too many levels"),
        ('{"sku": ' + "1" * 5000 + "}", "a number is too long"),
    ],
)
def test_what_is_no_json_is_said_in_words(shop, body, words):
    assert words in problem(shop.post("products/", body), 400)["detail"]


def test_what_is_no_json_is_said_in_the_language_of_the_reader(shop):
    told = problem(shop.post("products/", "{", Accept_Language="ar"), 400)["detail"]

    assert "السطر 1" in told
    assert "Error" not in told
