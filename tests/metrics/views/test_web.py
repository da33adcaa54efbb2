"""Where visits come from, which pages they begin and end on, and what they lead to."""

from datetime import datetime, time, timedelta

import pytest
from django.utils import timezone

from accounts.models import ActivityDay, Contact, Goal, Organisation, Session
from tests import factories
from tests.factories import plain
from tests.metrics.views.viewing import rows_of_csv

pytestmark = pytest.mark.django_db


def ago(days):
    return Organisation.current().today(timezone.now()) - timedelta(days=days)


def visit(contact, *pages, days=1, account=None, **fields):
    """A session that looks at these pages and does nothing else, unless `events` says so."""
    whose = {"account": contact.account if contact else account, "contact": contact}
    for page in pages:
        plain(ActivityDay, **whose, day=ago(days), name="Page", object=page)
    began = datetime.combine(ago(days), time(12), Organisation.current().zone)
    ended = began + timedelta(minutes=5)
    given = {"began": began, "ended": ended, "events": len(pages), "pages": len(pages)}
    ends = {"entry": pages[0], "exit": pages[-1]}
    return plain(Session, **whose, day=ago(days), **given | ends | fields)


def table(response):
    return {
        row.page: (int(row.views.value), row.entries, int(row.exits.numerator))
        for row in response.context["page"]
    }


@pytest.fixture
def goal(db):
    return Goal.objects.create(code="prices", name={"en": "Prices"}, kind="page", target="/pricing")


@pytest.fixture
def visits(alice, charlie, goal):
    najm, his = factories.account("Najm", owner=alice), factories.account("His", owner=charlie)
    sara, omar = (plain(Contact, account=najm, name=name) for name in ("Sara", "Omar"))
    visit(sara, "/home", "/pricing", goals=[goal.pk], channel="mail", campaign="spring")
    visit(sara, "/home", days=2)
    visit(omar, "/home", "/help", days=3)
    visit(plain(Contact, account=his, name="Ziad"), "/home", "/secret")
    visit(None, "/pricing", goals=[goal.pk])
    return sara


def test_pages_count_views_entries_and_exits(sign_in, alice, visits):
    response = sign_in(alice).get("/metrics/web/")

    assert table(response) == {"/home": (3, 3, 1), "/help": (1, 0, 1), "/pricing": (1, 0, 1)}
    home = response.context["page"][0]
    assert (home.page, home.bounces.numerator, home.bounces.denominator) == ("/home", 1, 3)
    assert "/secret" not in response.content.decode()


def test_who_sees_everything_sees_what_has_no_account(sign_in, administrator, visits):
    response = sign_in(administrator).get("/metrics/web/")

    assert table(response)["/pricing"] == (2, 1, 2)
    assert response.context["figures"][0].answer.value == 5


def test_pages_are_those_of_the_metrics(sign_in, alice, visits):
    client = sign_in(alice)

    row = next(row for row in client.get("/metrics/web/").context["page"] if row.page == "/home")

    assert row.exits.value == client.get("/metrics/exit_rate/?metric_page=/home").context["answer"].value
    figures = {one.answer.key: one.answer.value for one in client.get("/metrics/web/").context["figures"]}
    for key in ("sessions", "page_views", "bounce_rate", "session_duration"):
        assert figures[key] == client.get(f"/metrics/{key}/?window=30d").context["answer"].value


def test_sources_and_goals(sign_in, alice, visits):
    response = sign_in(alice).get("/metrics/web/")

    sources = [(row.channel, row.campaign, row.sessions.value) for row in response.context["sources"]]
    assert sources == [("", "", 2), ("mail", "spring", 1)]
    (row,) = response.context["goals"]
    assert (row.sessions.answer.numerator, row.sessions.answer.denominator) == (1, 3)
    assert (row.people.answer.numerator, row.people.answer.denominator) == (1, 2)


def test_sessions_are_drawn_by_day(sign_in, alice, visits):
    response = sign_in(alice).get("/metrics/web/?window=7d")

    assert response.context["days"][-1] == ago(0)
    assert response.context["series"][0]["values"] == [0, 0, 0, 1, 1, 1, 0]


def test_pages_are_sorted_as_asked(sign_in, alice, visits):
    client = sign_in(alice)

    assert list(table(client.get("/metrics/web/?sort=page"))) == ["/help", "/home", "/pricing"]
    assert next(iter(table(client.get("/metrics/web/?sort=-bounce_rate")))) == "/home"


def test_pages_are_exported(sign_in, alice, visits):
    lines = rows_of_csv(sign_in(alice).get("/metrics/web/export.csv?sort=page"))

    assert lines[1] == ["/help", "1", "0", "1", "1", "", ""]


def test_pages_beyond_fifty_are_on_the_next(sign_in, alice):
    sara = plain(Contact, account=factories.account(owner=alice), name="Sara")
    visit(sara, *(f"/{number:02}" for number in range(51)))

    assert list(table(sign_in(alice).get("/metrics/web/?sort=page&page=2"))) == ["/50"]


def test_nobody_visited(sign_in, alice):
    assert "Nobody visited in this window" in sign_in(alice).get("/metrics/web/").content.decode()


def test_web_refuses_what_cannot_be(sign_in, alice):
    client = sign_in(alice)
    for query in ("window=2d", "sort=luck", "page=x", "new=on"):
        assert client.get(f"/metrics/web/?{query}").status_code == 400
        assert client.get(f"/metrics/web/export.csv?{query}").status_code == 400


def test_web_costs_the_same_for_one_and_three(sign_in, alice, django_assert_max_num_queries):
    client, counts = sign_in(alice), []
    for names in (("a",), ("b", "c")):
        for name in names:
            Goal.objects.create(code=name, kind="page", target=f"/{name}")
            account = factories.account(name, owner=alice)
            visit(plain(Contact, account=account, name=name), f"/{name}", channel=name)
        client.get("/metrics/web/")
        with django_assert_max_num_queries(100) as queries:
            client.get("/metrics/web/")
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.parametrize(("days", "is_compared"), [(40, False), (70, True)])
def test_what_began_within_the_period_before_is_not_compared(sign_in, alice, visits, days, is_compared):
    client = sign_in(alice)
    visit(visits, "/home", days=days)
    visit(visits, "/home", days=40)

    page = client.get("/metrics/web/").content.decode()
    metric = client.get("/metrics/sessions/?window=30d").content.decode()

    assert ("compared with the period before" in page) is is_compared
    assert ("Since the period before" in page) is is_compared
    assert ("not compared: known only since" in page) is not is_compared
    assert ("so that there is no period before to compare with" in metric) is not is_compared


def test_links_to_metrics_keep_what_is_filtered(sign_in, alice, goal):
    najm = factories.account("Najm", owner=alice, segment="small")
    visit(plain(Contact, account=najm, name="Sara"), "/home")

    page = sign_in(alice).get("/metrics/web/?segment=small&sort=page&window=90d").content.decode()

    assert '"/metrics/sessions/?window=90d&amp;segment=small"' in page
    assert '"/metrics/goal_conversion_rate/?window=90d&amp;segment=small&amp;goal=prices"' in page


def test_long_names_are_shortened_and_told_in_full(sign_in, alice):
    sara, path = plain(Contact, account=factories.account(owner=alice), name="Sara"), "/" + "a" * 180
    visit(sara, path)

    page = sign_in(alice).get("/metrics/web/").content.decode()

    assert f'<bdi class="shortened" dir="auto" title="{path}">{path}</bdi>' in page
