"""The list of accounts, and the file of it."""

import pytest
from django.utils import timezone

from accounts.merges import merge_accounts
from accounts.models import Account, Organisation
from metrics.account_list import Ordered
from metrics.models import CurrentValue
from tests import factories
from tests.metrics.views.viewing import definition, names, rows_of_csv, value

pytestmark = pytest.mark.django_db


def test_list_shows_the_accounts_of_the_reader_and_of_her_teams(sign_in, alice, team, charlie):
    factories.account("Own", owner=alice)
    factories.account("Team's", team=team)
    factories.account("Charlie's", owner=charlie)

    response = sign_in(alice).get("/accounts/")

    assert names(response) == ["Own", "Team's"]
    assert "Charlie&#x27;s" not in response.content.decode()


def test_list_costs_fifteen_queries_for_one_and_three_rows(
    sign_in, alice, computed, django_assert_num_queries
):
    value(factories.account("First", owner=alice), "mrr", 10)
    client = sign_in(alice)
    client.get("/accounts/?sort=-mrr")  # what there is to filter by is kept for a minute

    with django_assert_num_queries(15):
        assert len(names(client.get("/accounts/?sort=-mrr"))) == 1
    for name, amount in (("Second", 20), ("Third", 30)):
        value(factories.account(name, owner=alice), "mrr", amount)
    with django_assert_num_queries(15):
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


def test_who_was_merged_finds_the_survivor_and_the_row_says_so(sign_in, alice):
    survivor = factories.account("Najm", owner=alice, website="https://najm.example")
    loser = factories.account("Falak Trading", website="https://www.falak.example/en")
    loser.contacts.create(name="Sara Haddad", email="sara@falak.example")
    factories.account("Other", owner=alice)
    merge_accounts(loser, survivor, by=alice)
    loser.keys.create(source="late", value="F-9")
    client = sign_in(alice)

    said = {}
    for words in ("falak", "falak.example", "Najm", "najm.example", "haddad", "F-9"):
        response = client.get("/accounts/", {"q": words})
        assert names(response) == ["Najm"], words
        said[words] = [row.found_by for row in response.context["rows"]]
        is_said = "found by <bdi>Falak Trading</bdi>, which was merged into it" in response.content.decode()
        assert is_said is words.startswith("falak")

    assert said == {words: ["Falak Trading" if words.startswith("falak") else ""] for words in said}


def test_search_costs_fifteen_queries_for_one_and_two_merged(sign_in, alice, django_assert_num_queries):
    survivor = factories.account("Najm", owner=alice)
    for number in range(2):
        factories.account(f"Falak {number}", merged_into=survivor)
    client = sign_in(alice)
    client.get("/accounts/?q=najm")

    with django_assert_num_queries(15):
        assert names(client.get("/accounts/?q=falak")) == ["Najm"]


def test_import_is_offered_to_whoever_may_import_accounts(sign_in, alice, administrator):
    offered = 'href="/imports/new/?resource=accounts"'

    assert offered in sign_in(administrator).get("/accounts/").content.decode()
    assert offered not in sign_in(alice).get("/accounts/").content.decode()


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
        ("columns=exit_rate", "Columns"),  # of one page at a time: nobody has a value
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


def test_list_refuses_names_that_it_does_not_know(sign_in, alice):
    for page in ("", "export.csv"):
        response = sign_in(alice).get(f"/accounts/{page}?segmnt=SMB")
        assert response.status_code == 400
        assert "There is no filter “segmnt”. Use one of: stage, " in response.content.decode()
