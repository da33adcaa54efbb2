import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.models import Account, Job, Organisation, Return, Touched
from metrics import catalogue
from metrics.account_list import Ordered
from metrics.models import AccountRange, CurrentValue, Definition, PopulationValue, StoredDay
from tests import factories

pytestmark = pytest.mark.django_db


def definition(key):
    return Definition.objects.get_or_create(key=key)[0]


def value(account, key, amount, denominator=0):
    result = amount / denominator if denominator else amount
    return CurrentValue.objects.create(
        account=account, definition=definition(key), numerator=amount, denominator=denominator, value=result
    )


@pytest.fixture
def computed(db):
    """A run has filled the current values."""
    now = timezone.now()
    return Job.objects.create(kind="recompute.full", state=Job.State.DONE, started_at=now, finished_at=now)


def names(response):
    return [row.account.name for row in response.context["rows"]]


def rows_of_csv(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


# The list


def test_list_shows_the_accounts_of_the_reader_and_of_her_teams(sign_in, alice, team, charlie):
    factories.account("Own", owner=alice)
    factories.account("Team's", team=team)
    factories.account("Charlie's", owner=charlie)

    response = sign_in(alice).get("/accounts/")

    assert names(response) == ["Own", "Team's"]
    assert "Charlie&#x27;s" not in response.content.decode()


def test_list_costs_eleven_queries_for_one_and_three_rows(
    sign_in, alice, computed, django_assert_num_queries
):
    value(factories.account("First", owner=alice), "mrr", 10)
    client = sign_in(alice)
    client.get("/accounts/?sort=-mrr")  # what there is to filter by is kept for a minute

    with django_assert_num_queries(11):
        assert len(names(client.get("/accounts/?sort=-mrr"))) == 1
    for name, amount in (("Second", 20), ("Third", 30)):
        value(factories.account(name, owner=alice), "mrr", amount)
    with django_assert_num_queries(11):
        assert len(names(client.get("/accounts/?sort=-mrr"))) == 3


def test_list_sorts_sums_with_the_accounts_without_a_row_at_zero(sign_in, alice, computed):
    for name, amount in (("Falling", -5), ("Small", 1), ("Large", 9)):
        value(factories.account(name, owner=alice), "mrr_fx", amount)
    unknown = factories.account("Unknown", owner=alice)
    CurrentValue.objects.create(account=unknown, definition=definition("mrr_fx"), numerator=None, value=None)
    factories.account("Zero", owner=alice)
    client = sign_in(alice)

    assert names(client.get("/accounts/?sort=-mrr_fx")) == ["Large", "Small", "Zero", "Falling", "Unknown"]
    assert names(client.get("/accounts/?sort=mrr_fx")) == ["Falling", "Zero", "Small", "Large", "Unknown"]


def test_list_sorts_ratios_with_the_accounts_without_one_last(sign_in, alice, computed):
    for name, hours in (("Slow", 9), ("Quick", 1)):
        value(factories.account(name, owner=alice), "time_to_resolution", hours, 1)
    factories.account("Silent", owner=alice)
    client = sign_in(alice)

    assert names(client.get("/accounts/?sort=time_to_resolution")) == ["Quick", "Slow", "Silent"]
    assert names(client.get("/accounts/?sort=-time_to_resolution")) == ["Slow", "Quick", "Silent"]


@pytest.mark.parametrize("sort", ["name", "-name", "mrr", "-mrr", "-time_to_resolution"])
def test_pages_of_any_size_are_the_whole_order(alice, sort):
    for number in range(7):
        account = factories.account(f"Customer {number}")
        if number % 2:
            value(account, "mrr", number * 10 - 30)
            value(account, "time_to_resolution", number, 2)

    whole = Ordered(Account.objects.all(), sort)[0:7]
    for size in (1, 2, 3, 5):
        ordered = Ordered(Account.objects.all(), sort)
        pieces = [account for first in range(0, 7, size) for account in ordered[first : min(first + size, 7)]]
        assert pieces == whole
    assert len({account.pk for account in whole}) == 7


def test_list_finds_accounts_by_name_person_address_and_id(sign_in, alice):
    account = factories.account("شركة الأفق للتقنية", owner=alice)
    factories.account("Other", owner=alice)
    account.contacts.create(name="Sara Haddad", email="sara@ufuq.example")
    account.keys.create(source="crm", value="C-17")
    client = sign_in(alice)

    for words in ("الافق", "haddad", "sara@ufuq.example", "C-17"):
        assert names(client.get("/accounts/", {"q": words})) == ["شركة الأفق للتقنية"], words
    assert "No accounts match" in client.get("/accounts/", {"q": "nobody at all"}).content.decode()


def test_list_filters_by_what_there_is(sign_in, alice, bob, team):
    factories.account("Large", segment="Enterprise", stage="live", owner=bob, team=team)
    factories.account("Small", segment="SMB", stage="lead", owner=alice)
    client = sign_in(alice)

    assert names(client.get("/accounts/?segment=Enterprise")) == ["Large"]
    assert names(client.get("/accounts/?stage=lead")) == ["Small"]
    assert names(client.get(f"/accounts/?owner={bob.pk}")) == ["Large"]
    assert names(client.get("/accounts/?segment=SMB&stage=live")) == []


def test_list_leaves_out_merged_and_internal_accounts(sign_in, alice):
    survivor = factories.account("Survivor", owner=alice)
    factories.account("Loser", owner=alice, merged_into=survivor)
    factories.account("Ours", owner=alice, internal=True)
    client = sign_in(alice)

    assert names(client.get("/accounts/")) == ["Survivor"]
    assert names(client.get("/accounts/?internal=on")) == ["Ours", "Survivor"]


def test_list_offers_only_what_the_reader_may_see(sign_in, alice, charlie):
    factories.account("Own", owner=alice, segment="SMB")
    factories.account("Charlie's", owner=charlie, segment="Secret")
    client = sign_in(alice)

    assert "Secret" not in client.get("/accounts/").content.decode()
    assert client.get("/accounts/?segment=Secret").status_code == 400
    assert client.get(f"/accounts/?owner={charlie.pk}").status_code == 400
    assert client.get("/metrics/mrr/?segment=Secret").status_code == 400


def test_list_and_metrics_are_filtered_and_split_by_parent(sign_in, alice, charlie):
    parent, hidden = factories.account("Holding", owner=alice), factories.account("Hidden", owner=charlie)
    child = factories.account("Child", owner=alice, parent=parent)
    another = factories.account("Another", owner=alice, parent=hidden)
    for account in (parent, child, another):
        factories.subscription(account, 40, "2024-01-01")
    client = sign_in(alice)

    assert names(client.get(f"/accounts/?parent={parent.pk}")) == ["Child"]
    assert client.get(f"/accounts/?parent={child.pk}").status_code == 400
    assert client.get("/accounts/?parent=x").status_code == 400
    assert client.get(f"/metrics/mrr/?parent={parent.pk}").context["answer"].value == 40
    parts = client.get("/metrics/mrr/?by=parent").context["parts"]
    assert {name for (name,), *_rest in parts} == {"Holding", "none", str(hidden.pk)}


def test_list_shows_the_chosen_columns_and_what_it_is_sorted_by(sign_in, alice):
    factories.account(owner=alice)

    response = sign_in(alice).get("/accounts/?columns=tier&columns=tickets&sort=-mrr")

    assert [column.key for column in response.context["columns"]] == ["tier", "tickets", "mrr"]


def test_list_before_the_first_run_shows_no_zeros(sign_in, alice, computed):
    factories.account(owner=alice)
    client = sign_in(alice)
    after = client.get("/accounts/?columns=mrr")
    computed.delete()

    before = client.get("/accounts/?columns=mrr")

    assert after.context["rows"][0].cells[0].figure.value == 0
    assert before.context["rows"][0].cells[0].figure.value is None
    assert "Figures have not been computed yet" in before.content.decode()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("segment=nowhere", "Segment"),
        ("stage=asleep", "Stage"),
        ("owner=x", "Owner"),
        ("sort=password", "Sort"),
        ("columns=secret", "Columns"),
        ("page=0", "Page"),
        ("page=two", "Page"),
        ("q=" + "x" * 101, "Search"),
        ("q=%00", "Search"),
    ],
)
def test_list_says_which_field_is_wrong(sign_in, alice, query, field):
    factories.account("Najm", owner=alice)

    response = sign_in(alice).get(f"/accounts/?{query}")

    assert response.status_code == 400
    assert f"<p>{field}: " in response.content.decode()
    assert "rows" not in response.context


def test_list_in_arabic(sign_in, alice):
    alice.language = "ar"
    alice.save()
    factories.account("Najm", owner=alice)

    page = sign_in(alice).get("/accounts/").content.decode()

    assert '<html lang="ar" dir="rtl"' in page
    assert "<bdi>Najm</bdi>" in page
    assert "العملاء" in page


# The file


def test_export_holds_all_pages_with_filters_columns_and_order(sign_in, alice, charlie, computed):
    for number in range(60):
        value(factories.account(f"Customer {number:02}", owner=alice, segment="SMB"), "mrr", number)
    factories.account("Other", owner=alice, segment="Enterprise")
    factories.account("Hidden", owner=charlie, segment="SMB")

    response = sign_in(alice).get(
        "/accounts/export.csv?segment=SMB&columns=segment&columns=mrr&sort=-mrr&page=2"
    )

    header, *rows = rows_of_csv(response)
    assert header == ["id", "Name", "Segment", "MRR (USD)"]
    assert [row[1:] for row in rows[:2]] == [["Customer 59", "SMB", "59.0"], ["Customer 58", "SMB", "58.0"]]
    assert len(rows) == 60


def test_export_is_a_file_of_the_day_with_a_byte_order_mark(sign_in, alice):
    today = Organisation.current().today(timezone.now())

    response = sign_in(alice).get("/accounts/export.csv")

    assert response["Content-Disposition"] == f'attachment; filename="accounts-{today}.csv"'
    assert b"".join(response.streaming_content).startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_export_runs_no_formula(sign_in, alice, name):
    factories.account(name, owner=alice)

    response = sign_in(alice).get("/accounts/export.csv?columns=tier")

    assert rows_of_csv(response)[1][1] == f"'{name}"


def test_export_keeps_negative_numbers_numbers(sign_in, alice, computed):
    value(factories.account(owner=alice), "mrr_fx", -5)

    response = sign_in(alice).get("/accounts/export.csv?columns=mrr_fx")

    assert rows_of_csv(response)[1][2] == "-5.0"


def test_export_rejects_bad_filters(sign_in, alice):
    assert sign_in(alice).get("/accounts/export.csv?segment=nowhere").status_code == 400


# The catalogue and one metric


def test_catalogue_is_found_in_both_languages(sign_in, alice):
    client = sign_in(alice)

    for words in ("churn", "معدل الزبد", "customer_churn_rate"):
        page = client.get("/metrics/", {"q": words}).content.decode()
        assert "/metrics/customer_churn_rate/" in page, words
        assert "/metrics/tickets/" not in page, words


def test_catalogue_shows_company_figures_to_whom_may_see_them(sign_in, alice, administrator):
    for key, amount in (("customers", 3), ("mrr", 4711)):
        PopulationValue.objects.create(
            day=timezone.now().date(),
            definition=definition(key),
            numerator=amount,
            denominator=0,
            value=amount,
        )

    assert "$4,711.00" not in sign_in(alice).get("/metrics/").content.decode()
    page = sign_in(administrator).get("/metrics/").content.decode()
    assert "$4,711.00" in page
    assert "$56.5K" in page  # ARR is made of it


def test_catalogue_rejects_a_search_that_is_too_long(sign_in, alice):
    assert sign_in(alice).get("/metrics/", {"q": "x" * 101}).status_code == 400


def test_metric_answers_with_value_interval_and_definition(sign_in, administrator):
    for number in range(4):
        account = factories.account(f"Customer {number}")
        factories.subscription(account, 100, "2024-01-01", "2026-02-10" if number == 0 else None)

    page = sign_in(administrator).get("/metrics/customer_churn_rate/?as_of=2026-02-28").content.decode()

    assert "25.0%" in page
    assert "1 of 4" in page
    assert "low sample" in page
    assert "Of the customers at the start of the window" in page


def test_metric_says_how_it_is_counted(sign_in, alice):
    factories.subscription(factories.account(owner=alice), 100, "2024-05-06")
    client = sign_in(alice)

    def how(path):
        text = client.get(f"/metrics/{path}").content.decode().partition('id="how"')[2]
        return " ".join(re.sub("<[^>]+>", " ", text).split()).replace(" ;", ";").replace(" ,", ",")

    renewal = how("renewal_rate/")
    assert "90 days Any other can be asked for. It lies back" in renewal
    assert "Days of grace after the end grace_days 14 unless said otherwise, 1 to 730" in renewal
    assert "n = 30; below it the value is marked “low sample”. n counts cases" in renewal
    assert "As they were on the day that is asked for." in renewal
    assert "Subscriptions since 6 May 2024" in how("mrr/")
    retention = how("net_revenue_retention/")
    assert "As they were at the end of the day before the window." in retention
    assert "n = 30; below it there is no interval" in retention
    assert "From the movement totals of the whole company" in retention
    assert "Made of other metrics: MRR" in how("arr/")
    assert "See Return rate by order" in how("product_return_rate/")
    assert "Committed MRR (CMRR)" in how("mrr/?as_of=never")
    assert "run rate" not in how("mrr/")  # an alias is searched by and not shown


def test_metric_is_about_the_accounts_that_the_reader_may_see(sign_in, alice, charlie):
    factories.subscription(factories.account("Hers", owner=alice), 100, "2024-01-01")
    factories.subscription(factories.account("His", owner=charlie), 900, "2024-01-01")

    page = sign_in(alice).get("/metrics/mrr/").content.decode()

    assert "$100.00" in page
    assert "$1,000.00" not in page


def test_metric_is_split_by_names(sign_in, administrator, alice):
    factories.subscription(factories.account("Hers", owner=alice), 100, "2024-01-01")
    factories.subscription(factories.account("Nobody's"), 50, "2024-01-01")

    response = sign_in(administrator).get("/metrics/mrr/?by=owner")

    assert [(name, float(part.value)) for (name,), part, *_rest in response.context["parts"]] == [
        ("Alice", 100.0),
        ("none", 50.0),
    ]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("as_of=2999-01-01", "As of"),
        ("as_of=yesterday", "As of"),
        ("window=weekly", "Window"),
        ("window=0d", "Window"),
        ("window=2026-03-01..2026-01-01", "Window"),
        ("window=2026-01-01..2999-01-01", "Window"),
        ("window=2026-01-01..2026-01-31&as_of=2026-02-01", "As of"),
        ("window=12m&as_of=0001-06-30", "Window"),
        ("as_of=0001-01-01", "As of"),
        ("as_of=0001-01-20", "As of"),
        ("as_of=12/31/2025", "As of"),
        ("segment=nowhere", "Segment"),
        ("by=shoe_size", "Split"),
    ],
)
def test_metric_says_which_part_of_the_question_is_wrong(sign_in, administrator, query, field):
    client = sign_in(administrator)

    response = client.get(f"/metrics/customer_churn_rate/?{query}")

    assert response.status_code == 400
    assert f"<p>{field}: " in response.content.decode()
    assert client.get(f"/metrics/customer_churn_rate/trend/?{query}").status_code == 400


@pytest.mark.parametrize("key", [key for key, metric in catalogue.ALL.items() if metric.window is None])
def test_metric_of_a_day_has_no_window(sign_in, administrator, key):
    client = sign_in(administrator)

    for address in ("", "trend/", "rows/", "rows/export.csv"):
        assert client.get(f"/metrics/{key}/{address}?window=30d").status_code == 400
        assert client.get(f"/metrics/{key}/{address}?as_of=0001-01-01").status_code == 400


def test_metric_is_asked_for_a_day_in_any_digits(sign_in, administrator):
    response = sign_in(administrator).get("/metrics/mrr/?as_of=٢٠٢٦-٠١-٣١")

    assert response.context["answer"].as_of == date(2026, 1, 31)
    assert 'value="2026-01-31"' in response.content.decode()


@pytest.mark.parametrize("key", catalogue.ALL)
def test_metric_is_asked_for_the_first_days_of_the_calendar(sign_in, administrator, key):
    factories.subscription(factories.account(), 100, "2024-01-01")
    client = sign_in(administrator)
    metric = catalogue.ALL[key]
    days = {"12m": 366, "365d": 366, "3m": 91, "90d": 91, "30d": 31, "month": 33, None: 2}
    window = max(days[part.window] for part in catalogue.with_parts((key,)))
    ripening = sum(p.default for p in metric.parameters if p.name == metric.ripens_for)
    day = date.fromordinal(window + ripening)

    for address in ("", "trend/", "rows/"):
        response = client.get(f"/metrics/{key}/{address}?as_of={day}")
        assert response.status_code == 200, (address, response.content)
    response = client.get(f"/metrics/{key}/trend/?as_of={day}")
    assert response.context["days"] == [day]


def test_parameters_of_a_metric_can_be_chosen(sign_in, administrator):
    owner = factories.account()
    late = factories.order(owner, "2026-04-01 12:00")
    Return.objects.create(order=late, day=date(2026, 5, 5), units=1)
    client = sign_in(administrator)

    def answered(query):
        page = client.get(f"/metrics/product_return_rate_by_order/?as_of=2026-06-30&{query}")
        assert 'name="return_days"' in page.content.decode()
        return page.context["answer"].value

    assert answered("") == 0
    assert answered("return_days=34") == 1
    assert answered("return_days=٣٤") == 1
    assert "shifted back" in client.get("/metrics/product_return_rate_by_order/").content.decode()
    assert "today, so far" not in client.get("/metrics/product_return_rate_by_order/").content.decode()
    assert "today, so far" in client.get("/metrics/orders/").content.decode()
    for wrong in ("0", "731", "x"):
        assert client.get(f"/metrics/product_return_rate/?return_days={wrong}").status_code == 400


def test_hours_of_durations_can_be_chosen_and_half_may_not_have_reached_them(sign_in, administrator):
    owner = factories.account()
    factories.ticket(owner, [("opened", "2026-03-06 12:00"), ("replied", "2026-03-09 12:00")])
    client = sign_in(administrator)

    def page(query):
        return client.get(f"/metrics/time_to_first_response/?as_of=2026-03-30&{query}")

    assert [page(f"hours={hours}").context["answer"].value for hours in ("", "calendar", "working")] == [
        72,
        72,
        24,
    ]
    assert page("hours=office").status_code == 400
    factories.ticket(owner, opened="2026-03-06 12:00")
    factories.ticket(owner, opened="2026-03-06 12:00")
    text = page("").content.decode()
    assert "Half of them have not reached it yet." in text
    assert "Kaplan–Meier, log-log" in text
    assert "1 of 3" in text


def test_metric_of_two_days_has_no_trend(sign_in, administrator):
    factories.subscription(factories.account(), 100, "2024-01-01")
    client = sign_in(administrator)
    query = "?window=2026-01-01..2026-03-31"

    for address in ("", "trend/"):
        page = client.get(f"/metrics/net_revenue_retention/{address}{query}").content.decode()
        assert "so that it has no trend" in page
        assert 'id="trend"' not in page
        assert "<canvas" not in page


def test_unknown_metric_is_not_found(sign_in, administrator):
    client = sign_in(administrator)

    assert client.get("/metrics/happiness/").status_code == 404
    assert client.get("/metrics/happiness/trend/").status_code == 404


def test_trend_reads_what_is_kept_and_computes_the_rest(sign_in, administrator):
    factories.subscription(factories.account(), 100, "2024-01-01")
    end_of_last_month = timezone.now().date().replace(day=1) - timedelta(days=1)
    PopulationValue.objects.create(
        day=end_of_last_month, definition=definition("mrr"), numerator=777, denominator=0, value=777
    )

    StoredDay.objects.create(day=end_of_last_month)
    Organisation.current()
    Touched.objects.all().delete()

    response = sign_in(administrator).get("/metrics/mrr/trend/")

    values = [float(value) for value in response.context["series"][0]["values"]]
    assert values[-3:] == [100.0, 777.0, 100.0]
    assert len(values) == 13


@pytest.mark.parametrize("why", ["not kept", "stale", "touched", "promised"])
def test_trend_computes_days_that_are_out_of_date(sign_in, administrator, why):
    factories.subscription(factories.account(), 100, "2024-01-01")
    Organisation.current()
    Touched.objects.all().delete()
    day = timezone.now().date().replace(day=1) - timedelta(days=1)
    PopulationValue.objects.create(
        day=day, definition=definition("mrr"), numerator=777, denominator=0, value=777
    )
    if why != "not kept":
        StoredDay.objects.create(day=day, stale_since=timezone.now() if why == "stale" else None)
    if why == "touched":
        Touched.objects.create(account_id=1, earliest_day=day)
    if why == "promised":
        AccountRange.objects.create(job=Job.objects.create(kind="recompute.full"), day=day, first=0, last=9)

    response = sign_in(administrator).get("/metrics/mrr/trend/")

    assert [float(value) for value in response.context["series"][0]["values"]][-2:] == [100.0, 100.0]


def test_trend_is_a_page_and_a_fragment(sign_in, administrator):
    client = sign_in(administrator)

    assert "<html" in client.get("/metrics/mrr/trend/").content.decode()
    assert "<html" not in client.get("/metrics/mrr/trend/", headers={"HX-Request": "true"}).content.decode()


def test_metric_in_arabic(sign_in, administrator):
    administrator.language = "ar"
    administrator.save()

    page = sign_in(administrator).get("/metrics/mrr/").content.decode()

    assert '<html lang="ar" dir="rtl"' in page


# Cohorts


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
        ["2026-01", "2", "1", "2026-02-27", "100.00", "0.6666666666666666666666666667", "no"],
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


# What is behind it


def test_rows_are_the_accounts_that_count_the_heaviest_first(sign_in, alice, charlie):
    for name, price, owner in (("Small", 10, alice), ("Large", 90, alice), ("Charlie's", 500, charlie)):
        factories.subscription(factories.account(name, owner=owner), price, "2024-01-01")

    response = sign_in(alice).get("/metrics/mrr/rows/")

    shares = [(share.account.name, float(share.numerator)) for share in response.context["behind"].shares]
    assert shares == [("Large", 90.0), ("Small", 10.0)]


def test_rows_of_a_derived_metric_are_those_of_its_parts(sign_in, alice):
    factories.subscription(factories.account(owner=alice), 10, "2024-01-01")

    response = sign_in(alice).get("/metrics/arr/rows/")

    page = response.content.decode()
    assert [float(share.numerator) for share in response.context["behind"].shares] == [10.0]
    assert "These rows are of MRR, " in page
    assert " in all. ARR (run rate) is made from it: 12 × MRR" in page
    assert "$120.00" in page
    assert "$10.00" in page.partition("<tfoot>")[2]
    exported = sign_in(alice).get("/metrics/arr/rows/export.csv")
    assert rows_of_csv(exported)[0][2] == "MRR: numerator (USD)"
    assert 'filename="mrr-' in exported["Content-Disposition"]


def test_rows_say_their_units_and_their_total(sign_in, alice):
    account = factories.account("Najm", owner=alice)
    for day, hours in (("2026-01-10", 43), ("2026-01-20", 5)):
        factories.resolved_ticket(account, f"{day} 00:00", hours=hours)
    client = sign_in(alice)

    def read(path):
        return client.get(f"/metrics/{path}?as_of=2026-01-31").content.decode().replace("\xa0", " ")

    metric, rows = read("time_to_resolution/"), read("time_to_resolution/rows/")
    facts = read(f"time_to_resolution/rows/{account.pk}/")

    assert "2 d" in metric.partition("divided by")[0].rpartition("Counted")[2]
    assert "2 d" in rows.partition("<tfoot>")[2]
    assert "1 d<" in rows.partition('class="page-lead"')[2].partition("</p>")[0]
    assert "2 Jan 2026" in rows
    assert "1 d 19 h" in facts
    assert "facts together" in facts
    assert "2 Jan 2026" in facts
    assert ">1 Jan 2026" not in facts


def test_rows_of_a_page_beyond_the_last_keep_their_total(sign_in, alice):
    factories.subscription(factories.account(owner=alice), 10, "2024-01-01")

    behind = sign_in(alice).get("/metrics/mrr/rows/?page=2").context["behind"]

    assert (behind.shares, behind.count, behind.total.numerator) == ([], 1, 10)


def test_rows_come_in_pages_and_as_a_fragment(sign_in, alice):
    for number in range(30):
        factories.subscription(factories.account(f"Customer {number}", owner=alice), number + 1, "2024-01-01")
    client = sign_in(alice)

    response = client.get("/metrics/mrr/rows/?page=2", headers={"HX-Request": "true"})

    assert len(response.context["behind"].shares) == 5
    assert response.content.decode().strip().startswith('<div id="rows"')
    assert client.get("/metrics/mrr/rows/?page=0").status_code == 400


def test_rows_cost_eight_queries_for_one_and_three(sign_in, administrator, django_assert_num_queries):
    client = sign_in(administrator)
    factories.subscription(factories.account("First"), 10, "2024-01-01")
    client.get("/metrics/mrr/rows/")

    with django_assert_num_queries(8):
        client.get("/metrics/mrr/rows/")
    for name in ("Second", "Third"):
        factories.subscription(factories.account(name), 10, "2024-01-01")
    with django_assert_num_queries(8):
        client.get("/metrics/mrr/rows/")


def test_rows_are_exported_with_what_is_above_and_below_the_line(sign_in, alice):
    account = factories.account("=Najm", owner=alice)
    factories.subscription(account, 10, "2024-01-01")

    response = sign_in(alice).get("/metrics/net_revenue_retention/rows/export.csv?as_of=2026-01-31")

    header, row = rows_of_csv(response)
    assert header == ["id", "Name", "NRR: numerator (USD)", "denominator (USD)"]
    assert [row[1], float(row[2]), float(row[3])] == ["'=Najm", 10.0, 10.0]
    assert 'filename="net_revenue_retention-2026-01-31.csv"' in response["Content-Disposition"]


def test_rows_reject_bad_questions(sign_in, alice):
    client = sign_in(alice)

    assert client.get("/metrics/mrr/rows/?segment=nowhere").status_code == 400
    assert client.get("/metrics/mrr/rows/export.csv?segment=nowhere").status_code == 400
    assert client.get("/metrics/happiness/rows/").status_code == 404


def test_facts_of_an_account_add_up_to_its_share(sign_in, alice, charlie):
    account = factories.account(owner=alice)
    for price in (10, 20):
        factories.subscription(account, price, "2024-01-01")
    address = f"/metrics/mrr/rows/{account.pk}/"

    measures = sign_in(alice).get(address).context["measures"]

    assert sum(float(counted) for measure in measures for _text, _day, counted in measure.listed) == 30.0
    assert sign_in(charlie).get(address).status_code == 404


def test_facts_reject_bad_questions(sign_in, alice):
    account = factories.account(owner=alice)

    assert sign_in(alice).get(f"/metrics/mrr/rows/{account.pk}/?as_of=soon").status_code == 400
