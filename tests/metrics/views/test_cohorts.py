"""The table of cohorts, and the file of it."""

import pytest

from tests import factories
from tests.metrics.views.viewing import rows_of_csv

pytestmark = pytest.mark.django_db


def cells_of(response):
    return {
        f"{cohort.first:%Y-%m}": [cell.value for cell in cohort.cells]
        for cohort in response.context["cohorts"]
    }


@pytest.fixture
def two_cohorts(alice, charlie):
    factories.subscription(factories.account("Hers", owner=alice, segment="SMB"), 100, "2026-01-05")
    factories.subscription(factories.account("Gone", owner=alice), 50, "2026-01-05", "2026-02-10")
    factories.subscription(factories.account("His", owner=charlie), 900, "2026-02-01")


def test_cohorts_are_those_of_the_accounts_that_the_reader_may_see(
    sign_in, alice, charlie, administrator, two_cohorts
):
    address = "/metrics/cohorts/?as_of=2026-02-28"

    assert cells_of(sign_in(alice).get(address)) == {"2026-01": [2, 1], "2026-02": [0]}
    assert cells_of(sign_in(charlie).get(address)) == {"2026-02": [1]}
    assert cells_of(sign_in(administrator).get(address)) == {"2026-01": [2, 1], "2026-02": [1]}
    assert cells_of(sign_in(administrator).get(f"{address}&measure=mrr")) == {
        "2026-01": [150, 100],
        "2026-02": [900],
    }
    assert cells_of(sign_in(alice).get(f"{address}&segment=SMB")) == {"2026-01": [1, 1], "2026-02": [0]}


def test_cohorts_are_a_table_with_headers_shares_and_marks(sign_in, alice, two_cohorts):
    page = sign_in(alice).get("/metrics/cohorts/?as_of=2026-02-27").content.decode()

    row = page.partition("<tbody>")[2].partition("</tr>")[0]
    assert '<th scope="row"><time class="num" datetime="2026-01">' in row
    assert 'class="n heat-10"' in row
    assert 'class="n heat-5 so-far"' in row
    assert "(so far)" in row
    assert "low sample" in row
    assert '<th scope="colgroup" colspan="2">Month of life</th>' in page
    assert page.count('<td class="n"></td>') == 1


def test_cohorts_of_nobody_and_bad_questions(sign_in, alice, charlie, two_cohorts):
    assert "Nobody became a customer" in sign_in(alice).get("/metrics/cohorts/?months=1").content.decode()
    client = sign_in(charlie)
    for query, field in (
        ("measure=happiness", "Measure"),
        ("months=37", "Months"),
        ("months=0", "Months"),
        ("as_of=2999-01-01", "As of"),
        ("as_of=0001-01-20", "As of"),
        ("segment=SMB", "Segment"),
    ):
        response = client.get(f"/metrics/cohorts/?{query}")
        assert response.status_code == 400
        assert f"<p>{field}: " in response.content.decode()
        assert client.get(f"/metrics/cohorts/export.csv?{query}").status_code == 400


def test_cohorts_are_exported_cell_by_cell(sign_in, alice, two_cohorts):
    response = sign_in(alice).get("/metrics/cohorts/export.csv?as_of=2026-02-27&measure=mrr")

    assert rows_of_csv(response) == [
        ["Start month", "Accounts", "Month of life", "Day", "MRR (USD)", "Share", "Month is over"],
        ["2026-01", "2", "0", "2026-01-31", "150.00", "1", "yes"],
        ["2026-01", "2", "1", "2026-02-27", "100.00", "0.666667", "no"],
        ["2026-02", "0", "0", "2026-02-27", "0", "", "no"],
    ]
    assert 'filename="cohorts-mrr-2026-02-27.csv"' in response["Content-Disposition"]


def test_cohorts_are_linked_from_the_catalogue_and_the_metrics_they_take_apart(sign_in, alice):
    client = sign_in(alice)

    assert 'href="/metrics/cohorts/"' in client.get("/metrics/").content.decode()
    for key, measure in (("customer_retention_rate", "customers"), ("net_revenue_retention", "mrr")):
        assert (
            f'href="/metrics/cohorts/?measure={measure}"' in client.get(f"/metrics/{key}/").content.decode()
        )
    assert "/metrics/cohorts/" not in client.get("/metrics/tickets/").content.decode()


def test_cohorts_in_arabic(sign_in, alice, two_cohorts):
    alice.language = "ar"
    alice.save()

    page = sign_in(alice).get("/metrics/cohorts/?as_of=2026-02-28").content.decode()

    assert '<html lang="ar" dir="rtl"' in page
    assert "شهر البداية" in page


def test_cohorts_say_whose_they_are(sign_in, alice, administrator, two_cohorts):
    page = sign_in(administrator).get("/metrics/cohorts/?as_of=2026-02-28&segment=SMB").content.decode()
    hers = sign_in(alice).get("/metrics/cohorts/?as_of=2026-02-28").content.decode()

    assert 'All accounts, filtered by Segment: <bdi class="strong">SMB</bdi>.' in page
    assert "The accounts that you may see." in hers


def test_cohorts_say_what_is_read_as_it_is_now(sign_in, alice, two_cohorts):
    builder = factories.account(owner=alice, industry="Construction")
    factories.subscription(builder, 10, "2026-01-05")
    client = sign_in(alice)

    for query, is_said in (("industry=Construction", True), ("segment=SMB", False)):
        page = client.get(f"/metrics/cohorts/?as_of=2026-02-28&{query}").content.decode()
        assert ("since their past is not kept" in page) is is_said
        assert ("All others are read as they were at the end of the start month." in page) is is_said


def test_cohorts_refuse_names_that_they_do_not_know(sign_in, alice):
    for page in ("", "export.csv"):
        response = sign_in(alice).get(f"/metrics/cohorts/{page}?segmnt=SMB")
        assert response.status_code == 400
        assert "There is no filter “segmnt”. Use one of: stage, " in response.content.decode()
