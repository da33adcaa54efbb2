"""The catalogue, one metric and its trend."""

import re
from datetime import date, timedelta

import pytest
from django.utils import timezone

from accounts.models import Feature, Job, Organisation, Return, Touched
from metrics import catalogue
from metrics.models import AccountRange, PopulationValue, StoredDay
from metrics.windows import longest
from tests import factories
from tests.metrics.doing import act, contact
from tests.metrics.views.viewing import definition
from tests.sampling import some

pytestmark = pytest.mark.django_db


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


def test_a_split_without_intervals_speaks_of_none(sign_in, administrator, alice):
    factories.subscription(factories.account("Hers", owner=alice), 100, "2024-01-01")
    client = sign_in(administrator)

    def said(key):
        page = client.get(f"/metrics/{key}/?by=owner&as_of=2026-03-31").content.decode()
        return "95% interval" in page.partition('id="split-title"')[2].partition("</section>")[0]

    assert (said("mrr"), said("customer_churn_rate")) == (False, True)


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


@pytest.mark.parametrize("key", some(catalogue.ALL, every=12))
def test_metric_is_asked_for_the_first_days_of_the_calendar(sign_in, administrator, key):
    factories.subscription(factories.account(), 100, "2024-01-01")
    client = sign_in(administrator)
    metric = catalogue.ALL[key]
    days = {
        "12m": 366,
        "365d": 366,
        "3m": 91,
        "90d": 91,
        "30d": 31,
        "month": 33,
        "7d": 8,
        "1d": 2,
        "all": 2,
        None: 2,
    }
    window = max(days[part.window] for part in catalogue.with_parts((key,)))
    waits = [parameter for parameter in metric.parameters if parameter.name == metric.ripens_for]
    ripening = sum(longest(p.default, [6, 7]) if p.in_working_days else p.default for p in waits)
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


def test_a_page_or_a_feature_can_be_named(sign_in, administrator):
    Feature.objects.create(code="export", name={"en": "Export"})
    act(contact(factories.account()), "2026-06-10", "Page", "/prices")
    client = sign_in(administrator)

    def page(key, **query):
        return client.get(f"/metrics/{key}/", {"as_of": "2026-06-30", **query})

    assert page("exit_rate", metric_page="/prices").context["answer"].value == 0
    assert "name one, or split by it" in page("exit_rate").content.decode()
    assert "/prices" in page("exit_rate", by="page").content.decode()
    assert '<option value="export">Export</option>' in page("feature_adoption_rate").content.decode()
    assert page("feature_adoption_rate", feature="export").status_code == 200
    assert page("feature_adoption_rate", feature="exprot").status_code == 400
    assert "any unless said otherwise" in page("exit_rate").content.decode()


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


def test_a_group_of_companies_is_asked_for_by_its_parent(sign_in, alice, charlie):
    parent = factories.account("Group", owner=alice)
    child = factories.account("Child", owner=alice, parent=parent)
    other = factories.account("Other", owner=alice)
    for account in (parent, child, other):
        factories.subscription(account, 10, "2024-01-01")
    client = sign_in(alice)

    response = client.get(f"/metrics/mrr/?group={parent.pk}")

    assert response.context["answer"].value == 20
    assert f'<option value="{parent.pk}" selected>Group</option>' in response.content.decode()
    rows = client.get(f"/metrics/mrr/rows/?group={parent.pk}").context["behind"].shares
    assert {share.account for share in rows} == {parent, child}
    assert 'name="group"' not in client.get("/metrics/mrr/").content.decode()
    for unknown in (parent.pk, "1e9", "9" * 30, "nobody"):
        assert sign_in(charlie).get(f"/metrics/mrr/?group={unknown}").status_code == 400


def whose(page):
    """In the answer's facts, as it is read."""
    text = page.content.decode().partition("<dt>Whose</dt>")[2].partition("</dd>")[0]
    return " ".join(re.sub("<[^>]+>", "", text).replace("\u2069", "").replace("\u2068", "").split())


def test_answer_says_whose_it_is(sign_in, alice, administrator):
    parent = factories.account("Group", owner=alice, segment="enterprise")
    factories.account("Child", owner=alice, parent=parent, segment="enterprise")
    factories.subscription(parent, 10, "2024-01-01")
    client = sign_in(administrator)

    def asked(query):
        return whose(client.get(f"/metrics/mrr/?{query}"))

    assert asked("").startswith("All accounts. Filters")
    of_all = "All accounts, filtered by"
    both = asked(f"segment=enterprise&owner={alice.pk}")
    assert both.startswith(f"{of_all} Segment: enterprise · Owner: Alice. Filters")
    assert asked("tenure=90&logos=on").startswith(
        f"{of_all} Customers for at most so many days: 90. A group of companies counts once."
    )
    assert asked("cohort=2024-01").startswith(f"{of_all} Start month: Jan 2024.")
    assert asked(f"group={parent.pk}").startswith(f"{of_all} Group of companies: Group.")
    hers = whose(sign_in(alice).get("/metrics/mrr/?segment=enterprise"))
    assert hers.startswith("The accounts that you may see, filtered by Segment: enterprise.")


@pytest.mark.parametrize(
    "query", ["industry=Construction", "by=industry", "segment=large&by=tier&and_by=industry"]
)
def test_answer_says_what_is_read_as_it_is_now(sign_in, administrator, query):
    account = factories.account(industry="Construction", segment="large")
    factories.subscription(account, 10, "2024-01-01")

    said = whose(sign_in(administrator).get(f"/metrics/mrr/?as_of=2024-12-31&{query}"))

    now = "Read as they are now, since their past is not kept: industry."
    assert said.endswith(f"{now} All others are read as they were on 31 Dec 2024.")


def test_answer_says_what_is_read_as_it_was(sign_in, administrator):
    factories.subscription(factories.account(segment="large"), 10, "2024-01-01")

    said = whose(sign_in(administrator).get("/metrics/mrr/?as_of=2024-12-31&segment=large&by=tier"))

    assert said.endswith("large. Filters and splits are read as they were on 31 Dec 2024.")


def test_metric_refuses_names_that_it_does_not_know(sign_in, administrator):
    account = factories.account(segment="large")
    client = sign_in(administrator)

    for page in ("", "trend/", "rows/", f"rows/{account.pk}/", "rows/export.csv"):
        for query in ("segmnt=large", "segment=large&account=1", "return_days=7"):
            response = client.get(f"/metrics/mrr/{page}?{query}")
            assert response.status_code == 400, (page, query)
            name = query.partition("&")[2] or query
            said = f"There is no filter “{name.partition('=')[0]}”. Use one of: stage, segment, tier, "
            assert said in response.content.decode(), (page, query)
    assert client.get("/metrics/mrr/?page=1").status_code == 400
    assert client.get("/metrics/mrr/rows/?page=1").status_code == 200


ADDRESS = re.compile(r'(?:href|hx-get|src)="([^"#]*)"')


def test_every_address_on_the_pages_of_a_metric_is_known(sign_in, administrator):
    for number in range(30):
        account = factories.account(f"Customer {number}", segment="large", tier="Gold")
        factories.subscription(account, 10, "2024-01-01")
    client = sign_in(administrator)
    asked = "segment=large&as_of=2026-01-31"
    start = (
        f"/metrics/mrr/?{asked}&by=tier&and_by=segment",
        f"/metrics/mrr/rows/?{asked}&page=2",
        f"/metrics/mrr/trend/?{asked}",
        f"/metrics/mrr/rows/{account.pk}/?{asked}",
        "/metrics/customer_churn_rate/?window=12m&logos=on&tenure=90",
        "/metrics/cohorts/?segment=large",
        "/accounts/?segment=large&sort=-mrr&columns=mrr&internal=on",
    )
    found = set()
    for page in start:
        response = client.get(page)
        assert response.status_code == 200, page
        addresses = [address.replace("&amp;", "&") for address in ADDRESS.findall(response.content.decode())]
        own = [f"{page.partition('?')[0]}{a}" if a.startswith("?") else a for a in addresses]
        found |= {
            address for address in own if address.startswith(("/metrics/", "/accounts/")) and "?" in address
        }

    wrong = {address: status for address in found if (status := client.get(address).status_code) != 200}
    assert len(found) > 15
    assert wrong == {}


def words_of(client, address):
    text = client.get(address).content.decode().partition('aria-label="Answer"')[2].partition("</section>")[0]
    return " ".join(re.sub("<[^>]+>", " ", text).split())


def test_no_value_says_why(sign_in, administrator):
    customer = factories.account()
    for day in ("2024-01-01", "2026-05-10"):
        factories.subscription(customer, 100, day)
    factories.expense("2026-06-01", 30, "sales")
    client = sign_in(administrator)
    zero = "There is nothing to divide by: what stands below the line is zero."

    assert zero in words_of(client, "/metrics/customer_acquisition_cost/?as_of=2026-06-30&window=month")
    assert zero in words_of(client, "/metrics/quick_ratio/?as_of=2026-06-30")
    churn = words_of(client, "/metrics/customer_churn_rate/?as_of=2020-06-30")
    assert "There is nothing to count it from: nobody and nothing is counted." in churn
    made_of = "It is made of other figures, and one of them has no value or is a zero to divide by."
    assert made_of in words_of(client, "/metrics/cac_payback_months/?as_of=2026-06-30")


def test_no_interval_says_why(sign_in, administrator):
    factories.subscription(factories.account(), 100, "2026-06-02")
    factories.expense("2026-06-01", 30, "sales")
    client = sign_in(administrator)

    cost = words_of(client, "/metrics/customer_acquisition_cost/?as_of=2026-06-30&window=month")
    assert "Totals of the whole company are divided, not a sample of accounts" in cost
    run_rate = words_of(client, "/metrics/arr/?as_of=2026-06-30")
    assert "It is made of other figures and has no interval of its own." in run_rate
    assert "A count of everything there is" in words_of(client, "/metrics/mrr/?as_of=2026-06-30")
    assert "A count of everything" not in cost + run_rate


def test_trend_without_a_value_says_why(sign_in, administrator, alice):
    lead = factories.lead("2026-06-01")
    client = sign_in(administrator)

    def said(address):
        return " ".join(client.get(address).content.decode().partition('id="trend-drawn"')[2].split())

    nothing = "There is no value on any of these days."
    waited = said(f"/metrics/time_to_convert/trend/?as_of={lead.first_interest + timedelta(days=9)}")
    assert (
        f"{nothing} Half of them have not reached it yet. "
        "There is nothing to count it from: nobody and nothing is counted." in waited
    )
    sign_in(alice)
    assert f"{nothing} This is a figure of the whole company; yours are" in said("/metrics/profit/trend/")


def test_what_nobody_wrote_down_is_not_said_to_be_none(sign_in, administrator):
    for fields in ({"reason": "price", "competitor": "Acme"}, {}):
        customer = factories.account(segment="")
        factories.subscription(customer, 10, "2024-01-01", "2026-01-10")
        factories.departure(customer, "2026-01-10", **fields)
    client = sign_in(administrator)

    def parts(by):
        response = client.get(f"/metrics/churn_by_reason/?as_of=2026-01-31&window=month&by={by}")
        return {name for (name,), *_rest in response.context["parts"]}

    assert parts("competitor") == {"Acme", "not recorded"}
    assert parts("reason") == {"price", "not recorded"}
    assert parts("segment") == {"none"}


def test_mrr_is_checked_against_revenue_per_account(sign_in, administrator):
    for price, segment in ((100, "small"), (50, "small"), (150, "large")):
        factories.subscription(factories.account(segment=segment), price, "2024-01-01")
    factories.account(segment="large")
    client = sign_in(administrator)

    def check(query):
        text = words_of(client, f"/metrics/mrr/?as_of=2026-06-30&{query}").replace("\xa0", " ")
        return text.partition("Check ")[2].partition(" Whose")[0]

    named = "Revenue per account × Paying customers :"
    assert check("") == f"{named} $100.00 × 3 = $300.00"
    assert check("segment=small") == f"{named} $75.00 × 2 = $150.00"
    assert check("tenure=90") == ""  # nobody to divide by
    assert "Check " not in words_of(client, "/metrics/arpa/")
