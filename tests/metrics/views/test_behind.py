"""What is behind a figure: accounts, their facts, and the file of them."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Order
from metrics import questions
from tests import factories
from tests.metrics.doing import act, contact, visit
from tests.metrics.views.viewing import rows_of_csv

pytestmark = pytest.mark.django_db


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


def test_rows_say_that_whoever_is_at_several_accounts_counts_once(sign_in, alice):
    for name in ("Najm", "Nour"):
        act(contact(factories.account(name, owner=alice), email="sara@example.com"), "2026-01-20")
    client = sign_in(alice)

    def read(path, **asked):
        return client.get(f"/metrics/monthly_active_users/{path}", {"as_of": "2026-01-31"} | asked)

    once, each = (read("rows/", persons=persons) for persons in ("distinct", "each"))

    assert [float(share.numerator) for share in once.context["behind"].shares] == [1.0, 1.0]
    assert "and once in the figure" in once.content.decode()
    assert "and once in the figure" not in each.content.decode()
    assert [read("", persons=p).context["answer"].value for p in ("distinct", "each")] == [1, 2]


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

    response = sign_in(alice).get("/metrics/mrr/rows/?page=2&segment=")

    behind = response.context["behind"]
    assert (behind.shares, behind.count, behind.total.numerator) == ([], 1, 10)
    page = response.content.decode()
    assert "There is no such page: the last one is" in page
    assert 'href="/metrics/mrr/rows/?page=1&amp;segment=">Show the last page' in page
    assert "No account counts in it." not in page


def test_rows_come_in_pages_and_as_a_fragment(sign_in, alice):
    for number in range(30):
        factories.subscription(factories.account(f"Customer {number}", owner=alice), number + 1, "2024-01-01")
    client = sign_in(alice)

    response = client.get("/metrics/mrr/rows/?page=2", headers={"HX-Request": "true"})

    assert len(response.context["behind"].shares) == 5
    assert response.content.decode().strip().startswith('<div id="rows"')
    assert client.get("/metrics/mrr/rows/?page=0").status_code == 400


def test_rows_cost_thirteen_queries_for_one_and_three(sign_in, administrator, django_assert_num_queries):
    client = sign_in(administrator)
    factories.subscription(factories.account("First"), 10, "2024-01-01")
    client.get("/metrics/mrr/rows/")

    with django_assert_num_queries(13):
        client.get("/metrics/mrr/rows/")
    for name in ("Second", "Third"):
        factories.subscription(factories.account(name), 10, "2024-01-01")
    with django_assert_num_queries(13):
        client.get("/metrics/mrr/rows/")


def test_rows_say_when_their_facts_were_recorded(sign_in, alice):
    account = factories.account(owner=alice)
    for recorded in ("2026-03-29 10:00", "2026-03-31 10:01", "2026-03-31 10:01"):
        order = factories.order(account, "2026-03-29 10:00")
        Order.objects.filter(pk=order.pk).update(recorded_at=factories.at(recorded))

    page = sign_in(alice).get("/metrics/orders/rows/?as_of=2026-03-31").content.decode()

    assert ">2</bdi> facts behind it were recorded more than a day after they happened." in page
    assert ">1</bdi> fact behind it was imported as known since it happened." in page


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

    ((listed,),) = (measure.listed for measure in measures)
    assert sum(float(counted) for _text, _day, counted in listed.facts) == listed.total == 30.0
    assert sign_in(charlie).get(address).status_code == 404


def test_facts_begin_with_what_the_account_contributes(sign_in, alice):
    account = factories.account("Najm", owner=alice, segment="small")
    factories.account("Large", owner=alice, segment="large")
    for day, hours in (("2026-01-10", 43), ("2026-01-20", 5)):
        factories.resolved_ticket(account, f"{day} 00:00", hours=hours)
    client = sign_in(alice)

    def contributed(query):
        response = client.get(f"/metrics/time_to_resolution/rows/{account.pk}/?as_of=2026-01-31{query}")
        page = (
            response.content.decode().replace("\xa0", " ").partition("What this account contributes</h2>")[2]
        )
        return response.context["share"], page.partition("</section>")[0]

    (share, words), (nothing, otherwise) = contributed(""), contributed("&segment=large")

    assert (share.numerator, share.denominator) == (48, 2)
    above, below = words.partition("<dt>Below the line</dt>")[::2]
    assert ">2 d</bdi>" in above
    assert ">2</bdi>" in below
    assert "2 Jan 2026" in words
    assert nothing is None
    assert "this account does not count in the figure" in otherwise


def test_facts_of_a_derived_metric_begin_with_a_share_in_its_part(sign_in, alice):
    account = factories.account(owner=alice)
    factories.subscription(account, 10, "2024-01-01")

    page = sign_in(alice).get(f"/metrics/arr/rows/{account.pk}/").content.decode()

    contributed = page.partition("What this account contributes</h2>")[2].partition("</section>")[0]
    assert ">MRR · <time" in contributed
    assert "$10.00" in contributed
    assert "Below the line" not in contributed


def test_facts_stand_under_the_name_of_their_measure(sign_in, alice):
    account = factories.account(owner=alice)
    factories.resolved_ticket(account, "2026-01-10 00:00", hours=43)
    address = f"/metrics/time_to_resolution/rows/{account.pk}/?as_of=2026-01-31"

    english = sign_in(alice).get(address).content.decode()
    alice.language = "ar"
    alice.save()
    arabic = sign_in(alice).get(address).content.decode()

    assert ">Hours to the last resolution</h2>" in english
    assert ">الساعات حتى آخر حل</h2>" in arabic
    assert "hours_to_resolution" not in english + arabic


def test_facts_say_who_did_what(sign_in, alice):
    najm = factories.account("Najm", owner=alice)
    old, sara = contact(najm, "S."), contact(najm)
    old.merged_into = sara
    old.save()
    act(old, "2026-03-30", "Feature Used", "reports")
    visit(None, "2026-03-29 10:00", left="/bye", entry="/home", account=najm)
    client = sign_in(alice)

    page = client.get(f"/metrics/monthly_active_users/rows/{najm.pk}/?as_of=2026-03-31").content.decode()
    visits = client.get(f"/metrics/sessions/rows/{najm.pk}/?as_of=2026-03-31").content.decode()

    words = [re.sub("<[^>]+>", "", fact) for fact in re.findall('<th scope="row">(.*?)</th>', page + visits)]
    assert "Sara · Feature Used · reports" in words
    assert "unknown person · /home" in words
    assert "S. ·" not in page


def test_a_stage_is_not_said_to_count_for_the_number_of_its_day(sign_in, alice):
    account = factories.account(owner=alice, stage="live", since="2025-01-01")

    page = sign_in(alice).get(f"/metrics/customers/rows/{account.pk}/?as_of=2026-03-31").content.decode()

    counted = page.partition(">Live</bdi>")[2].partition("1 Jan 2025</time></td>")[2].partition("</td>")[0]
    assert counted.rpartition('">')[2] == "1</bdi>"


@pytest.fixture
def grown(alice):
    """From 10 to 30 a month in February."""
    account = factories.account(owner=alice)
    factories.subscription(account, 10, "2024-01-01")
    factories.subscription(account, 20, "2026-02-10")
    return account


EXPANSION = "as_of=2026-03-31&window=2025-12-01..2026-03-31"


def test_days_on_which_a_measure_counted_the_same_are_listed_once(sign_in, alice, grown):
    response = sign_in(alice).get(f"/metrics/mrr_expansion/rows/{grown.pk}/?{EXPANSION}")

    (mrr, *others), page = response.context["measures"], response.content.decode()
    assert [(listed.total, [f"{day:%d.%m.%y}" for day in listed.days]) for listed in mrr.listed] == [
        (30, ["31.03.26", "28.02.26"]),
        (10, ["31.01.26", "31.12.25", "30.11.25"]),
    ]
    assert [len(listed.facts) for listed in mrr.listed] == [2, 1]
    assert {measure.readings for measure in (mrr, *others)} <= {4, 5}
    assert page.count('<details class="fold"') == sum(len(measure.listed) for measure in (mrr, *others))
    assert "the same on" in page


def test_days_of_facts_in_another_currency_name_their_rates(sign_in, alice):
    account = factories.account(owner=alice)
    factories.subscription(account, 10, "2024-01-01", currency="EUR")
    for day, rate in (("2025-11-01", 1), ("2026-02-15", 2)):
        factories.rate("EUR", day, rate)

    response = sign_in(alice).get(f"/metrics/mrr_expansion/rows/{account.pk}/?{EXPANSION}")

    mrr = response.context["measures"][0]
    assert [(listed.total, f"{listed.rates:%d.%m.%y}", len(listed.days)) for listed in mrr.listed] == [
        (20, "28.02.26", 2),
        (10, "31.01.26", 2),
        (10, "31.12.25", 2),
        (10, "30.11.25", 2),
    ]
    assert "at the exchange rates of" in response.content.decode()


def test_what_nothing_was_counted_of_is_named_in_a_line(sign_in, alice):
    account = factories.account(owner=alice)
    factories.subscription(account, 10, "2026-02-10")

    response = sign_in(alice).get(f"/metrics/mrr_expansion/rows/{account.pk}/?{EXPANSION}")

    page = response.content.decode().replace("\xa0", " ")
    before = page.partition("None was counted:")[2].partition("</p>")[0]
    assert [day in before for day in ("31 Jan 2026", "31 Dec 2025", "30 Nov 2025")] == [True] * 3
    never = page.partition("Nothing was counted of these")[2].partition("</section>")[0]
    assert "Orders so far: " in never
    assert "the same on" in never


def test_facts_beyond_those_listed_are_in_the_total(sign_in, alice):
    account = factories.account(owner=alice)
    for number in range(questions.FACTS + 2):
        factories.payment(account, number, "2026-03-05")

    revenue, *_none = (
        sign_in(alice).get(f"/metrics/profit/rows/{account.pk}/?{EXPANSION}").context["measures"]
    )

    (listed,) = revenue.listed
    assert (len(listed.facts), listed.count, listed.total) == (questions.FACTS, 52, sum(range(52)))


def test_facts_cost_the_same_queries_for_one_and_three(sign_in, alice, grown, django_assert_num_queries):
    client = sign_in(alice)
    address = f"/metrics/mrr_expansion/rows/{grown.pk}/?{EXPANSION}"
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        client.get(address)

    for price in (5, 6, 7):
        factories.subscription(grown, price, "2024-01-01")

    with django_assert_num_queries(len(captured)):
        client.get(address)


def test_facts_reject_bad_questions(sign_in, alice):
    account = factories.account(owner=alice)

    assert sign_in(alice).get(f"/metrics/mrr/rows/{account.pk}/?as_of=soon").status_code == 400


def test_rows_count_accounts_and_name_what_has_none(sign_in, administrator):
    for price in (10, 20):
        factories.payment(factories.account(), price, "2026-06-10")
    client = sign_in(administrator)

    def foot():
        page = client.get("/metrics/profit/rows/?as_of=2026-06-30").content.decode()
        return " ".join(re.sub("<[^>]+>", "", page.partition("<tfoot>")[2].partition("</th>")[0]).split())

    assert foot() == "2 accounts together"
    factories.expense("2026-06-01", 5, "other")
    assert foot() == "2 accounts together with what has no account"
    assert client.get("/metrics/profit/rows/?as_of=2026-06-30").context["page"].paginator.count == 3


def test_an_export_is_in_the_reader_s_language_and_names_what_has_no_account(sign_in, administrator):
    administrator.language = "ar"
    administrator.save()
    for account in (None, factories.account("Najm")):
        factories.ticket(account, [("opened", "2026-01-10 09:00"), ("resolved", "2026-01-10 11:00")])

    response = sign_in(administrator).get("/metrics/time_to_resolution/rows/export.csv?as_of=2026-01-31")

    header, *rows = rows_of_csv(response)
    assert header[2:] == ["متوسط وقت الحل: البسط (ساعات)", "المقام"]
    assert sorted(row[1] for row in rows) == ["Najm", "بلا حساب"]


def test_rows_of_one_page_of_the_web_come_in_pages_too(sign_in, administrator):
    customer = factories.account()
    act(contact(customer), "2026-06-10", "Page", "/prices")
    asked = {"as_of": "2026-06-30", "metric_page": "/prices", "page": "1"}

    response = sign_in(administrator).get("/metrics/exit_rate/rows/", asked)

    assert [share.account for share in response.context["behind"].shares] == [customer]
    assert dict(response.context["answer"].parameters) == {"page": "/prices"}
