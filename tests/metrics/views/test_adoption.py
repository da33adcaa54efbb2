"""Which features are used, by whom, and who has one and never used it."""

import html
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import ActivityDay, Contact, Feature, Organisation, Plan, PlanFeature
from tests import factories
from tests.factories import plain
from tests.metrics.views.viewing import rows_of_csv

pytestmark = pytest.mark.django_db


def ago(days):
    return Organisation.current().today(timezone.now()) - timedelta(days=days)


def did(contact, days, name="Feature Used", **fields):
    given = {"account": contact.account, "contact": contact, "day": ago(days), "name": name}
    return plain(ActivityDay, **given | fields)


def customer(name, plan, owner, since=400):
    account = factories.account(name, owner=owner)
    factories.subscription(account, 100, ago(since), plan=plan)
    return account


def rows_of(response):
    return {str(row.feature): row for row, _people in response.context["rows"]}


def people_of(response):
    return {str(row.feature): people.answer for row, people in response.context["rows"]}


@pytest.fixture
def plan(db):
    return plain(Plan)


@pytest.fixture
def reports(plan):
    feature = Feature.objects.create(code="reports", name={"en": "Reports", "ar": "التقارير"})
    PlanFeature.objects.create(plan=plan, feature=feature)
    return feature


@pytest.fixture
def exports(plan):
    feature = Feature.objects.create(code="exports", name={"en": "Exports"})
    PlanFeature.objects.create(plan=plan, feature=feature)
    return feature


@pytest.fixture
def three(alice, charlie, plan, reports, exports):
    """Two of Alice's and one of Charlie's: at Najm one of two active people used the reports, Barq once did."""
    najm, barq = customer("Najm", plan, alice), customer("Barq", plan, alice)
    his = customer("His", plan, charlie)
    sara, omar = (plain(Contact, account=najm, name=name) for name in ("Sara", "Omar"))
    did(sara, 3, object="reports")
    did(omar, 2, "Signed In")
    did(plain(Contact, account=barq, name="Huda"), 100, object="reports")
    did(plain(Contact, account=his, name="Ziad"), 1, object="exports")
    return najm, barq, his


def test_adoption_counts_accounts_and_people(sign_in, alice, three):
    response = sign_in(alice).get("/metrics/adoption/")

    reports = rows_of(response)["Reports"]
    assert (reports.eligible, reports.used, reports.never) == (2, 1, 0)
    assert (reports.first, reports.last) == (ago(100), ago(3))
    exports = rows_of(response)["Exports"]
    assert (exports.eligible, exports.used, exports.never, exports.first) == (2, 0, 2, None)
    assert (people_of(response)["Reports"].numerator, people_of(response)["Reports"].denominator) == (1, 2)
    assert [str(row.feature) for row in response.context["never"]] == ["Exports"]


def test_adoption_is_that_of_its_metric(sign_in, administrator, three):
    client = sign_in(administrator)
    page = client.get("/metrics/adoption/?window=90d")
    metric = "/metrics/feature_adoption_rate/?window=90d"

    for name, code in (("Reports", "reports"), ("Exports", "exports")):
        answer = client.get(f"{metric}&feature={code}").context["answer"]
        shown = people_of(page)[name]
        assert (shown.value, shown.numerator, shown.denominator) == (
            answer.value,
            answer.numerator,
            answer.denominator,
        )
    assert page.context["whole"].answer.value == client.get(metric).context["answer"].value


def test_adoption_is_of_the_accounts_that_the_reader_may_see(sign_in, charlie, three):
    response = sign_in(charlie).get("/metrics/adoption/")

    reports = rows_of(response)["Reports"]
    assert (reports.eligible, reports.used, reports.first) == (1, 0, None)
    assert rows_of(response)["Exports"].used == 1
    assert "The accounts that you may see." in response.content.decode()


def test_adoption_by_new_customers_only(sign_in, alice, plan, three):
    customer("Fresh", plan, alice, since=10)

    response = sign_in(alice).get("/metrics/adoption/?new=on")

    assert rows_of(response)["Reports"].eligible == 1


def test_use_of_a_merged_account_is_its_survivors(sign_in, alice, three):
    najm, barq, _his = three
    barq.merged_into = najm
    barq.save()

    reports = rows_of(sign_in(alice).get("/metrics/adoption/"))["Reports"]

    assert (reports.eligible, reports.used, reports.first) == (1, 1, ago(100))


def test_what_a_machine_does_is_no_use(sign_in, alice, three):
    najm, _barq, _his = three
    did(najm.contacts.get(name="Sara"), 1, object="exports", machine=True)

    assert rows_of(sign_in(alice).get("/metrics/adoption/"))["Exports"].is_never_used


def test_features_are_sorted_as_asked(sign_in, alice, three):
    client = sign_in(alice)

    assert list(rows_of(client.get("/metrics/adoption/"))) == ["Reports", "Exports"]
    assert list(rows_of(client.get("/metrics/adoption/?sort=name"))) == ["Exports", "Reports"]


def test_features_are_sorted_by_how_many_used_them(sign_in, alice, plan, three):
    rare = Feature.objects.create(code="rare", name={"en": "Rare"})
    basic = Plan.objects.create(code="rare")
    PlanFeature.objects.create(plan=basic, feature=rare)
    PlanFeature.objects.create(plan=basic, feature=Feature.objects.get(code="reports"))
    for name in ("A", "B"):
        did(plain(Contact, account=customer(name, plan, alice), name=name), 1, object="reports")
    for name in ("C", "D"):
        customer(name, plan, alice)
    did(plain(Contact, account=customer("E", basic, alice), name="E"), 1, object="rare")

    rows = rows_of(sign_in(alice).get("/metrics/adoption/"))

    assert [(name, row.used, row.eligible) for name, row in rows.items()] == [
        ("Reports", 3, 7),
        ("Rare", 1, 1),
        ("Exports", 0, 6),
    ]


def test_what_is_filtered_here_is_filtered_on_the_page_of_the_metric(sign_in, alice, reports, three):
    client = sign_in(alice)

    for place, query, asked in (
        ("", "segment=&stage=live&window=90d&new=on", "?window=90d&amp;stage=live&amp;tenure=90"),
        (f"{reports.pk}/", "stage=live", "?window=30d&amp;stage=live&amp;feature=reports"),
    ):
        page = client.get(f"/metrics/adoption/{place}?{query}").content.decode()
        assert f'"/metrics/feature_adoption_rate/{asked}"' in page
        assert client.get(f"/metrics/feature_adoption_rate/{html.unescape(asked)}").status_code == 200


def test_months_and_windows_are_asked_in_any_digits(sign_in, alice, three):
    form = sign_in(alice).get("/metrics/adoption/?cohort=٢٠٢٥-٠١&window=۹۰d&tenure=٩٠").context["form"]

    assert form.errors == {}
    assert (form.cleaned_data["cohort"], form.asked_window, form.shown_window) == ("2025-01", "90d", "90d")
    assert form["cohort"].value() == "2025-01"


def test_a_feature_lists_who_has_it_and_never_used_it(sign_in, alice, exports, three):
    response = sign_in(alice).get(f"/metrics/adoption/{exports.pk}/")

    assert [(row.name, row.people) for row in response.context["page"]] == [("Najm", 2), ("Barq", 0)]
    assert "His" not in response.content.decode()


def test_a_feature_that_all_have_used_lists_nobody(sign_in, alice, reports, three):
    response = sign_in(alice).get(f"/metrics/adoption/{reports.pk}/")

    assert list(response.context["page"]) == []
    assert "Every account that has it has used it." in response.content.decode()
    assert response.context["series"][0]["values"][-1] == 1


def test_who_never_used_it_is_paged(sign_in, alice, plan, exports):
    for number in range(51):
        customer(f"Customer {number:02}", plan, alice)

    response = sign_in(alice).get(f"/metrics/adoption/{exports.pk}/?page=2")

    assert [row.name for row in response.context["page"]] == ["Customer 50"]


def test_adoption_is_exported(sign_in, alice, exports, three):
    client = sign_in(alice)

    assert rows_of_csv(client.get("/metrics/adoption/export.csv?sort=name"))[1:] == [
        ["exports", "Exports", "2", "0", "2", "0", "2", "0", "", ""],
        ["reports", "Reports", "2", "1", "0", "1", "2", "0.5", str(ago(100)), str(ago(3))],
    ]
    lines = rows_of_csv(client.get(f"/metrics/adoption/{exports.pk}/export.csv"))[1:]
    assert [line[1:] for line in lines] == [
        ["Najm", "Alice", "2", str(ago(2))],
        ["Barq", "Alice", "0", ""],
    ]


def test_adoption_without_features_says_so(sign_in, alice):
    assert "There are no features yet" in sign_in(alice).get("/metrics/adoption/").content.decode()


def test_adoption_of_nobody_is_shown(sign_in, charlie, reports):
    response = sign_in(charlie).get("/metrics/adoption/?stage=churned")

    assert rows_of(response)["Reports"].eligible == 0


def test_adoption_refuses_what_cannot_be(sign_in, alice, reports):
    client = sign_in(alice)
    for query in ("window=31d", "sort=luck", "page=0", "segment=None", "segmnt=SMB", "tenure=x"):
        for place in ("", "export.csv", f"{reports.pk}/", f"{reports.pk}/export.csv"):
            assert client.get(f"/metrics/adoption/{place}?{query}").status_code == 400
    assert client.get("/metrics/adoption/999/").status_code == 404


def test_adoption_costs_the_same_for_one_and_three(sign_in, alice, plan, django_assert_max_num_queries):
    client = sign_in(alice)
    customer("Idle", plan, alice)
    counts = []
    for names in (("A",), ("B", "C")):
        for name in names:
            feature = Feature.objects.create(code=name)
            PlanFeature.objects.create(plan=plan, feature=feature)
            did(plain(Contact, account=customer(name, plan, alice), name=name), 1, object=name)
        for place in ("", f"{Feature.objects.get(code='A').pk}/"):
            client.get(f"/metrics/adoption/{place}")
            with django_assert_max_num_queries(100) as queries:
                client.get(f"/metrics/adoption/{place}")
            counts.append(len(queries))

    assert counts[:2] == counts[2:]


def test_adoption_in_arabic(sign_in, alice, three):
    alice.language = "ar"
    alice.save()

    assert "التقارير" in sign_in(alice).get("/metrics/adoption/").content.decode()
