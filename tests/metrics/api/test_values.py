"""All accounts' values, for a warehouse."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Account, Tag
from metrics import catalogue, warehouse
from metrics.definitions import Level
from tests import factories
from tests.metrics.api.calling import client_of, ok, problem


def body(response):
    return b"".join(response.streaming_content).decode()


def of(response):
    assert response.status_code == 200
    return json.loads(body(response))


def by_name(answer, key):
    return {row["name"]: row[key] for row in answer["results"]}


def test_every_account_has_a_row_with_what_its_own_figures_say(get, book):
    factories.order(book["mine"], "2026-03-03 10:00", 250)
    factories.order(book["mine"], "2026-03-13 10:00", 50)
    factories.resolved_ticket(book["gone"], "2026-03-02 10:00", hours=26)

    answer = of(get("metrics/values/"))

    assert [row["name"] for row in answer["results"]] == ["Mine", "Gone", "New"]
    for row in answer["results"]:
        own = ok(get(f"accounts/{row['account']}/metrics/"))["results"]
        told = {one["key"]: one for one in own if one["key"] in warehouse.exported()}
        assert {key: row[key] for key in told} == {key: one["value"] for key, one in told.items()}
        for key, one in told.items():
            if f"{key}_numerator" in row:
                sums = row[f"{key}_numerator"], row[f"{key}_denominator"]
                assert sums == (one["numerator"], one["denominator"])


def test_figures_of_the_organisation_are_of_no_account(get, book):
    level = Level.ORGANISATION
    known = {key for key, of in catalogue.ALL.items() if of.level is not level and not of.of_each}

    row = of(get("metrics/values/"))["results"][0]

    assert {name for name in row if name in catalogue.ALL} == known
    refused = problem(get("metrics/values/", keys="mrr,customer_acquisition_cost"), 400, "#/keys")
    assert "“customer_acquisition_cost” is no metric that an account has" in refused["errors"][0]["detail"]


def test_only_the_metrics_asked_for_in_their_order(get, book):
    row = of(get("metrics/values/", keys="customer_churn_rate, mrr"))["results"][0]

    assert list(row) == [
        "account", "name", "as_of", "data_complete_to",
        "customer_churn_rate", "customer_churn_rate_numerator", "customer_churn_rate_denominator", "mrr",
    ]  # fmt: skip


def test_a_past_day_is_as_it_was(get, book):
    february = of(get("metrics/values/", keys="mrr", as_of="2026-02-28"))

    assert by_name(february, "mrr") == {"Mine": "100.00", "Gone": "60.00", "New": "0"}
    assert {row["as_of"] for row in february["results"]} == {february["as_of"]} == {"2026-02-28"}


def test_what_was_not_known_does_not_count(get, book):
    before = timezone.now() - timedelta(days=10)
    Account.objects.update(recorded_at=before)
    book["mine"].subscriptions.update(recorded_at=before)

    known = of(get("metrics/values/", keys="mrr", known_by="2026-03-25"))

    assert by_name(known, "mrr") == {"Mine": "100.00", "Gone": "0", "New": "0"}
    assert known["known_by"] == "2026-03-25"


def test_filters_choose_the_accounts(get, book):
    Account.objects.filter(pk=book["new"].pk).update(tags=["VIP"])
    Tag.objects.get_or_create(name="VIP")

    assert by_name(of(get("metrics/values/", keys="mrr", segment="small")), "mrr") == {
        "Gone": "0",
        "New": "40.00",
    }
    assert by_name(of(get("metrics/values/", keys="mrr", account=book["mine"].pk)), "mrr") == {
        "Mine": "100.00"
    }
    tagged = of(get("metrics/values/", keys="mrr", tag="vip"))
    assert (by_name(tagged, "mrr"), tagged["undated"]) == ({"New": "40.00"}, True)


def test_a_missing_rate_leaves_no_value_and_no_sums(get, book):
    factories.order(book["mine"], "2026-03-03 10:00", 250, currency="JPY")

    row = of(get("metrics/values/", keys="average_order_value", account=book["mine"].pk))["results"][0]

    assert set(list(row.values())[4:]) == {None}


def test_merged_and_internal_accounts_have_no_row_and_the_survivor_has_their_facts(get, book):
    Account.objects.filter(pk=book["new"].pk).update(merged_into=book["mine"])
    Account.objects.filter(pk=book["gone"].pk).update(internal=True)

    assert by_name(of(get("metrics/values/", keys="mrr")), "mrr") == {"Mine": "140.00"}


def test_lines_of_json(administrator, book):
    got = _asked(administrator, book, "application/x-ndjson")

    rows = [json.loads(line) for line in body(got).splitlines()]
    assert got.headers["Content-Type"] == "application/x-ndjson; charset=utf-8"
    assert [(row["name"], row["mrr"]) for row in rows] == [
        ("Mine", "100.00"),
        ("Gone", "0"),
        ("New", "40.00"),
    ]


def test_csv_opens_in_spreadsheets_without_harm(administrator, book):
    Account.objects.filter(pk=book["mine"].pk).update(name="=1+1")

    got = _asked(administrator, book, "text/csv")

    rows = list(csv.DictReader(io.StringIO(body(got))))
    assert got.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert next(iter(rows[0])) == "account"
    assert [(row["name"], row["mrr"]) for row in rows] == [
        ("'=1+1", "100.00"),
        ("Gone", "0"),
        ("New", "40.00"),
    ]


def test_negative_numbers_are_numbers_in_csv(administrator, book):
    factories.subscription(book["mine"], 50, "2026-03-20")

    rows = csv.DictReader(
        io.StringIO(body(_asked(administrator, book, "text/csv", "net_revenue_churn_rate")))
    )

    assert next(rows)["net_revenue_churn_rate"] == "-50.0"


def _asked(user, _book, form, keys="mrr"):
    from django.test import Client

    from accounts.tokens import issue

    _row, token = issue(user, name="Warehouse", scopes=["read"], lifetime=None)
    return Client(headers={"Authorization": f"Bearer {token}", "Accept": form}).get(
        "/api/v1/metrics/values/", {"keys": keys}
    )


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("text/csv;q=0.5, application/json;q=0.1", "text/csv; charset=utf-8"),
        ("text/csv;q=0.1, application/json;q=0.5", "application/json"),
        ("application/json; charset=utf-8, text/csv;q=0.5", "application/json"),
        ("*/*;q=0.8, application/json;q=0, text/csv;q=0.1", "application/x-ndjson; charset=utf-8"),
        ("text/*", "text/csv; charset=utf-8"),
        ("*/*", "application/json"),
    ],
)
def test_the_form_that_is_wanted_most_is_given(administrator, book, accept, form):
    assert _asked(administrator, book, accept).headers["Content-Type"] == form


def test_problems_are_json_in_every_form(administrator, book):
    refused = _asked(administrator, book, "text/csv", "nonsense")

    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.status_code == 400
    assert _asked(administrator, book, "image/png").status_code == 406
    assert _asked(administrator, book, "text/csv;q=0").status_code == 406


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"as_of": "2027-01-01"}, "#/as_of"),
        ({"known_by": "2027-01-01"}, "#/known_by"),
        ({"keys": "mrr,,arpa"}, "#/keys"),
        ({"segment": "nobody"}, "#/segment"),
        ({"logos": "parent"}, "#/logos"),
        ({"window": "30d"}, "#/window"),
    ],
)
def test_what_cannot_be_asked_is_said(get, book, query, pointer):
    problem(get("metrics/values/", **query), 400, pointer)


def test_rows_are_of_accounts_that_one_may_see(book, team, alice, bob, charlie):
    Account.objects.filter(pk=book["mine"].pk).update(team=team)

    for user, names in ((alice, {"Mine"}), (bob, {"Mine"}), (charlie, set())):
        seen = of(client_of(user)("metrics/values/", keys="mrr"))
        assert set(by_name(seen, "mrr")) == names
    assert client_of(charlie)("metrics/values/", account=book["mine"].pk).status_code == 404


def test_more_than_a_batch_is_one_list(get, book, monkeypatch):
    monkeypatch.setattr(warehouse, "BATCH", 2)

    assert list(by_name(of(get("metrics/values/", keys="mrr")), "mrr")) == ["Mine", "Gone", "New"]


@pytest.mark.django_db(transaction=True)
def test_what_is_written_meanwhile_is_not_seen(administrator, monkeypatch):
    from metrics.api import clock
    from metrics.populations import Population

    monkeypatch.setattr(warehouse, "BATCH", 1)
    first, second = factories.account("First"), factories.account("Second")
    now = clock()
    rows = warehouse.rows([catalogue.ALL["customers"]], Population(), now, now.today)

    next(rows)
    _in_another_connection("UPDATE accounts_account SET name = 'Other' WHERE id = %s", second.pk)

    assert [row[1] for row in rows] == ["Second"]
    assert first.pk < second.pk


def _in_another_connection(statement, *parameters):
    from django.db import connection

    with connection.copy().cursor() as cursor:
        cursor.execute(statement, parameters)
        cursor.connection.commit()
        cursor.connection.close()
