"""The pages of the rules of how often anybody is asked."""

import pytest

from accounts.models import FrequencyRule
from tests.accounts.test_message_pages import joined

pytestmark = pytest.mark.django_db
LIST, ADD = "/messages/rules/", "/messages/rules/new/"
RULE = {"topic": "nps", "days": "90", "to_person": "1", "to_account": ""}


@pytest.fixture
def operations(sign_in, charlie):
    return sign_in(joined(charlie, "Operations"))


def test_a_rule_is_added_listed_and_removed(operations):
    assert "There is no rule yet" in operations.get(LIST).content.decode()

    operations.post(ADD, RULE)
    operations.post(ADD, {"topic": "", "days": "٣٠", "to_account": "5"})

    assert list(FrequencyRule.objects.values_list("topic", "days", "to_person", "to_account")) == [
        ("", 30, None, 5),
        ("nps", 90, 1, None),
    ]
    page = operations.get(LIST).content.decode()
    assert "All surveys together" in page
    for rule in FrequencyRule.objects.all():
        operations.post(f"{LIST}{rule.pk}/remove/")
    assert not FrequencyRule.objects.exists()


@pytest.mark.parametrize(
    ("given", "field"), [({"days": "0"}, "days"), ({"to_person": ""}, "to_person"), ({"topic": "x"}, "topic")]
)
def test_what_is_wrong_is_said_beside_its_field(operations, given, field):
    answer = operations.post(ADD, RULE | given)

    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])
    assert not FrequencyRule.objects.exists()


def test_there_is_one_rule_of_a_topic_and_its_days(operations):
    operations.post(ADD, RULE)

    answer = operations.post(ADD, RULE | {"to_person": "2"})

    assert list(answer.context["form"].errors) == ["days"]


def test_a_manager_looks_and_changes_nothing(sign_in, bob):
    rule, client = FrequencyRule.objects.create(days=90, to_person=1), sign_in(joined(bob, "CS manager"))

    assert client.get(LIST).status_code == 200
    assert {client.post(where).status_code for where in (ADD, f"{LIST}{rule.pk}/remove/")} == {403}


@pytest.mark.parametrize("role", ["CSM", "Marketing"])
def test_for_others_there_is_no_such_page(sign_in, bob, role):
    rule, client = FrequencyRule.objects.create(days=90, to_person=1), sign_in(joined(bob, role))

    assert client.get(LIST).status_code == 404
    assert {client.post(where).status_code for where in (ADD, f"{LIST}{rule.pk}/remove/")} == {404}
