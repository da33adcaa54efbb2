"""Who may write what through the API."""

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from accounts import api_urls
from accounts.models import (
    Account,
    AuditEntry,
)
from tests import factories
from tests.accounts.reading import OF_NOBODY, one_of_each, problem
from tests.accounts.writing import Program, new_rows, pointers
from tests.sampling import some

pytestmark = pytest.mark.django_db

RESOURCES = [prefix for prefix, _view, _name in api_urls.router.registry]
EVERY = pytest.mark.parametrize("resource", RESOURCES)
VIEWS = {prefix: view for prefix, view, _name in api_urls.router.registry}


@pytest.fixture
def shop(administrator):
    return Program(administrator)


def may_write(user, *besides):
    """Everything of its kind, without seeing every account."""
    allowed = Permission.objects.filter(content_type__app_label="accounts").exclude(
        codename="view_all_accounts"
    )
    user.user_permissions.set(allowed)
    return Program(user)


@pytest.mark.parametrize("resource", some(sorted(set(RESOURCES) - OF_NOBODY), every=6))
def test_strangers_write_to_nothing_and_learn_nothing(alice, charlie, resource):
    rows = one_of_each(alice)
    given, change = new_rows(rows)[resource]
    stranger = may_write(charlie)
    path = f"{resource}/{rows[resource].pk}/"

    problem(stranger.patch(path, change), 404)
    problem(stranger.delete(path), 404)

    if resource in {"accounts", "leads"}:
        assert "may see" in problem(stranger.post(f"{resource}/", given), 400)["errors"][0]["detail"]
        return
    name = next(name for name in ("account", "contact", "order", "subscription", "ticket") if name in given)
    told = problem(stranger.post(f"{resource}/", given), 400)
    nothing = problem(stranger.post(f"{resource}/", given | {name: "999999"}), 400)
    assert told == nothing
    assert pointers(told) == [f"#/{name}"]
    assert type(rows[resource]).objects.filter(pk=rows[resource].pk).exists()


@pytest.mark.parametrize("resource", some(sorted(set(RESOURCES) - OF_NOBODY), every=6))
def test_the_owner_and_the_team_write(alice, bob, team, resource):
    rows = one_of_each(alice)
    Account.objects.update(team=team)
    given, change = new_rows(rows)[resource]
    if resource == "accounts":
        given = given | {"team": str(team.pk)}
    if resource == "leads":
        given = given | {"account": str(rows["accounts"].pk)}

    for number, user in enumerate((alice, bob)):
        program = may_write(user)
        later = {"churn_day": f"2026-04-0{number + 2}"} if resource == "departures" else {}
        later |= (
            {"starts": f"2026-01-0{number + 2}", "ends": f"2026-01-0{number + 3}"}
            if resource == "pauses"
            else {}
        )
        later |= {"value": f"a-{number}"} if resource == "identities" else {}
        later |= {"given_at": f"2026-02-0{number + 2}T10:00:00Z"} if resource == "consents" else {}
        assert program.post(f"{resource}/", given | later).status_code == 201
        assert program.patch(f"{resource}/{rows[resource].pk}/", {}).status_code == 200


def test_facts_are_not_moved_to_accounts_of_others(alice, charlie):
    rows = one_of_each(alice)
    other = factories.account("Hers", owner=charlie)

    refused = may_write(alice).patch(f"orders/{rows['orders'].pk}/", {"account": str(other.pk)})

    assert pointers(problem(refused, 400)) == ["#/account"]


def test_an_account_can_be_handed_over(alice, charlie):
    account = one_of_each(alice)["accounts"]
    program = may_write(alice)

    handed = program.patch(f"accounts/{account.pk}/", {"owner": str(charlie.pk)})

    assert handed.json()["owner"]["name"] == "Charlie"
    assert program.get(f"accounts/{account.pk}/").status_code == 404


@EVERY
def test_what_roles_do_not_include_is_refused_in_words(alice, administrator, resource):
    rows = one_of_each(alice)
    reader = Program(alice)
    alice.groups.add(Group.objects.get(name="Executive"))
    given, change = new_rows(rows)[resource]
    path = f"{resource}/{rows[resource].pk}/"

    for response in (reader.post(f"{resource}/", given), reader.patch(path, change), reader.delete(path)):
        assert "roles do not include writing" in problem(response, 403)["detail"]


def test_each_verb_needs_its_own_right(alice):
    """A CSM enters and corrects contacts, and deletes none."""
    rows = one_of_each(alice)
    alice.groups.add(Group.objects.get(name="CSM"))
    csm = Program(alice)

    assert csm.post("contacts/", new_rows(rows)["contacts"][0]).status_code == 201
    assert csm.patch(f"contacts/{rows['contacts'].pk}/", {"name": "Huda"}).status_code == 200
    problem(csm.delete(f"contacts/{rows['contacts'].pk}/"), 403)


def test_writing_needs_the_scope_write(administrator, alice):
    given, _change = new_rows(one_of_each(alice))["orders"]

    refused = problem(Program(administrator, "read").post("orders/", given), 403)

    assert "“write”" in refused["detail"]
    assert Program(administrator, "write").post("orders/", given).status_code == 201


def test_people_in_a_browser_write_with_the_token_of_their_page(administrator, alice):
    given, _change = new_rows(one_of_each(alice))["plans"]
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    browser.get("/")

    refused = browser.post("/api/v1/plans/", given, content_type="application/json")
    taken = browser.post(
        "/api/v1/plans/",
        given,
        content_type="application/json",
        headers={"X-CSRFToken": browser.cookies["csrftoken"].value},
    )

    assert "CSRF" in problem(refused, 403)["detail"]
    assert taken.status_code == 201
    entry = AuditEntry.objects.get(table="accounts_plan", row=taken.json()["id"], action="insert")
    assert entry.actor == administrator


KEYS = [{"source": "crm", "value": "C-1"}]


@pytest.mark.parametrize(
    ("role", "given", "field"),
    [
        ("CSM", {"keys": []}, "keys"),
        ("CSM", {"keys": [*KEYS, {"source": "shop", "value": "7"}]}, "keys"),
        ("CSM", {"keys": [{"source": "crm", "value": "C-2"}]}, "keys"),
        ("CSM", {"segment": "smb", "from_day": "2020-01-01"}, "from_day"),
        ("CSM", {"segment": "smb", "keys": KEYS}, None),
        ("CS manager", {"keys": [{"source": "crm", "value": "C-2"}]}, None),
        ("CS manager", {"keys": []}, "keys"),
        ("CS manager", {"segment": "smb", "from_day": "2020-01-01"}, None),
        ("Operations", {"keys": []}, None),
    ],
)
def test_ids_and_the_past_of_accounts_are_for_roles_that_include_them(charlie, role, given, field):
    charlie.groups.add(Group.objects.get(name=role))
    najm = factories.account("Najm", owner=charlie)
    najm.keys.create(source="crm", value="C-1")

    answer = Program(charlie).patch(f"accounts/{najm.pk}/", given)

    if field is None:
        assert answer.status_code == 200, answer.content
    else:
        assert pointers(problem(answer, 403)) == [f"#/{field}"]
        assert najm.keys.get().value == "C-1"


def test_who_may_not_write_ids_makes_no_account_with_them(charlie):
    charlie.groups.add(Group.objects.get(name="CSM"))
    program = Program(charlie)
    row = {"name": "Falak", "owner": {"email": charlie.email}}

    assert pointers(problem(program.post("accounts/", row | {"keys": KEYS}), 403)) == ["#/keys"]
    assert program.post("accounts/", row).status_code == 201
