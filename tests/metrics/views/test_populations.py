"""Pages of populations: who finds which, what they show, how one is written."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Contact, Membership, Population
from metrics import memberships
from metrics.memberships import Asking
from tests.factories import account, asks, attribute, organisation, population
from tests.metrics.views.viewing import rows_of_csv, value

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 17, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today(db, time_machine):
    time_machine.move_to(NOW, tick=False)
    organisation()


@pytest.fixture(autouse=True)
def _roles(alice, bob, charlie):
    for user in (alice, bob, charlie):
        user.groups.add(Group.objects.get(name="CSM"))


def refreshed(*conditions, at=NOW, **fields):
    saved = population(*conditions, **fields)
    memberships.refresh(saved, Asking(at))
    return saved


def text(response):
    return " ".join(response.content.decode().split())


def names(response):
    return [row.account.name for row in response.context["rows"]]


# Who finds which


def test_private_one_exists_for_its_maker_alone(sign_in, alice, bob, charlie):
    hers = population(by=alice, shared=False)

    for address in ("", "edit/", "export.csv"):
        assert sign_in(alice).get(f"/populations/{hers.pk}/{address}").status_code == 200
        for other in (bob, charlie):
            assert sign_in(other).get(f"/populations/{hers.pk}/{address}").status_code == 404
    assert sign_in(bob).get(f"/populations/new/?copy={hers.pk}").status_code == 404
    assert [row[0] for row in sign_in(alice).get("/populations/").context["listed"]] == [hers]
    assert sign_in(bob).get("/populations/").context["listed"] == []


def test_shared_one_shows_each_reader_the_members_they_may_see(sign_in, alice, bob, charlie, team):
    account("Alice's", owner=alice)
    account("Team's", team=team)
    saved = refreshed(by=alice)

    seen = {user: sign_in(user).get(saved.get_absolute_url()) for user in (alice, bob, charlie)}

    assert {user: names(page) for user, page in seen.items()} == {
        alice: ["Alice's", "Team's"],
        bob: ["Team's"],
        charlie: [],
    }
    assert {user: page.context["series"][0]["values"] for user, page in seen.items()} == {
        alice: [2],
        bob: [1],
        charlie: [0],
    }
    assert [len(page.context["entered"]) for page in seen.values()] == [2, 1, 0]
    listed = [sign_in(user).get("/populations/").context["listed"][0][2] for user in (alice, bob, charlie)]
    assert listed == [2, 1, 0]


def test_shared_one_is_changed_by_its_maker_and_by_managers(sign_in, alice, bob):
    saved = population(by=alice)
    manager = bob

    refused = sign_in(bob).get(f"/populations/{saved.pk}/edit/").status_code
    manager.groups.set([Group.objects.get(name="CS manager")])

    assert refused == 403
    assert sign_in(alice).get(f"/populations/{saved.pk}/edit/").status_code == 200
    assert sign_in(manager).get(f"/populations/{saved.pk}/edit/").status_code == 200


def test_who_only_reads_makes_none(sign_in, alice):
    alice.groups.set([Group.objects.get(name="Executive")])

    assert sign_in(alice).get("/populations/new/").status_code == 403
    assert "New population" not in text(sign_in(alice).get("/populations/"))


# What is shown


def test_list_says_the_sentence_the_size_and_the_change(sign_in, administrator):
    for name in ("One", "Two"):
        account(name, segment="large")
    saved = refreshed(("segment", ["large", ""]), at=NOW - timedelta(days=40))
    account("Three", segment="large")
    memberships.refresh(saved, Asking(NOW - timedelta(days=1)))

    response = sign_in(administrator).get("/populations/")

    ((found, sentence, size, before),) = response.context["listed"]
    assert (found, sentence) == (saved, "Accounts where segment is large or none.")
    assert (size, before) == (3, 2)
    assert "50" in text(response)


def test_list_costs_the_same_for_one_and_for_three(sign_in, administrator, django_assert_num_queries):
    account("One", owner=administrator)
    conditions = [
        ("owner", administrator.pk),
        ("segment", ["", "large"]),
        asks("metric.mrr", "1", is_="at_least"),
    ]
    refreshed(*conditions)
    client = sign_in(administrator)
    client.get("/populations/")

    with django_assert_num_queries(8):
        client.get("/populations/")
    for name in ("Second", "Third"):
        refreshed(*conditions, name=name)
    with django_assert_num_queries(8):
        client.get("/populations/")


def test_page_costs_the_same_for_one_member_and_for_three(sign_in, administrator):
    account("One", owner=administrator)
    saved = refreshed()
    client = sign_in(administrator)

    def queries():

        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert client.get(saved.get_absolute_url()).status_code == 200
        return len(asked)

    queries()
    of_one = queries()
    for name in ("Two", "Three"):
        account(name, owner=administrator)
    memberships.refresh(saved, Asking(NOW))

    assert queries() == of_one


def test_archived_ones_are_listed_apart(sign_in, administrator):
    old = population(name="Old", archived=True)
    new = population(name="New")

    def listed(query):
        return [row[0] for row in sign_in(administrator).get(f"/populations/{query}").context["listed"]]

    assert listed("") == [new]
    assert listed("?archived=on") == [old]


def test_page_says_who_came_and_went_and_why(sign_in, administrator):
    account("Stays", segment="large")
    account("Goes", segment="large")
    saved = refreshed(("segment", "large"), at=NOW - timedelta(days=40))
    Account.objects.filter(name="Goes").update(segment="small")
    account("Comes", segment="large")
    memberships.refresh(saved, Asking(NOW - timedelta(days=2)))

    response = sign_in(administrator).get(saved.get_absolute_url())

    assert names(response) == ["Comes", "Stays"]
    assert [(str(row.account), why) for row, _at, why in response.context["entered"]] == [
        ("Comes", "segment")
    ]
    assert [(str(row.account), why) for row, _at, why in response.context["left"]] == [("Goes", "segment")]
    assert response.context["series"][0]["values"] == [2] * 41
    assert len(response.context["days"]) == 41


def test_contact_that_enters_or_leaves_is_shown_with_its_account(sign_in, administrator):
    Contact.objects.create(account=account("One"), name="Sara", role="admin")
    saved = refreshed(("role", "admin"), kind="contacts")
    Contact.objects.update(role="user")
    memberships.refresh(saved, Asking(NOW))

    response = sign_in(administrator).get(saved.get_absolute_url())

    ((row, _at, why),) = response.context["left"]
    assert (str(row.contact), row.contact.account.name, why) == ("Sara", "One", "role")
    assert "Nobody whom you may see is in it." in text(response)


def test_trend_has_few_points_however_old_it_is(sign_in, administrator):
    saved = refreshed(at=NOW - timedelta(days=1000))

    days = sign_in(administrator).get(saved.get_absolute_url()).context["days"]

    assert days[-1] == NOW.date()
    assert 50 < len(days) < 62


def test_population_of_contacts_lists_people(sign_in, alice, charlie):
    one = account("One", owner=alice)
    Contact.objects.create(account=one, name="=Sara", role="admin", email="sara@example.com", language="ar")
    saved = refreshed(("role", "admin"), kind="contacts")

    response = sign_in(alice).get(saved.get_absolute_url())
    rows = rows_of_csv(sign_in(alice).get(f"/populations/{saved.pk}/export.csv"))

    assert "Contacts where role is Administrator." in text(response)
    assert [str(contact) for contact in response.context["page"]] == ["=Sara"]
    assert [row[1:] for row in rows[1:]] == [["'=Sara", "sara@example.com", "One", "Administrator", "ar"]]
    assert list(sign_in(charlie).get(saved.get_absolute_url()).context["page"]) == []


def test_export_has_the_columns_of_the_list_of_accounts(sign_in, administrator, computed):
    value(account("One", segment="large"), "mrr", 10)
    account("Two", segment="small")
    saved = refreshed(("segment", "large"))

    rows = rows_of_csv(sign_in(administrator).get(f"/populations/{saved.pk}/export.csv"))

    assert rows[0][:4] == ["id", "Name", "Stage", "Segment"]
    assert [row[1] for row in rows[1:]] == ["One"]


def test_one_that_waits_for_values_says_so(sign_in, administrator):
    saved = population(asks("metric.mrr", "1", is_="at_least"))

    assert "Its members have not been found yet" in text(sign_in(administrator).get(saved.get_absolute_url()))


@pytest.mark.parametrize("query", ["?page=one", "?archived=on&page=0"])
def test_address_that_cannot_be_read_is_said(sign_in, administrator, query):
    assert sign_in(administrator).get(f"/populations/{query}").status_code == 400


def test_sentences_are_said_in_the_readers_language(sign_in, administrator):
    attribute("modules", "choices", choices=["crm"])
    saved = population(
        ("attribute.modules", "crm"),
        ("stage", ["live", "churned"]),
        ("internal", "false"),
        asks("metric.mrr", "1000.5", is_="at_least"),
        asks("metric.tickets", "5", is_="at_most", window="90d"),
        asks("metric.ticket_reopen_rate", "25", is_="at_least"),
        asks("metric.time_to_resolution", is_="no_value"),
    )
    client = sign_in(administrator)

    english = text(client.get(saved.get_absolute_url()))
    administrator.language = "ar"
    administrator.save()
    arabic = text(client.get(saved.get_absolute_url()))

    assert (
        "Accounts where Modules is Crm, and stage is Live or Churned, and test or internal is no, and MRR is at least"
        " 1,000.5 USD, and Tickets over 90d is at most 5, and Reopen rate is at least 25%, and "
    ) in english
    assert "has no value." in english
    assert "·modules·: ·crm·" in arabic
    assert "لا يقل عن" in arabic


# How one is written


def given(**fields):
    return {"name_en": "Ours", "kind": "accounts", **fields}


def test_population_is_made_with_its_members(sign_in, alice, computed):
    mine = account("Mine", segment="large", owner=alice)
    value(mine, "mrr", 1500)
    value(account("Other", segment="large", owner=alice), "mrr", 10)

    response = sign_in(alice).post(
        "/populations/new/",
        given(name_ar="لنا", segment=["large"], metric_0="mrr", is_0="at_least", number_0="١٬٠٠٠"),
    )

    saved = Population.objects.get()
    assert response.headers["Location"] == saved.get_absolute_url()
    assert (saved.name, saved.made_by, saved.shared) == ({"en": "Ours", "ar": "لنا"}, alice, False)
    assert saved.conditions == [
        {"field": "segment", "is": "one_of", "values": ["large"]},
        {"field": "metric.mrr", "is": "at_least", "values": ["1000"]},
    ]
    assert list(Membership.objects.values_list("account__name", flat=True)) == ["Mine"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name_en": ""}, "Give a name, in one language at least."),
        ({"metric_0": "mrr", "number_0": ""}, "is no number"),
        ({"metric_0": "mrr", "number_0": "much"}, "“much” is no number."),
        ({"metric_0": "tickets", "number_0": "1", "window_0": "soon"}, "soon"),
        ({"segment": ["nobody's"]}, "nobody&#x27;s"),
        ({"kind": "everything"}, "everything"),
    ],
)
def test_what_cannot_be_is_said_and_not_saved(sign_in, alice, fields, words):
    account("Mine", segment="large", owner=alice)

    response = sign_in(alice).post("/populations/new/", given(**fields))

    assert response.status_code == 400
    assert words in text(response)
    assert not Population.objects.exists()


def test_it_is_counted_before_it_is_saved(sign_in, alice):
    account("Mine", segment="large", owner=alice)
    account("Hidden", segment="large")
    asked = given(name_en="", segment=["large"], count="1")

    part = sign_in(alice).post("/populations/new/", asked, headers={"HX-Request": "true"})
    page = sign_in(alice).post("/populations/new/", asked)

    assert text(part).startswith('<div id="count"')
    assert "1</bdi> account that you may see is in it now." in text(part)
    assert "account that you may see is in it now." in text(page)
    assert "<h1>New population</h1>" in text(page)
    assert not Population.objects.exists()


def test_filters_of_the_list_of_accounts_become_a_population(sign_in, alice):
    account("Mine", segment="large", country="SA", owner=alice, tags=["vip"])
    client = sign_in(alice)

    page = client.get("/accounts/?segment=large&tag=vip&country=&sort=-mrr")
    form = client.get("/populations/new/?segment=large&tag=vip&country=&sort=-mrr&segment=unheard").context[
        "form"
    ]

    assert "/populations/new/?segment=large&amp;tag=vip" in text(page)
    assert "/populations/new/" not in text(client.get("/accounts/?sort=-mrr"))
    assert form["segment"].value() == ["large"]
    assert form["tag"].value() == ["vip"]
    assert not form["country"].value()


def test_changing_keeps_values_that_no_list_offers(sign_in, alice):
    saved = population(("segment", "gone"), asks("metric.mrr", "5", is_="at_most"), by=alice)
    client = sign_in(alice)
    form = client.get(f"/populations/{saved.pk}/edit/").context["form"]

    client.post(
        f"/populations/{saved.pk}/edit/",
        given(segment=form["segment"].value(), metric_0="mrr", is_0="at_most", number_0="7", shared="on"),
    )

    saved.refresh_from_db()
    assert [condition["values"] for condition in saved.conditions] == [["gone"], ["7"]]


def test_list_of_people_is_counted_in_words_and_kept_when_it_is_changed(sign_in, alice):
    saved = population(asks("contact", ["1", "2"]), by=alice, kind="contacts")
    client = sign_in(alice)
    assert "the person is one of 2 on a list" in text(client.get(saved.get_absolute_url()))

    client.post(f"/populations/{saved.pk}/edit/", given(kind="contacts", language=["en"]))

    saved.refresh_from_db()
    assert [condition["field"] for condition in saved.conditions] == ["contact"]


def test_copy_begins_with_what_the_other_asks(sign_in, alice, bob):
    saved = population(("segment", "large"), by=bob)

    form = sign_in(alice).get(f"/populations/new/?copy={saved.pk}").context["form"]

    assert form["name_en"].value() == "Ours (copy)"
    assert form["segment"].value() == ["large"]
    assert form["shared"].value() is False


def test_archiving_empties_it(sign_in, alice):
    account("Mine", owner=alice)
    saved = refreshed(by=alice)

    sign_in(alice).post(f"/populations/{saved.pk}/edit/", given(archived="on", shared="on"))

    assert Membership.objects.get().why_left == "archived"


def test_conditions_on_contacts_are_left_out_of_accounts(sign_in, alice):
    sign_in(alice).post("/populations/new/", given(role=["admin"]))
    sign_in(alice).post("/populations/new/", given(role=["admin"], kind="contacts"))

    assert [len(one.conditions) for one in Population.objects.order_by("pk")] == [0, 1]


# In lists and figures


def test_list_of_accounts_is_filtered_by_it(sign_in, alice, bob):
    account("Mine", owner=alice, segment="large")
    account("Other", owner=alice, segment="small")
    saved = refreshed(("segment", "large"), by=alice, shared=False)

    assert names(sign_in(alice).get(f"/accounts/?population={saved.pk}")) == ["Mine"]
    assert sign_in(bob).get(f"/accounts/?population={saved.pk}").status_code == 400


def test_page_of_a_metric_is_filtered_and_split_by_it(sign_in, administrator):
    account("One", segment="large")
    saved = refreshed(("segment", "large"), name="Large ones")
    population(name="Nobody's", by=administrator, shared=False)
    client = sign_in(administrator)

    filtered = text(client.get(f"/metrics/customers/?population={saved.pk}&as_of=2026-03-01"))
    split = client.get("/metrics/tickets/?by=population")

    assert "Population: <bdi" in filtered
    assert "“Large ones” is kept since" in filtered
    assert "is kept since" not in text(client.get(f"/metrics/customers/?population={saved.pk}"))
    assert split.status_code == 200
    assert "By population" in text(split)
