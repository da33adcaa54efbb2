"""Declared attributes and tags of accounts, as programs read and find them."""

from datetime import date

import pytest
from rest_framework.exceptions import ValidationError

from accounts.models import Account, AccountChange, Contact
from accounts.serializers import Attributes
from accounts.services import change_account
from tests import factories
from tests.accounts.reading import ids, problem
from tests.accounts.writing import Program, pointers
from tests.factories import attribute

pytestmark = pytest.mark.django_db


def given(account, **values):
    declared = {f"attribute.{key}": value for key, value in values.items()}
    change_account(account, by=None, day=date(2026, 1, 1), **declared)
    return account


@pytest.fixture
def najm():
    for key, kind in (
        ("seats", "whole"),
        ("pilot", "yes_no"),
        ("rate", "decimal"),
        ("since", "day"),
        ("city", "text"),
    ):
        attribute(key, kind)
    attribute("modules", "choices", choices=["crm", "erp"])
    attribute("empty")
    return given(
        factories.account("Najm", tags=["VIP", "Beta"]),
        seats="250", pilot="false", rate="12.5", since="2026-03-01", city="Jeddah", modules=["crm", "erp"],
    )  # fmt: skip


def test_an_account_says_its_attributes_and_tags(ada, najm):
    shown = ada.get(f"/api/v1/accounts/{najm.pk}/").json()

    assert shown["attributes"] == {
        "seats": 250, "pilot": False, "rate": "12.5", "since": "2026-03-01", "city": "Jeddah",
        "modules": ["crm", "erp"],
    }  # fmt: skip
    assert shown["tags"] == ["Beta", "VIP"]


def test_contacts_say_their_tags(ada, najm):
    Contact.objects.create(account=najm, name="Sara", tags=["vip"])

    assert ada.get("/api/v1/contacts/").json()["results"][0]["tags"] == ["VIP"]


def test_accounts_are_found_by_them(ada, najm):
    other = given(factories.account("Other", tags=["VIP"]), modules=["erp"])

    def found(**query):
        return ids(ada.get("/api/v1/accounts/", query))

    assert found(**{"attribute.modules": "crm"}) == [str(najm.pk)]
    assert found(**{"attribute.modules": "erp", "tag": "vip"}) == [str(najm.pk), str(other.pk)]
    assert found(**{"attribute.seats": "250", "tag": "beta"}) == [str(najm.pk)]
    assert found(tag="nobody's") == []


@pytest.mark.parametrize(
    "query", [{"attribute.shoe_size": "46"}, {"attribute.hidden": "1"}, {"attribute.seats": ""}]
)
def test_what_there_is_not_is_refused(ada, najm, query):
    attribute("hidden", in_filters=False)

    body = problem(ada.get("/api/v1/accounts/", query), 400)

    assert [error["pointer"] for error in body["errors"]] == [f"#/{name}" for name in query]


def test_a_list_asks_for_the_definitions_once(ada, najm, django_assert_num_queries):
    """Token, list, keys, definitions."""
    ada.get("/api/v1/accounts/")
    with django_assert_num_queries(4):
        assert len(ids(ada.get("/api/v1/accounts/"))) == 1
    for name in ("Second", "Third"):
        given(factories.account(name), seats="1", city="Riyadh")

    with django_assert_num_queries(4):
        assert len(ids(ada.get("/api/v1/accounts/"))) == 3


def test_what_programs_write_becomes_what_the_service_takes(najm):
    taken = Attributes().run_validation({"seats": 300, "modules": ["erp", "crm"], "city": None})

    change_account(najm, by=None, day=date(2026, 1, 2), **taken)
    assert najm.attributes == {
        "seats": ["300"], "modules": ["crm", "erp"], "pilot": ["false"], "rate": ["12.5"], "since": ["2026-03-01"]
    }  # fmt: skip


@pytest.mark.parametrize("given", [{"seats": "many"}, {"shoe_size": 46}, ["seats"], {"modules": "pos"}])
def test_what_programs_write_wrongly_is_refused_by_key(najm, given):
    with pytest.raises(ValidationError) as refused:
        Attributes().run_validation(given)

    assert not isinstance(given, dict) or set(refused.value.detail) == set(given)


def test_programs_write_attributes_from_a_day_on_and_tags(administrator, najm):
    shop = Program(administrator)

    new = shop.post(
        "accounts/", {"name": "Zad", "attributes": {"seats": 12}, "tags": ["Pilot", "pilot"]}
    ).json()
    later = {"attributes": {"seats": 30, "city": "Jeddah"}, "from_day": "2026-02-01"}
    changed = shop.patch(f"accounts/{new['id']}/", later).json()

    assert (new["attributes"], new["tags"]) == ({"seats": 12}, ["Pilot"])
    # Today's value stands beside the earlier one.
    assert (changed["attributes"], changed["tags"]) == ({"seats": 12, "city": "Jeddah"}, ["Pilot"])
    dated = AccountChange.objects.filter(account=new["id"], field__startswith="attribute.")
    assert set(dated.values_list("field", "value")) == {
        ("attribute.seats", "12"),
        ("attribute.seats", "30"),
        ("attribute.city", "Jeddah"),
    }


def test_what_is_written_wrongly_names_the_attribute(administrator, najm):
    row = {"name": "Zad", "attributes": {"seats": "many"}, "tags": ["x" * 41]}

    refused = Program(administrator).post("accounts/", row)

    assert refused.status_code == 400
    assert set(pointers(refused.json())) == {"#/attributes/seats", "#/tags/0"}
    assert not Account.objects.filter(name="Zad").exists()
