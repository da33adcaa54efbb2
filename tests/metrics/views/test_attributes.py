"""Declared attributes and tags on pages: filters, columns, splits and files, in the reader's language."""

import pytest
from django.utils import timezone

from accounts.models import AttributeDefinition, User
from accounts.services import change_account
from tests import factories
from tests.factories import attribute
from tests.metrics.views.viewing import names, rows_of_csv

pytestmark = pytest.mark.django_db


def given(account, **values):
    declared = {f"attribute.{key}": value for key, value in values.items()}
    change_account(account, by=None, day=timezone.now().date(), **declared)
    return account


@pytest.fixture
def client(sign_in, alice):
    attribute("modules", "choices", choices=["crm", "erp"])
    attribute("seats", "whole")
    attribute("pilot", "yes_no", in_filters=False)
    given(
        factories.account("First", owner=alice, tags=["VIP"]),
        modules=["crm", "erp"],
        seats="1250",
        pilot="true",
    )
    given(factories.account("Second", owner=alice), modules=["erp"], seats="90")
    return sign_in(alice)


def choices(response, name):
    return [key for key, _label in response.context["form"].fields[name].choices]


def test_the_list_is_filtered_by_attributes_and_tags(client):
    assert names(client.get("/accounts/", {"attribute.modules": "crm"})) == ["First"]
    assert names(client.get("/accounts/", {"attribute.modules": "erp", "attribute.seats": "90"})) == [
        "Second"
    ]
    assert names(client.get("/accounts/", {"tag": "VIP"})) == ["First"]
    assert client.get("/accounts/", {"attribute.pilot": "true"}).status_code == 400
    assert client.get("/accounts/", {"attribute.modules": "pos"}).status_code == 400


def test_filters_offer_what_there_is(client):
    page = client.get("/accounts/")

    assert choices(page, "attribute.modules") == ["", "crm", "erp"]
    assert choices(page, "attribute.seats") == ["", "90", "1250"]
    assert choices(page, "tag") == ["", "VIP"]
    assert "attribute.pilot" not in page.context["form"].fields


def test_strangers_are_not_told_the_values_of_others(client, sign_in, charlie):
    page = sign_in(charlie).get("/accounts/")

    assert (choices(page, "attribute.seats"), choices(page, "tag")) == ([""], [""])


def test_columns_say_it_in_the_reader_s_words(client, alice):
    asked = {"columns": ["attribute.modules", "attribute.pilot", "tags"]}

    english = client.get("/accounts/", asked).context["rows"]
    User.objects.filter(pk=alice.pk).update(language="ar")
    arabic = client.get("/accounts/", asked)

    assert [[cell.words for cell in row.cells] for row in english] == [
        ["Crm, Erp", "yes", "VIP"],
        ["Erp", "", ""],
    ]
    assert arabic.context["rows"][0].cells[0].words == "·crm·، ·erp·"
    assert "·modules·" in arabic.content.decode()


def test_a_file_has_numbers_as_they_are(client):
    asked = {"columns": ["attribute.seats", "attribute.modules"]}

    lines = rows_of_csv(client.get("/accounts/export.csv", asked))

    assert [line[1:] for line in lines] == [
        ["Name", "Seats", "Modules"],
        ["First", "1250", "Crm, Erp"],
        ["Second", "90", "Erp"],
    ]


def test_a_new_attribute_is_asked_for_at_once(client):
    client.get("/accounts/")

    attribute("tier", "choice", choices=["gold"])
    page = client.get("/accounts/")

    assert choices(page, "attribute.tier") == ["", "gold"]


def test_archived_attributes_are_no_filters_and_no_columns(client):
    AttributeDefinition.objects.filter(key="modules").update(archived=True)

    assert client.get("/accounts/", {"attribute.modules": "crm"}).status_code == 400
    assert client.get("/accounts/", {"columns": "attribute.modules"}).status_code == 400


def test_more_attributes_cost_no_more_queries(client, alice, django_assert_num_queries):
    """Of those whose values are to be looked for, these are kept for a minute."""
    url = "/accounts/?columns=attribute.modules&columns=tags"
    client.get(url)
    with django_assert_num_queries(13):
        client.get(url)
    for number in range(3):
        attribute(f"new_{number}", "choice", choices=["gold"])
        given(factories.account(f"New {number}", owner=alice, tags=[f"Tag {number}"]), modules=["crm"])

    with django_assert_num_queries(13):
        client.get(url)


def test_the_filters_in_use_are_named(client):
    page = client.get("/metrics/mrr/", {"attribute.modules": "crm", "tag": "VIP"})

    assert [(name, str(label), str(words)) for name, label, words in page.context["form"].in_words] == [
        ("tag", "Tag", "VIP"), ("attribute.modules", "Modules", "Crm")
    ]  # fmt: skip


def test_a_metric_is_filtered_and_split_by_them(client, alice):
    for account, price in zip(alice.accounts.order_by("name"), (1, 10), strict=True):
        factories.subscription(account, price, "2020-01-01")

    page = client.get("/metrics/mrr/", {"by": "attribute.modules"})
    filtered = client.get("/metrics/mrr/", {"attribute.modules": "crm", "tag": "VIP"})
    User.objects.filter(pk=alice.pk).update(language="ar")
    arabic = client.get("/metrics/mrr/", {"by": "attribute.modules"})

    assert {names: part.value for names, part, _why, _against in page.context["parts"]} == {
        ("Crm",): 1,
        ("Erp",): 11,
    }
    assert page.context["is_overlapping"]
    assert page.context["split_labels"] == ["By: Modules"]
    assert {names for names, *_part in arabic.context["parts"]} == {("·crm·",), ("·erp·",)}
    assert filtered.context["answer"].value == 1
    assert filtered.context["undated"] == ["tag"]


@pytest.mark.parametrize("path", ["/metrics/mrr/", "/metrics/cohorts/"])
def test_the_inputs_stand_on_the_page(client, path):
    page = client.get(path).content.decode()

    assert 'name="attribute.modules"' in page
    assert 'name="tag"' in page
