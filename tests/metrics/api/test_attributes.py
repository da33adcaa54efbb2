"""Declared attributes and tags, as programs ask by them."""

import pytest

from accounts.models import Account
from tests.factories import attribute, dated
from tests.metrics.api.calling import client_of, ok, problem

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _declared(book):
    attribute("modules", "choices", choices=["crm", "erp"])
    dated(book["mine"], "2026-01-01", **{"attribute.modules": "crm\nerp"})
    dated(book["new"], "2026-01-01", **{"attribute.modules": "erp"})
    Account.objects.filter(pk=book["mine"].pk).update(tags=["VIP"])


def test_a_metric_is_filtered_by_an_attribute_and_says_so(get):
    answer = ok(get("metrics/mrr/", **{"attribute.modules": "crm"}))

    assert answer["value"] == "100.00"
    assert answer["parameters"]["filters"] == {"attribute.modules": "crm"}
    assert (answer["undated"], answer["overlapping"]) == (False, False)


def test_a_metric_is_split_by_an_attribute_and_its_parts_overlap(get):
    answer = ok(get("metrics/mrr/", by="attribute.modules"))

    assert {part["members"][0]: part["value"] for part in answer["splits"]} == {
        "crm": "100.00",
        "erp": "140.00",
    }
    assert answer["overlapping"] is True
    assert answer["value"] == "140.00"


def test_tags_are_read_as_they_are_now(get):
    filtered = ok(get("metrics/mrr/", tag="vip"))
    split = ok(get("metrics/mrr/", by="tag"))

    assert (filtered["value"], filtered["undated"]) == ("100.00", True)
    assert {part["members"][0]: part["value"] for part in split["splits"]} == {"VIP": "100.00", "": "40.00"}
    assert split["overlapping"] is True


def test_rows_and_series_take_them_too(get):
    rows = ok(get("metrics/mrr/rows/", **{"attribute.modules": "crm"}))
    series = ok(get("metrics/mrr/series/", **{"attribute.modules": "crm", "from": "2026-03-01"}))
    cohorts = ok(get("cohorts/retention/", **{"attribute.modules": "erp"}))

    assert [row["name"] for row in rows["results"]] == ["Mine"]
    assert series["points"][-1]["value"] == "100.00"
    assert [cohort["size"] for cohort in cohorts["cohorts"]][-1] == 1


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ({"attribute.modules": "pos"}, "#/attribute.modules"),
        ({"attribute.shoe_size": "46"}, "#/attribute.shoe_size"),
        ({"attribute.modules": ""}, "#/attribute.modules"),
        ({"by": "attribute.shoe_size"}, "#/by"),
        ({"tag": "nobody's"}, "#/tag"),
    ],
)
def test_what_there_is_not_is_refused(get, query, pointer):
    problem(get("metrics/mrr/", **query), 400, pointer)


def test_an_attribute_that_is_not_for_filters_is_refused(get):
    attribute("secret", in_filters=False)
    attribute("old", archived=True)

    for key in ("secret", "old"):
        problem(get("metrics/mrr/", **{f"attribute.{key}": "x"}), 400)
        problem(get("metrics/mrr/", by=f"attribute.{key}"), 400, "#/by")


def test_strangers_do_not_learn_which_values_there_are(charlie):
    get = client_of(charlie)

    problem(get("metrics/mrr/", **{"attribute.modules": "crm"}), 400, "#/attribute.modules")


def test_the_catalogue_names_them(get):
    (mrr,) = (metric for metric in ok(get("metrics/"))["results"] if metric["key"] == "mrr")

    assert {"attribute.modules", "tag"} <= set(mrr["filters"]) & set(mrr["splits"])
