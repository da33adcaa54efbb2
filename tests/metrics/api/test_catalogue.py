"""What every metric means, and what it can be asked."""

from metrics import catalogue
from tests.metrics.api.calling import ok


def test_the_catalogue_says_what_every_metric_means_in_both_languages(get, db):
    results = {metric["key"]: metric for metric in ok(get("metrics/"))["results"]}

    assert list(results) == list(catalogue.ALL)
    churn = results["customer_churn_rate"]
    assert churn["name"]["en"] == "Customer churn"
    assert churn["formula"]["en"].startswith("Of the customers")
    assert (churn["unit"], churn["better"], churn["window"], churn["estimate"]) == (
        "%",
        "down",
        "30d",
        "wilson",
    )
    assert results["arr"]["derived_from"] == ["mrr"]
    assert results["mrr"]["window"] is None
    assert "segment" in churn["filters"]


def test_the_catalogue_is_searched_by_alias_in_either_language(get, db):
    def found(text):
        return [metric["key"] for metric in ok(get("metrics/", q=text))["results"]]

    assert "customer_churn_rate" in found("attrition")
    assert "customer_churn_rate" in found("معدل الزبد")
    assert found("no such thing") == []


def test_a_metric_says_what_it_can_be_split_by(get, book):
    splits = {metric["key"]: metric["splits"] for metric in ok(get("metrics/"))["results"]}

    assert {"segment", "type", "priority", "channel", "product"} <= set(splits["tickets"])
    assert "type" not in splits["mrr"]
