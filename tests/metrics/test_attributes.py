"""Declared attributes and tags as filters and splits: read on the day of membership, in the reader's words."""

import pytest
from django.utils import translation

from accounts.merges import merge_accounts
from accounts.models import AccountChange, AttributeDefinition
from accounts.services import change_account
from metrics import catalogue
from metrics.answers import overlapping, undated
from metrics.populations import PopulationError, is_known, of
from metrics.questions import names_of, undated_in_words
from tests.factories import account, at, attribute, dated, day, subscription, ticket
from tests.metrics.asking import NOW, answer, clock, parts, value

pytestmark = pytest.mark.django_db

JUNE_30 = "2026-06-30"


def declared(customer, since="2026-01-01", **values):
    for key, given in values.items():
        dated(customer, since, **{f"attribute.{key}": given})
    return customer


@pytest.fixture
def customers():
    """MRR of 1 with crm alone, of 10 with both, of 100 with none."""
    attribute("modules", "choices", choices=["crm", "erp"])
    found = [account(f"Customer {number}") for number in range(3)]
    for number, customer in enumerate(found):
        subscription(customer, 10**number, "2026-01-01")
    declared(found[0], modules="crm")
    declared(found[1], modules="crm\nerp")
    return found


def by_modules(on=JUNE_30, **question):
    return parts("mrr", on, "attribute.modules", **question)


def test_a_split_has_an_account_in_each_of_its_choices(customers):
    assert by_modules() == {"crm": 11, "erp": 10, "": 100}
    assert value("mrr", JUNE_30) == 111
    assert overlapping(catalogue.ALL["mrr"], ("attribute.modules",))


def test_a_filter_takes_those_that_have_it_among_others(customers):
    assert value("mrr", JUNE_30, **{"attribute.modules": "erp"}) == 10
    assert value("mrr", JUNE_30, **{"attribute.modules": "crm"}) == 11
    assert value("mrr", JUNE_30, **{"attribute.modules": "crm", "segment": ""}) == 11


def test_two_splits_at_once_make_the_parts_of_both(customers):
    dated(customers[1], "2026-01-01", segment="large")
    customers[1].tags = ["VIP", "Beta"]
    customers[1].save()

    assert parts("mrr", JUNE_30, ("segment", "attribute.modules")) == {
        ("", "crm"): 1, ("large", "crm"): 10, ("large", "erp"): 10, ("", ""): 100
    }  # fmt: skip
    assert parts("customers", JUNE_30, ("tag", "attribute.modules")) == {
        ("", "crm"): 1, ("", ""): 1,
        ("VIP", "crm"): 1, ("VIP", "erp"): 1, ("Beta", "crm"): 1, ("Beta", "erp"): 1,
    }  # fmt: skip


def test_membership_is_read_on_its_day(customers):
    declared(customers[0], "2026-05-01", modules="erp")

    assert by_modules("2026-04-30") == {"crm": 11, "erp": 10, "": 100}
    assert by_modules("2026-05-31") == {"crm": 10, "erp": 11, "": 100}
    assert value("mrr", "2026-04-30", **{"attribute.modules": "erp"}) == 10
    assert value("mrr", "2026-05-31", **{"attribute.modules": "erp"}) == 11


def test_an_account_younger_than_its_values_has_the_first_and_a_value_taken_away_is_none(customers):
    declared(customers[2], "2026-06-01", modules="erp")
    declared(customers[0], "2026-03-01", modules="")

    assert by_modules("2026-02-01") == {"crm": 11, "erp": 110}
    assert by_modules() == {"crm": 10, "erp": 110, "": 1}


def test_what_was_known_by_a_day(customers):
    change = AccountChange.objects.get(account=customers[0])
    AccountChange.objects.update(recorded_at=at("2026-01-01 09:00"))
    for customer in customers:
        type(customer).objects.filter(pk=customer.pk).update(recorded_at=at("2026-01-01 09:00"))
        customer.subscriptions.update(recorded_at=at("2026-01-01 09:00"))
    AccountChange.objects.filter(pk=change.pk).update(recorded_at=at("2026-05-10 09:00"))

    assert by_modules(known_by="2026-05-09") == {"crm": 10, "erp": 10, "": 101}
    assert by_modules(known_by="2026-05-10") == {"crm": 11, "erp": 10, "": 100}


def test_a_service_dates_what_figures_read(customers):
    change_account(customers[2], by=None, day=day("2026-06-01"), now=NOW, **{"attribute.modules": ["erp"]})

    assert by_modules() == {"crm": 11, "erp": 110}


def test_a_movement_is_split_by_what_was_at_its_start(customers):
    declared(customers[0], "2026-05-15", modules="erp")
    customers[0].subscriptions.update(ends="2026-05-20")

    assert parts("mrr_churned", "2026-05-31", "attribute.modules", window="month")["crm"] == 1


def test_medians_and_facts_go_into_each_part_too(customers):
    for number, customer in enumerate(customers):
        log = [("opened", "2026-06-02 09:00"), ("resolved", f"2026-06-02 {10 + number}:00")]
        ticket(customer, log, type="problem" if number else "request")

    assert parts("time_to_resolution", JUNE_30, "attribute.modules") == {"crm": 1.5, "erp": 2, "": 3}
    assert parts("time_to_resolution_median", JUNE_30, "attribute.modules") == {"crm": 1, "erp": 2, "": 3}
    assert parts("tickets", JUNE_30, ("type", "attribute.modules")) == {
        ("request", "crm"): 1, ("problem", "crm"): 1, ("problem", "erp"): 1, ("problem", ""): 1
    }  # fmt: skip


def test_a_group_has_the_attributes_of_its_parent(customers):
    holding, daughter, _alone = customers
    dated(daughter, "2020-01-01", parent=holding)

    assert by_modules(logos="parent") == {"crm": 11, "": 100}


def test_a_survivor_keeps_its_own(customers):
    merge_accounts(customers[1], customers[0], by=None)

    assert by_modules() == {"crm": 11, "": 100}


def test_one_choice_does_not_overlap():
    attribute("tier", "choice", choices=["gold", "silver"])

    assert not overlapping(catalogue.ALL["mrr"], ("attribute.tier",))
    assert not undated(of({"attribute.tier": "gold"}), ("attribute.tier",), day(JUNE_30), clock())


# Tags


def test_tags_are_filters_and_splits_read_as_they_are_now():
    one, two = account("One", tags=["VIP", "Beta"]), account("Two", tags=["vip"])
    for customer, price in ((one, 1), (two, 10), (account("Three"), 100)):
        subscription(customer, price, "2026-01-01")

    assert parts("mrr", JUNE_30, "tag") == {"VIP": 11, "Beta": 1, "": 100}
    assert value("mrr", JUNE_30, tag="vip") == 11
    assert overlapping(catalogue.ALL["mrr"], ("tag",))
    assert undated(of({"tag": "vip"}), (), day(JUNE_30), clock())
    assert undated(of({}), ("tag",), day(JUNE_30), clock())
    assert undated_in_words(of({"tag": "vip"})) == ["tag"]


def test_what_has_no_account_has_no_tag():
    ticket(None, [("opened", "2026-06-02 09:00")])
    ticket(account(tags=["VIP"]), [("opened", "2026-06-02 09:00")])

    assert parts("tickets", JUNE_30, "tag") == {"VIP": 1, "": 1}


# What there is


def test_a_value_is_known_where_an_account_has_or_had_it(customers, alice, charlie):
    declared(customers[0], "2026-05-01", modules="erp")
    type(customers[0]).objects.filter(pk=customers[0].pk).update(owner=alice)
    change_account(customers[1], by=None, day=day("2026-06-01"), now=NOW, **{"attribute.modules": ""})

    assert is_known("attribute.modules", "crm", None)
    assert is_known("attribute.modules", "crm", alice)
    assert not is_known("attribute.modules", "crm", charlie)
    assert not is_known("attribute.modules", "pos", None)
    assert not is_known("attribute.modules", "crm\nerp", None)
    assert not is_known("tag", "VIP", None)
    account("Tagged", tags=["VIP"], owner=alice)
    assert is_known("tag", "vip", alice)
    assert not is_known("tag", "vip", charlie)


@pytest.mark.parametrize("fields", [{"archived": True}, {"in_filters": False}])
def test_what_is_not_for_filters_is_none(fields):
    attribute("tier", "choice", choices=["gold"])
    attribute("other")
    of({"attribute.tier": "gold"})
    AttributeDefinition.objects.filter(key="tier").update(**fields)

    with pytest.raises(PopulationError, match=r"attribute\.other"):
        of({"attribute.tier": "gold"})


def test_parts_are_named_in_the_reader_s_language(customers, alice):
    assert names_of("attribute.modules", ["crm", ""], alice) == {"crm": "Crm", "": "none"}
    with translation.override("ar"):
        assert names_of("attribute.modules", ["crm"], alice) == {"crm": "·crm·"}


def test_who_asks_for_no_attribute_pays_nothing(customers, django_assert_num_queries):
    """The settings row, the rates, and the statement."""
    answer("mrr", JUNE_30)

    with django_assert_num_queries(3):
        answer("mrr", JUNE_30)
