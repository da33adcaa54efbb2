"""Somebody at several accounts: once at each of them, or once altogether."""

import pytest

from metrics.questions import no_interval_in_words
from tests.factories import account, accounts, subscription
from tests.metrics.asking import answer, ask, parts, value
from tests.metrics.doing import act, contact, identity, plan_with

pytestmark = pytest.mark.django_db

JUNE_30 = "2026-06-30"
ONCE = {"persons": "distinct"}
USERS = ("daily_active_users", "weekly_active_users", "monthly_active_users")


def once(key="monthly_active_users", **question):
    return value(key, JUNE_30, parameters=ONCE, **question)


def both(**of_each):
    """Two contacts, each at an account of its own, who are active on the day."""
    people = [
        contact(one, **{field: values[place] for field, values in of_each.items()})
        for place, one in enumerate(accounts(2))
    ]
    for who in people:
        act(who, JUNE_30)
    return people


def test_whoever_has_the_same_address_at_two_accounts_is_one_of_the_active_people():
    both(email=("sara@example.com", "Sara@Example.com"))

    for key in USERS:
        assert value(key, JUNE_30) == 2
        assert once(key) == 1


def test_contacts_without_an_address_are_not_the_same():
    both(email=("", ""))

    assert once() == 2


def test_whoever_has_the_same_user_id_at_both_at_one_time_is_one():
    sara, same = both()
    identity(sara, "7", verified=True, until="2026-03-01")
    later = identity(same, "7", verified=True, since="2026-03-01")
    assert once() == 2  # handed on from one to the other

    type(later).objects.filter(pk=later.pk).update(since="2026-02-28")
    assert once() == 1


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        ({"verified": True}, {"verified": False}),
        ({"verified": True}, {"verified": True, "kind": "anonymous"}),
        ({"verified": True}, {"verified": True, "source": "shop"}),
    ],
)
def test_an_id_that_no_server_vouched_for_makes_nobody_the_same(mine, theirs):
    sara, other = both()
    identity(sara, "7", **mine)
    identity(other, "7", **theirs)

    assert once() == 2


def test_two_contacts_of_one_account_stay_two():
    one = account()
    for name in ("Sara", "Reception"):
        act(contact(one, name, email="office@example.com"), JUNE_30)

    assert once() == 2


def test_who_is_the_same_as_the_same_is_the_same():
    sara, same = both(email=("sara@example.com", "sara@example.org"))
    third = contact(account(), email="sara@example.com")
    act(third, JUNE_30)
    identity(third, "7", verified=True)
    identity(same, "7", verified=True)

    assert once() == 1


def test_only_who_is_asked_for_counts():
    sara, _same = both(email=("sara@example.com", "sara@example.com"))

    assert once(account=str(sara.account_id)) == 1


def test_in_each_part_of_a_split_they_count_once():
    for segment in ("large", "large", "small"):
        act(contact(account(segment=segment), email="sara@example.com"), JUNE_30)

    found = parts("monthly_active_users", JUNE_30, "segment", parameters=ONCE)

    assert found == {"large": 1, "small": 1}
    assert parts("monthly_active_users", JUNE_30, "segment") == {"large": 2, "small": 1}


def test_merged_contacts_are_whom_they_were_merged_into():
    sara, same = both(email=("sara@example.com", "sara@example.com"))
    lost = contact(same.account, "Sara A.", email="s.a@example.com", merged_into=same)
    act(lost, JUNE_30)

    assert once() == 1


def test_adoption_counts_each_person_once_for_each_feature():
    plan = plan_with("full", "export", "search")
    people = []
    for one in accounts(2):
        subscription(one, 10, "2026-01-01", plan=plan)
        people.append(contact(one, email="sara@example.com"))
    omar = contact(people[0].account, "Omar")
    for who, used in ((people[0], "export"), (people[1], "export"), (people[1], "search"), (omar, "export")):
        act(who, JUNE_30, "Feature Used", used)

    each, together = (answer("feature_adoption_rate", JUNE_30, parameters=asked) for asked in ({}, ONCE))

    assert (each.numerator, each.denominator) == (4, 6)
    assert (together.numerator, together.denominator) == (3, 4)
    assert (together.interval, together.interval_reason) == (None, "people_once")
    assert "once" in no_interval_in_words(together)


def test_a_tour_that_somebody_began_at_one_account_and_completed_at_another_is_one():
    people = [contact(one, email="sara@example.com") for one in accounts(2)]
    for who in people:
        act(who, "2026-06-10", "Tour Started", "first steps")
    act(people[0], "2026-06-12", "Tour Completed", "first steps")

    assert value("tour_completion_rate", JUNE_30) == 0.5
    assert once("tour_completion_rate") == 1


def test_questions_of_both_kinds_are_answered_together():
    both(email=("sara@example.com", "sara@example.com"))

    found = ask(("monthly_active_users", "logins", "customers"), JUNE_30, parameters=ONCE)

    assert found["monthly_active_users"][()].value == 1
    assert found["logins"][()].value == 0
