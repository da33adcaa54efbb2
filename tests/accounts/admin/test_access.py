"""Each role sees and may do what docs/roles.md says, on every page of every kind of row."""

import pytest
from django.apps import apps
from django.contrib import admin
from django.urls import reverse

from accounts.models import Account, Contact, Lead, Order, Payment, Subscription, Ticket
from cxhub import roles
from tests import factories
from tests.accounts.admin.pages import address, listed, results, saved
from tests.sampling import some

pytestmark = pytest.mark.django_db

FACTS = [apps.get_model("accounts", name) for name in factories.PLAIN]
# These come on the page of their account.
UPLOADED = {"attachment"}


def rows_of(owner):
    """A row of every kind, of accounts that the owner sees."""
    rows = [model.objects.first() or factories.plain(model) for model in FACTS]
    Lead.objects.update(account=Account.objects.first())
    Account.objects.update(owner=owner)
    return rows


@pytest.mark.parametrize("role", some(roles.ROLES, every=16), ids=lambda role: role.name)
def test_role_opens_what_it_may(as_role, alice, role):
    client = as_role(alice, role.name)
    alice = type(alice).objects.get(pk=alice.pk)
    wrong = {}
    for row in rows_of(alice):
        model = row._meta.model_name
        pages = {
            "view": [
                listed(type(row)),
                address("change", row),
                address("history", row),
                listed(type(row), "deleted"),
            ],
            "add": [] if model in UPLOADED else [listed(type(row), "add")],
            "delete": [address("delete", row)],
        }
        for verb, urls in pages.items():
            expected = 200 if alice.has_perm(f"accounts.{verb}_{model}") else 403
            for url in urls:
                if (status := client.get(url).status_code) != expected:
                    wrong[url] = (status, expected)

    assert wrong == {}


def test_every_fact_is_in_the_admin():
    assert [model for model in FACTS if not admin.site.is_registered(model)] == []


OF_ACCOUNTS = [
    model
    for model in FACTS
    if getattr(model, "account_path", None) or model.__name__ in {"AccountKey", "AccountChange"}
]


@pytest.mark.parametrize("model", some([Account, *OF_ACCOUNTS], every=6), ids=lambda model: model.__name__)
def test_what_belongs_to_others_does_not_exist(as_role, charlie, alice, model):
    row = factories.plain(model)
    Account.objects.update(owner=alice)
    if model.__name__ == "Lead":
        model.objects.update(account=factories.account("Falak", owner=alice))
    client = as_role(charlie, "CSM")
    charlie.user_permissions.set(roles.permissions_of(roles.ROLES[-1]))
    charlie.user_permissions.remove(*charlie.user_permissions.filter(codename="view_all_accounts"))

    by_url = {page: client.get(address(page, row)).status_code for page in ("change", "history", "delete")}

    assert by_url == {"change": 302, "history": 404, "delete": 302}
    assert results(client.get(listed(model))) == []
    row.delete()
    assert client.get(listed(model, "deleted")).context["steps"] == []


@pytest.fixture
def hers(alice):
    return factories.account("Falak", owner=alice)


def autocomplete(client, model, field, term="falak"):
    query = {"app_label": "accounts", "model_name": model._meta.model_name, "field_name": field, "term": term}
    return client.get(reverse("admin:autocomplete", query=query))


def test_autocomplete_offers_only_what_one_may_see(as_role, alice, charlie, hers):
    theirs = autocomplete(as_role(charlie, "CSM"), Contact, "account").json()["results"]
    her_own = autocomplete(as_role(alice, "CSM"), Contact, "account").json()["results"]

    assert theirs == []
    assert her_own == [{"id": str(hers.pk), "text": "Falak"}]


def test_whoever_writes_an_account_chooses_its_owner_among_those_who_work_here(as_role, alice, bob, charlie):
    charlie.is_active = False
    charlie.save()

    found = autocomplete(as_role(alice, "CSM"), Account, "owner", "").json()["results"]

    assert [one["text"] for one in found] == ["Alice", "Bob"]


def test_whoever_only_reads_chooses_nothing(as_role, alice):
    assert autocomplete(as_role(alice, "Executive"), Account, "owner").status_code == 403


@pytest.mark.parametrize("initial", [True, False])
def test_no_fact_is_attached_to_an_account_that_one_may_not_see(as_role, charlie, hers, initial):
    client = as_role(charlie, "CSM")

    answer = saved(
        client, listed(Contact, "add", **({"account": hers.pk} if initial else {})), account=hers.pk, name="X"
    )

    assert "account" in answer.context["adminform"].form.errors
    assert "Falak" not in answer.content.decode()
    assert not Contact.objects.exists()


def test_a_reference_to_what_one_may_not_see_stays(as_role, bob, alice, hers):
    child = factories.account("Child", owner=bob, parent=hers)
    hers.owner = None
    hers.save()
    client = as_role(bob, "CSM")

    saved(client, address("change", child), industry="Retail")

    child.refresh_from_db()
    assert (child.industry, child.parent) == ("Retail", hers)


def test_new_account_is_offered_to_whoever_would_not_see_it_otherwise(as_role, alice, bob):
    of_csm = as_role(alice, "CSM").get(listed(Account, "add")).context["adminform"].form
    of_manager = as_role(bob, "CS manager").get(listed(Account, "add")).context["adminform"].form

    assert of_csm.get_initial_for_field(of_csm.fields["owner"], "owner") == alice.pk
    assert of_manager.get_initial_for_field(of_manager.fields["owner"], "owner") is None


@pytest.mark.parametrize("model", [Order, Payment, Subscription, Ticket], ids=lambda model: model.__name__)
def test_a_reader_gets_no_fields_to_write_in(as_role, alice, model):
    row = factories.plain(model)
    Account.objects.update(owner=alice)

    answer = as_role(alice, "Executive").get(address("change", row))

    assert b'name="_save"' not in answer.content
    assert as_role(alice, "Executive").post(address("change", row), {}).status_code == 403
