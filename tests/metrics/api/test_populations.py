"""Populations over the API, and figures of them."""

import json
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Membership, Population
from accounts.tokens import issue
from metrics import memberships
from metrics.memberships import Asking
from tests.factories import asks, organisation, population, subscription
from tests.metrics.api.calling import client_of, ok, problem

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _roles(alice, bob, charlie):
    organisation()
    for user in (alice, bob, charlie):
        user.groups.add(Group.objects.get(name="CSM"))


def refreshed(*conditions, **fields):
    saved = population(*conditions, **fields)
    memberships.refresh(saved, Asking(NOW))
    return saved


def send(user, method, path, body):
    _row, token = issue(user, name="Warehouse", scopes=["read", "write"], lifetime=None)
    client = Client(headers={"Authorization": f"Bearer {token}"})
    return getattr(client, method)(f"/api/v1/{path}", json.dumps(body), content_type="application/json")


LARGE = {"name": {"en": "Large"}, "conditions": [asks("segment", ["enterprise"])]}


def test_population_is_created_with_its_members(alice, book):
    response = send(alice, "post", "populations/", LARGE | {"shared": True})

    body = response.json()
    assert response.status_code == 201
    saved = Population.objects.get()
    assert body | {"made_at": None} == {
        "id": str(saved.pk),
        "name": {"en": "Large"},
        "kind": "accounts",
        "conditions": LARGE["conditions"],
        "shared": True,
        "archived": False,
        "made_by": str(alice.pk),
        "made_at": None,
        "kept_since": "2026-03-31T12:00:00Z",
    }
    assert [row.account for row in Membership.objects.select_related("account")] == [book["mine"]]


def test_changing_it_changes_its_members_at_once(alice, book):
    saved = refreshed(("segment", "enterprise"), by=alice)

    response = send(alice, "patch", f"populations/{saved.pk}/", {"conditions": [asks("segment", "small")]})

    assert response.status_code == 200
    assert sorted(Membership.objects.open().values_list("account__name", flat=True)) == ["Gone", "New"]
    assert Membership.objects.get(account=book["mine"]).why_left == "edited"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": {}}, "#/name"),
        (
            {"name": {"en": "A"}, "conditions": [{"field": "shoe_size", "is": "one_of", "values": ["46"]}]},
            "#/conditions/0",
        ),
        (
            {
                "name": {"en": "A"},
                "conditions": [
                    asks("segment", "small"),
                    asks("metric.tickets", "1", is_="at_least"),
                    asks("metric.shoe_size", "1", is_="at_least"),
                ],
            },
            "#/conditions/2",
        ),
        (
            {"name": {"en": "A"}, "conditions": [asks("segment", "small"), asks("segment", "large")]},
            "#/conditions/1",
        ),
        ({"name": {"en": "A"}, "conditions": "segment"}, "#/conditions"),
        ({"name": {"en": "A"}, "kind": "leads"}, "#/kind"),
        ({"name": {"en": "A"}, "kept_since": "2026-01-01T00:00:00Z"}, "#/kept_since"),
    ],
)
def test_what_cannot_be_is_refused_beside_its_field(alice, body, pointer):
    problem(send(alice, "post", "populations/", body), 400, pointer)


def test_private_one_exists_for_its_maker_alone(alice, bob, charlie):
    hers = refreshed(by=alice, shared=False)

    for address in ("", "members/", "memberships/"):
        assert client_of(alice)(f"populations/{hers.pk}/{address}").status_code == 200
        for other in (bob, charlie):
            assert client_of(other)(f"populations/{hers.pk}/{address}").status_code == 404
    assert send(bob, "patch", f"populations/{hers.pk}/", {"archived": True}).status_code == 404
    assert ok(client_of(bob)("populations/"))["results"] == []
    assert client_of(bob)("metrics/mrr/", population=hers.pk).status_code == 404


def test_shared_one_is_changed_by_its_maker_alone(alice, bob):
    saved = refreshed(by=alice)

    assert send(bob, "patch", f"populations/{saved.pk}/", {"archived": True}).status_code == 403
    assert send(alice, "patch", f"populations/{saved.pk}/", {"archived": True}).status_code == 200
    assert not Membership.objects.open().exists()


def test_members_are_those_whom_the_reader_may_see(alice, charlie, administrator, book):
    saved = refreshed()

    assert len(ok(client_of(administrator)(f"populations/{saved.pk}/members/"))["results"]) == 3
    (row,) = ok(client_of(alice)(f"populations/{saved.pk}/members/"))["results"]
    assert (row["account"], row["contact"], row["why_entered"]) == (str(book["mine"].pk), None, "first")
    assert ok(client_of(charlie)(f"populations/{saved.pk}/members/"))["results"] == []


def test_memberships_say_from_when_to_when(get, book):
    saved = refreshed(("segment", "enterprise"))
    Account.objects.update(segment="small")
    memberships.refresh(saved, Asking(NOW.replace(hour=13)))

    (row,) = ok(get(f"populations/{saved.pk}/memberships/"))["results"]

    assert (row["entered"], row["left"]) == ("2026-03-31T12:00:00Z", "2026-03-31T13:00:00Z")
    assert row["why_left"] == "segment"
    assert ok(get(f"populations/{saved.pk}/members/"))["results"] == []
    since = {"left__gte": "2026-03-31T13:30:00Z"}
    assert ok(get(f"populations/{saved.pk}/memberships/", **since))["results"] == []
    problem(get(f"populations/{saved.pk}/memberships/", updated_since="2026-03-31T13:30:00Z"), 400)


def test_lists_cost_the_same_for_one_and_for_three(get, book):
    saved = refreshed(("segment", "enterprise"))
    get("populations/")

    def cost(path):
        with CaptureQueriesContext(connection) as asked:
            ok(get(path))
        return len(asked)

    before = cost("populations/"), cost(f"populations/{saved.pk}/members/")
    Account.objects.update(segment="enterprise")
    memberships.refresh(saved, Asking(NOW))
    population()
    population()

    assert (cost("populations/"), cost(f"populations/{saved.pk}/members/")) == before


def test_figures_are_filtered_and_split_by_populations(get, administrator, book):
    large, small = refreshed(("segment", "enterprise")), refreshed(("segment", "small"))
    everybody = refreshed()
    population(shared=False)

    body = ok(get("metrics/mrr/", population=large.pk))
    split = ok(get("metrics/mrr/", by="population"))

    assert (body["value"], body["undated"]) == ("100.00", False)
    assert body["parameters"]["filters"] == {"population": str(large.pk)}
    assert split["overlapping"] is True
    assert {tuple(part["members"]): part["value"] for part in split["splits"]} == {
        (str(large.pk),): "100.00",
        (str(small.pk),): "40.00",
        (str(everybody.pk),): "140.00",
    }


@pytest.mark.parametrize("by", ["population", "population,segment"])
def test_where_no_population_is_told_nobody_is_in_one(get, book, by):
    population(shared=False)

    split = ok(get("metrics/mrr_contraction/", by=by))["splits"]

    assert {part["members"][0] for part in split} <= {""}
    assert {
        part["members"][0]: part["value"] for part in ok(get("metrics/mrr/", by="population"))["splits"]
    } == {"": "140.00"}


def test_before_it_was_kept_that_is_said(get, book):
    saved = refreshed()

    assert ok(get("metrics/mrr/", population=saved.pk, as_of="2026-03-30"))["undated"] is True
    assert ok(get("metrics/mrr/", by="population", as_of="2026-03-30"))["undated"] is True
    assert ok(get("metrics/mrr/series/", population=saved.pk))["undated"] is False


def test_population_of_contacts_and_one_that_there_is_not_are_refused(get):
    people = refreshed(kind="contacts")

    problem(get("metrics/mrr/", population=people.pk), 400, "#/population")
    assert get("metrics/mrr/", population=999_999).status_code == 404
    problem(get("metrics/mrr/", population="ours"), 400)


def test_rows_and_cohorts_know_it_too(get, book):
    saved = refreshed(("segment", "enterprise"))
    subscription(book["mine"], 1, "2026-03-01")

    rows = ok(get("metrics/mrr/rows/", population=saved.pk))
    cohorts = ok(get("cohorts/retention/", population=saved.pk))

    assert [row["name"] for row in rows["results"]] == ["Mine"]
    assert cohorts["parameters"]["filters"] == {"population": str(saved.pk)}


def test_list_of_accounts_is_filtered_by_one_that_the_reader_may_use(alice, administrator, book):
    hers = refreshed(("segment", "enterprise"), by=alice, shared=False)

    def names(user):
        return [row["name"] for row in ok(client_of(user)("accounts/", population=hers.pk))["results"]]

    assert names(alice) == ["Mine"]
    assert names(administrator) == []
