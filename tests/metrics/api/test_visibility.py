"""Whose figures are seen by whom."""

import json
from decimal import Decimal

from django.contrib.auth.models import Permission

from tests.metrics.api.calling import client_of, ok, problem


def test_who_may_not_see_all_gets_the_figures_of_what_they_see(book, alice, charlie):
    mine = ok(client_of(alice)("metrics/mrr/", by="segment"))
    nothing = ok(client_of(charlie)("metrics/mrr/"))

    assert mine["value"] == "100.00"
    assert [part["members"] for part in mine["splits"]] == [["enterprise"]]
    assert mine["parameters"]["population"] == "visible"
    assert Decimal(nothing["value"]) == 0


def test_an_account_of_others_does_not_exist(book, alice):
    get = client_of(alice)

    for path in ("metrics/mrr/", "metrics/mrr/series/", "metrics/mrr/rows/"):
        assert ok(get(path, account=book["mine"].pk))
        problem(get(path, account=book["new"].pk), 404)
    problem(get(f"accounts/{book['new'].pk}/metrics/"), 404)
    assert ok(get(f"accounts/{book['mine'].pk}/metrics/"))


def test_rows_name_only_accounts_that_one_may_see(book, alice):
    alice.user_permissions.add(Permission.objects.get(codename="view_company_figures"))
    get = client_of(alice)

    assert ok(get("metrics/mrr/"))["value"] == "140.00"
    assert [row["name"] for row in ok(get("metrics/mrr/rows/"))["results"]] == ["Mine"]


def test_values_are_of_accounts_that_one_may_see_also_for_who_sees_everybodys_figures(book, alice):
    alice.user_permissions.add(Permission.objects.get(codename="view_company_figures"))

    streamed = b"".join(client_of(alice)("metrics/values/", keys="mrr").streaming_content)

    assert [row["name"] for row in json.loads(streamed)["results"]] == ["Mine"]


def test_a_group_that_one_may_not_see_does_not_exist(charlie, book):
    assert client_of(charlie)("metrics/mrr/", group=book["mine"].pk).status_code == 404
