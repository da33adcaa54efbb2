"""Conditions as they are given: read, or refused with words that say what would be right."""

import pytest
from django.core.exceptions import ValidationError

from accounts.conditions import Condition, NotUnderstood, read
from accounts.models import Population
from tests.factories import asks


def refusal(*given, of_contacts=False):
    with pytest.raises(NotUnderstood) as refused:
        read(list(given), of_contacts=of_contacts)
    return str(refused.value)


def test_conditions_are_read_as_they_are_kept():
    given = [
        asks("segment", ["large", ""]),
        asks("attribute.seats", "250"),
        asks("metric.tickets", "5", is_="at_least", window="90d"),
        asks("metric.nps", is_="no_value"),
    ]

    found = read(given, of_contacts=False)

    assert found[0] == Condition("segment", "one_of", ("large", ""))
    assert found[2].number == 5
    assert [condition.as_json() for condition in found] == given


def test_value_given_twice_counts_once():
    assert read([asks("tier", ["gold", "gold"])], of_contacts=False)[0].values == ("gold",)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (asks("shoe_size", "46"), "There is no field “shoe_size”. Use one of: stage, segment"),
        (asks("role", "admin"), "There is no field “role”."),
        (asks("contact", "1"), "There is no field “contact”."),
        (asks("attribute.Größe", "1"), "There is no field"),
        (asks("metric.", "1", is_="at_least"), "There is no field"),
        ({"field": ["segment"], "is": "one_of", "values": ["a"]}, "There is no field"),
        ({"field": "segment", "values": ["a"]}, "A condition has a field, an is, values"),
        ("segment", "A condition has a field, an is, values"),
        (asks("segment"), "“segment” is one_of, with at least one value and no window."),
        (asks("segment", "a", is_="at_least"), "“segment” is one_of"),
        (asks("segment", "a", window="90d"), "“segment” is one_of"),
        ({"field": "segment", "is": "one_of", "values": [1]}, "The values of “segment” are texts"),
        ({"field": "segment", "is": "one_of", "values": "large"}, "The values of “segment” are texts"),
        (asks("segment", "a\0"), "The values of “segment” are texts"),
        (asks("segment", "a" * 201), "The values of “segment” are texts"),
        (asks("segment", range(201)), "The values of “segment” are texts"),
        (asks("owner", "Alice"), "The values of “owner” are ids, which are numbers."),
        (asks("team", "9" * 19), "The values of “team” are ids"),
        (asks("internal", "maybe"), "“internal” is true or false."),
        (asks("metric.mrr", "1", is_="one_of"), "“metric.mrr” is at_least or at_most one number"),
        (asks("metric.mrr", ["1", "2"], is_="at_least"), "“metric.mrr” is at_least or at_most one number"),
        (asks("metric.mrr", is_="at_most"), "“metric.mrr” is at_least or at_most one number"),
        (asks("metric.mrr", "1", is_="no_value"), "“metric.mrr” is at_least or at_most one number"),
        (asks("metric.mrr", "much", is_="at_least"), "“much” is no number."),
        (asks("metric.mrr", "NaN", is_="at_least"), "“NaN” is no number."),
        (asks("metric.mrr", "1e40", is_="at_least"), "“1e40” is no number."),
    ],
)
def test_what_cannot_be_understood_is_refused_in_words(given, words):
    assert refusal(given).startswith(words)


def test_a_list_of_them_is_wanted_and_not_a_long_one():
    with pytest.raises(NotUnderstood, match="at most 30"):
        read({"segment": "large"}, of_contacts=False)
    assert refusal(*[asks("segment", "a")] * 31).startswith("Give a list of conditions")


def test_field_is_asked_once_and_a_metric_between_two_limits():
    limits = [asks("metric.mrr", "10", is_="at_least"), asks("metric.mrr", "20", is_="at_most")]

    assert "is asked twice" in refusal(asks("tag", "vip"), asks("tag", "beta"))
    assert len(read(limits, of_contacts=False)) == 2


def test_contacts_are_asked_for_their_own_and_their_accounts_fields():
    found = read([asks("role", ["admin"]), asks("segment", "large")], of_contacts=True)

    assert [condition.is_of_contact for condition in found] == [True, False]


def test_population_refuses_conditions_beside_their_field():
    with pytest.raises(ValidationError) as refused:
        Population(name={"en": "Ours"}, conditions=[asks("role", "admin")]).clean()

    assert list(refused.value.message_dict) == ["conditions"]


def test_list_of_people_is_long_and_of_ids():
    many = asks("contact", range(1, 300))

    assert len(read([many], of_contacts=True)[0].values) == 299
    assert "are ids" in refusal(asks("contact", ""), of_contacts=True)
    assert "at most 20000" in refusal(asks("contact", range(20_001)), of_contacts=True)
