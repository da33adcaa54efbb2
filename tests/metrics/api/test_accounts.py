"""All metrics of one account."""

from datetime import date

from accounts.models import Account
from metrics import catalogue
from metrics.models import AccountSnapshot, Definition, StoredDay
from tests.metrics.api.calling import ok


def test_an_account_has_all_metrics_and_the_history_of_the_headlines(get, book):
    february = date(2026, 2, 28)
    StoredDay.objects.create(day=february)
    definition, _new = Definition.objects.get_or_create(key="mrr")
    AccountSnapshot.objects.create(
        day=february, account=book["mine"], definition=definition, numerator=90, denominator=0, value=90
    )

    answer = ok(get(f"accounts/{book['mine'].pk}/metrics/"))

    results = {result["key"]: result for result in answer["results"]}
    assert list(results) == list(catalogue.ALL)
    assert (results["mrr"]["value"], results["customers"]["value"]) == ("100.00", "1")
    assert {point["day"]: point["value"] for point in results["mrr"]["trend"]}["2026-02-28"] == "90.0"
    assert results["arpa"]["trend"] == []
    assert (answer["account"], answer["left_out"]) == (str(book["mine"].pk), "")


def test_an_account_that_is_left_out_says_why(get, book):
    Account.objects.filter(pk=book["new"].pk).update(internal=True)
    Account.objects.filter(pk=book["gone"].pk).update(merged_into=book["mine"])

    assert ok(get(f"accounts/{book['new'].pk}/metrics/"))["left_out"] == "internal"
    assert ok(get(f"accounts/{book['gone'].pk}/metrics/"))["left_out"] == "merged"
