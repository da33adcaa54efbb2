"""What moved, and whether that is more than chance."""

from decimal import Decimal

import pytest
from django.core.cache import cache

from accounts.models import Organisation, Subscription
from metrics import catalogue
from metrics.answers import ask_parts
from metrics.comparisons import changes
from metrics.populations import of
from metrics.questions import Question
from metrics.sources import Clock
from tests.factories import account, accounts, day, order, subscription, ticket
from tests.metrics.asking import NOW, clock
from tests.metrics.doing import act, contact, plan_with

pytestmark = pytest.mark.django_db

JUNE_30 = day("2026-06-30")


def asked(key, on=JUNE_30, window=None, **filters):
    return Question(catalogue.ALL[key], of(filters), Clock(Organisation.current(), NOW), on, window)


def change(key, *args, **kwargs):
    question = asked(key, *args, **kwargs)
    return question.change(question.answer())


def churning(lost, of_all, *, on, starts="2025-01-01", **fields):
    Subscription.objects.bulk_create(
        Subscription(
            account=customer,
            price=10,
            currency="USD",
            starts=day(starts),
            ends=day(on) if number < lost else None,
        )
        for number, customer in enumerate(accounts(of_all, **fields))
    )


def test_the_period_before_is_the_adjacent_window():
    customer = account()
    for when in ("2026-06-10", "2026-06-20", "2026-05-20", "2026-01-10"):
        order(customer, f"{when} 12:00")

    moved = change("orders", window="30d")

    assert (moved.answer.value, moved.other.value, moved.value) == (2, 1, 1)
    assert (str(moved.other.window.first), str(moved.other.window.last)) == ("2026-05-02", "2026-05-31")
    assert moved.is_real is None  # a count of everything has no interval


@pytest.mark.parametrize(("first", "since"), [("2026-05-02", None), ("2026-05-03", day("2026-05-03"))])
def test_a_period_within_which_facts_began_is_none_to_compare_with(first, since):
    order(account(), f"{first} 12:00")

    moved = change("orders", window="30d")

    assert (moved.other.value, moved.value is None, moved.since) == (1, since is not None, since)


def test_what_people_did_is_known_since_they_were_watched_however_old_their_plan():
    subscription(one := account(), 10, "2020-01-01", plan=plan_with("full", "export"))
    for on in ("2026-05-10", "2026-06-10"):
        act(contact(one), on, "Feature Used", "export")

    assert change("feature_adoption_rate", window="30d").since == day("2026-05-10")

    act(contact(one), "2026-05-01", "Page")
    cache.key_prefix += "-later"
    assert change("feature_adoption_rate", window="30d").since is None


def test_of_a_level_the_day_a_month_ago():
    subscription(account(), 10, "2026-01-01")
    subscription(account(), 100, "2026-06-01")

    moved = change("mrr")

    assert (str(moved.other.as_of), moved.other.value, moved.value) == ("2026-05-30", 10, 100)
    assert moved.is_real is None


def test_all_has_no_period_before():
    order(account(), "2026-06-10 12:00")

    assert change("orders", window="all") is None


def test_a_window_that_ripens_is_shifted_after_its_period_before_is_taken():
    moved = change("product_return_rate_by_order", window="month")

    assert (str(moved.answer.window.first), str(moved.answer.window.last)) == ("2026-05-02", "2026-05-31")
    assert (str(moved.other.window.first), str(moved.other.window.last)) == ("2026-04-01", "2026-04-30")


def test_a_large_rise_of_many_is_real_and_a_small_one_is_noise():
    churning(10, 100, on="2026-05-20")
    churning(12, 100, on="2026-06-20")

    assert change("customer_churn_rate").is_real is False

    churning(40, 100, on="2026-06-20")

    assert change("customer_churn_rate").is_real is True


def test_what_moves_in_a_small_sample_is_noise():
    churning(9, 10, on="2026-06-20")

    assert change("customer_churn_rate").is_real is False


def test_parts_are_compared_with_all_the_others_together():
    churning(30, 60, on="2026-06-20", segment="small")
    churning(3, 60, on="2026-06-20", segment="large")
    churning(3, 60, on="2026-06-20", segment="middle")

    found = {part.split[0]: against for part, against in asked("customer_churn_rate").split(("segment",))}

    assert (found["small"].other.numerator, found["small"].other.denominator) == (6, 120)
    assert found["small"].value == Decimal(30) / 60 - Decimal(6) / 120
    assert {name: against.is_real for name, against in found.items()} == {
        "small": True,
        "large": True,
        "middle": True,
    }


def test_parts_alike_are_not_called_different():
    for segment in ("small", "large"):
        churning(10, 50, on="2026-06-20", segment=segment)

    found = asked("customer_churn_rate").split(("segment",))

    assert [against.is_real for _part, against in found] == [False, False]


def test_several_are_judged_together():
    """One of twenty alike looks different by itself; shown beside the others it does not."""
    churning(13, 40, on="2026-06-20", segment="odd")
    for number in range(19):
        churning(6, 40, on="2026-06-20", segment=f"s{number}")
    parts = asked("customer_churn_rate").split(("segment",))

    odd = next(against for part, against in parts if part.split == ("odd",))
    assert changes([(odd.answer, odd.other)])[0].is_real is True
    assert not any(against.is_real for _part, against in parts)


def test_parts_of_what_overlaps_or_is_derived_are_not_compared():
    customer = account(segment="small")
    subscription(customer, 10, "2026-01-01")
    order(customer, "2026-06-10 12:00", channel="web")

    for key, by in (("arr", "segment"), ("ordering_accounts", "channel")):
        found = ask_parts(catalogue.ALL[key], of({}), clock(), as_of=JUNE_30, by=(by,))
        assert [others for _part, others in found] == [None]


def test_so_many_parts_are_not_compared_one_by_one():
    for number in range(52):
        churning(1, 2, on="2026-06-20", segment=f"s{number:02}")

    found = asked("customer_churn_rate").split(("segment",))

    assert {against for _part, against in found} == {None}
    fewer = of({"segment": [f"s{number:02}" for number in range(50)]})
    parts = ask_parts(catalogue.ALL["customer_churn_rate"], fewer, clock(), as_of=JUNE_30, by=("segment",))
    assert all(others.denominator == 98 for _part, others in parts)


def test_the_rest_of_a_money_ratio_is_drawn_from_its_accounts():
    for segment, price in (("small", 10), ("large", 1000)):
        for number, customer in enumerate(accounts(40, segment=segment)):
            subscription(customer, price + number, "2026-01-01")

    found = {part.split[0]: against for part, against in asked("arpa").split(("segment",))}

    assert found["small"].other.interval.method == "bootstrap over accounts"
    assert found["small"].is_real is True


def test_units_without_an_account_are_a_part_of_their_own():
    helped = account(segment="small")
    for customer in (helped, None):
        ticket(customer, [("opened", "2026-06-10 09:00"), ("resolved", "2026-06-11 09:00")])

    found = {part.split[0]: against for part, against in asked("ticket_reopen_rate").split(("segment",))}

    assert found["small"].other.denominator == found[""].answer.denominator == 1
