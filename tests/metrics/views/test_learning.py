"""Resources: who reads them, what they think of them, and who asks for help all the same."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from accounts.models import ActivityDay, Contact, Organisation, Resource, Ticket
from tests import factories
from tests.factories import plain
from tests.metrics.views.viewing import rows_of_csv

pytestmark = pytest.mark.django_db


def ago(days):
    return Organisation.current().today(timezone.now()) - timedelta(days=days)


def at(days, hour):
    return datetime.combine(ago(days), time(hour), Organisation.current().zone)


def did(contact, days, name="Resource Viewed", hour=12, **fields):
    given = {"account": contact.account, "contact": contact, "day": ago(days), "last_at": at(days, hour)}
    return plain(ActivityDay, **given | {"name": name} | fields)


def ticket(contact, days, hour, **fields):
    given = {"account": contact.account, "requester": contact, "opened_at": at(days, hour)}
    return Ticket.objects.create(**given | fields)


def rows_of(response):
    return {row.name: row for row in response.context["page"]}


@pytest.fixture
def basics(db):
    return Resource.objects.create(code="basics", name={"en": "Basics", "ar": "الأساسيات"})


@pytest.fixture
def read(alice, charlie, basics):
    najm, his = factories.account("Najm", owner=alice), factories.account("His", owner=charlie)
    sara, omar = (plain(Contact, account=najm, name=name) for name in ("Sara", "Omar"))
    ziad = plain(Contact, account=his, name="Ziad")
    did(sara, 10, object="basics", count=2)
    did(sara, 9, "Resource Rated", object="basics", last_value=2)
    did(sara, 8, "Resource Rated", object="basics", last_value=5)
    did(omar, 10, object="basics")
    did(omar, 10, "Page", object="/help")
    did(ziad, 10, object="basics")
    ticket(omar, 10, 15, subject="How does it start?")
    ticket(ziad, 10, 13, subject="His secret")
    return omar


def test_resources_count_views_people_ratings_and_tickets(sign_in, alice, read):
    row = rows_of(sign_in(alice).get("/metrics/resources/"))["Basics"]

    assert (row.views.value, row.people) == (3, 2)
    assert (row.rating.value, row.rating.n) == (5, 1)
    assert (row.useful.numerator, row.useful.denominator) == (1, 2)
    assert (row.after, row.before) == (1, 1)


def test_resources_are_those_of_the_metrics(sign_in, administrator, read):
    client = sign_in(administrator)

    figures = client.get("/metrics/resources/?window=30d").context["figures"]

    assert len(figures) == 3
    for figure in figures:
        metric = client.get(f"/metrics/{figure.answer.key}/?window=30d").context["answer"]
        assert figure.answer.value == metric.value


def test_tickets_count_by_a_day_of_hours_and_by_days(sign_in, alice, basics):
    sara = plain(Contact, account=factories.account(owner=alice), name="Sara")
    did(sara, 10, object="basics", hour=12)
    ticket(sara, 9, 11)
    ticket(sara, 9, 13)
    ticket(sara, 10, 9)
    ticket(sara, 8, 1)
    ticket(sara, 10, 14, spam=True)

    response = sign_in(alice).get("/metrics/resources/")
    page = sign_in(alice).get(f"/metrics/resources/{basics.pk}/").context["page"]

    row = rows_of(response)["Basics"]
    assert (row.after, row.before) == (1, 3)
    assert [one.opened_at for one in page] == [at(9, 11)]


def test_a_merged_persons_ticket_counts(sign_in, alice, basics):
    account = factories.account(owner=alice)
    sara = plain(Contact, account=account, name="Sara")
    other = plain(Contact, account=account, name="Sara A.")
    did(sara, 10, object="basics", hour=12)
    ticket(other, 10, 13)
    other.merged_into = sara
    other.save()

    row = rows_of(sign_in(alice).get("/metrics/resources/"))["Basics"]
    tickets = sign_in(alice).get(f"/metrics/resources/{basics.pk}/").context["page"]

    assert row.after == len(tickets) == 1


def test_a_resource_lists_tickets_and_pages_of_its_viewers(sign_in, alice, basics, read):
    response = sign_in(alice).get(f"/metrics/resources/{basics.pk}/")

    text = response.content.decode()
    assert "How does it start?" in text
    assert f'href="/accounts/{read.account_id}/tickets/"' in text
    assert response.context["pages"] == [("/help", 1)]
    assert sum(response.context["series"][0]["values"]) == 3


def test_a_figure_of_another_window_says_which(sign_in, alice, basics, read):
    client, days = sign_in(alice), f"{ago(90):%Y-%m-%d}"

    for place in ("", f"{basics.pk}/"):
        page = client.get(f"/metrics/resources/{place}").content.decode()
        figures = [part for part in page.split("<article")[1:] if f'datetime="{days}"' in part]
        assert len(figures) == 1
        assert ("Resource usefulness" in figures[0]) or ("Share helped" in figures[0])


def test_others_tickets_are_not_shown(sign_in, alice, charlie, basics, read):
    place = f"/metrics/resources/{basics.pk}/"

    assert "His secret" not in sign_in(alice).get(place).content.decode()
    assert "His secret" in sign_in(charlie).get(place).content.decode()


def test_what_only_events_know_is_listed_too(sign_in, alice):
    sara = plain(Contact, account=factories.account(owner=alice), name="Sara")
    did(sara, 1, object="unheard-of")

    response = sign_in(alice).get("/metrics/resources/")

    assert rows_of(response)["unheard-of"].views.value == 1
    assert "known from events only" in response.content.decode()


def test_resources_are_exported(sign_in, alice, read):
    lines = rows_of_csv(sign_in(alice).get("/metrics/resources/export.csv"))

    assert lines[1] == ["basics", "Basics", "3", "2", "5.0000", "1", "0.5", "1", "1"]


def test_resources_without_any_say_so(sign_in, alice):
    assert "There are no resources yet" in sign_in(alice).get("/metrics/resources/").content.decode()


def test_resources_refuse_what_cannot_be(sign_in, alice, basics):
    client = sign_in(alice)
    for query in ("window=2d", "sort=luck", "page=x"):
        for place in ("", "export.csv", f"{basics.pk}/"):
            assert client.get(f"/metrics/resources/{place}?{query}").status_code == 400
    assert client.get("/metrics/resources/999/").status_code == 404


def test_resources_cost_the_same_for_one_and_three(sign_in, alice, django_assert_max_num_queries):
    client, counts = sign_in(alice), []
    for names in (("a",), ("b", "c")):
        for name in names:
            Resource.objects.create(code=name)
            account = factories.account(name, owner=alice)
            sara = plain(Contact, account=account, name=name)
            did(sara, 2, object=name)
            did(sara, 2, object="a")
            did(sara, 2, "Page", object=f"/{name}")
            ticket(sara, 2, 13)
        for place in ("", f"{Resource.objects.get(code='a').pk}/"):
            client.get(f"/metrics/resources/{place}")
            with django_assert_max_num_queries(100) as queries:
                client.get(f"/metrics/resources/{place}")
            counts.append(len(queries))

    assert counts[:2] == counts[2:]
