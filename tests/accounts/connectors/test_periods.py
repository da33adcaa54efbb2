"""A subscription of Stripe's as periods: a change ends one and begins the next."""

import pytest

from accounts.models import Pause, Plan, Subscription
from tests.accounts.connectors.posting import post_stripe, rejected, states, stripe_event, turn
from tests.factories import at

pytestmark = pytest.mark.django_db


def seconds(moment):
    return int(at(moment).timestamp())


def item(number="si_1", cents=2000, quantity=3, interval="month", count=1, **more):
    price = {
        "id": f"price_{cents}",
        "nickname": "Gold",
        "currency": "usd",
        "unit_amount": cents,
        "recurring": {"interval": interval, "interval_count": count, "usage_type": "licensed"},
    } | more.pop("price", {})
    return {"id": number, "quantity": quantity, "price": price, "created": seconds("2026-01-10 10:00")} | more


def subscription(*items, **more):
    return {
        "id": "sub_1",
        "object": "subscription",
        "customer": "cus_1",
        "status": "active",
        "created": seconds("2026-01-10 10:00"),
        "start_date": seconds("2026-01-10 10:00"),
        "items": {"data": list(items or [item()])},
    } | more


def tell(said, created, kind="updated"):
    assert post_stripe(stripe_event(f"customer.subscription.{kind}", said, created)).status_code == 200
    turn()


def periods():
    rows = Subscription.objects.order_by("reference", "starts")
    return [
        (
            row.reference.partition("/")[2],
            row.kind,
            float(row.price) * row.quantity,
            str(row.starts),
            row.ends and str(row.ends),
        )
        for row in rows
    ]


def test_subscription_begins_a_period_of_its_plan():
    tell(subscription(item(interval="year", count=2)), "2026-01-10 10:00", "created")

    row = Subscription.objects.get()
    assert periods() == [("si_1", "paid", 60.0, "2026-01-10", None)]
    assert (row.reference, row.source, row.external_id) == ("sub_1/si_1", "stripe", "si_1 2026-01-10")
    assert (row.interval, row.interval_count, row.quantity, row.currency) == ("year", 2, 3, "USD")
    assert (row.plan, str(row.plan)) == (Plan.objects.get(code="price_2000"), "Gold")


def test_same_news_change_nothing():
    tell(subscription(), "2026-01-10 10:00", "created")
    tell(subscription(), "2026-02-10 10:00")
    tell(subscription(), "2026-02-10 10:00", "resumed")

    assert periods() == [("si_1", "paid", 60.0, "2026-01-10", None)]


def test_change_of_terms_ends_a_period_and_begins_the_next():
    tell(subscription(), "2026-01-10 10:00", "created")
    tell(subscription(item(quantity=5)), "2026-02-01 10:00")
    tell(subscription(item(quantity=6)), "2026-02-01 18:00")
    tell(subscription(item(cents=3000, quantity=6)), "2026-03-01 10:00")

    assert periods() == [
        ("si_1", "paid", 60.0, "2026-01-10", "2026-02-01"),
        ("si_1", "paid", 120.0, "2026-02-01", "2026-03-01"),
        ("si_1", "paid", 180.0, "2026-03-01", None),
    ]


def test_old_news_that_come_late_change_nothing():
    tell(subscription(item(quantity=5)), "2026-02-01 10:00")
    tell(subscription(item(quantity=4)), "2026-01-20 10:00")
    tell(subscription(item(quantity=3)), "2026-02-01 10:00", "created")

    assert periods() == [("si_1", "paid", 100.0, "2026-01-10", None)]
    assert states()[1:] == [("taken", "outdated")] * 2


def test_trial_is_followed_by_what_is_paid():
    trial = {"trial_start": seconds("2026-01-10 10:00"), "trial_end": seconds("2026-01-24 10:00")}
    tell(subscription(status="trialing", **trial), "2026-01-10 10:00", "created")
    assert periods() == [("si_1", "trial", 60.0, "2026-01-10", None)]

    tell(subscription(**trial), "2026-01-24 11:00")

    assert periods() == [
        ("si_1", "trial", 60.0, "2026-01-10", "2026-01-24"),
        ("si_1", "paid", 60.0, "2026-01-24", None),
    ]


def test_trial_that_was_over_when_we_heard_of_it_is_known_too():
    trial = {"trial_start": seconds("2026-01-10 10:00"), "trial_end": seconds("2026-01-24 10:00")}

    tell(subscription(**trial), "2026-03-01 10:00")

    assert [period[1:] for period in periods()] == [
        ("trial", 60.0, "2026-01-10", "2026-01-24"),
        ("paid", 60.0, "2026-01-24", None),
    ]


def test_trial_that_ends_for_good_is_followed_by_nothing():
    trial = {"trial_start": seconds("2026-01-10 10:00"), "trial_end": seconds("2026-01-24 10:00")}
    tell(subscription(status="trialing", **trial), "2026-01-10 10:00", "created")

    gone = {
        "status": "canceled",
        "ended_at": seconds("2026-01-24 10:00"),
        "canceled_at": seconds("2026-01-12 10:00"),
    }
    tell(subscription(**trial, **gone), "2026-01-24 10:00", "deleted")

    assert periods() == [("si_1", "trial", 60.0, "2026-01-10", "2026-01-24")]


def test_notice_has_its_day_and_can_be_taken_back():
    tell(subscription(), "2026-01-10 10:00", "created")
    notice = {"cancel_at": seconds("2026-04-10 10:00"), "canceled_at": seconds("2026-03-01 10:00")}
    why = {"cancellation_details": {"feedback": "too_expensive"}}
    tell(subscription(**notice, **why), "2026-03-01 10:00")
    row = Subscription.objects.get()
    assert (str(row.ends), str(row.cancelled_on), row.cancel_reason) == (
        "2026-04-10",
        "2026-03-01",
        "too_expensive",
    )

    tell(subscription(), "2026-03-02 10:00")

    row.refresh_from_db()
    assert (row.ends, row.cancelled_on, row.cancel_reason) == (None, None, "")


def test_end_of_the_paid_time_is_that_of_the_subscription_or_of_its_items():
    gone = {"cancel_at_period_end": True, "canceled_at": seconds("2026-03-01 10:00")}

    tell(subscription(item(current_period_end=seconds("2026-03-10 10:00")), **gone), "2026-03-01 10:00")

    assert periods()[0][4] == "2026-03-10"


def test_subscription_that_ended_has_its_last_day():
    tell(subscription(), "2026-01-10 10:00", "created")
    gone = {
        "status": "canceled",
        "ended_at": seconds("2026-03-01 10:00"),
        "canceled_at": seconds("2026-03-01 10:00"),
    }
    tell(subscription(**gone), "2026-03-01 10:00", "deleted")

    assert periods() == [("si_1", "paid", 60.0, "2026-01-10", "2026-03-01")]


def test_subscription_taken_back_on_its_first_day_has_that_day():
    gone = {
        "status": "canceled",
        "ended_at": seconds("2026-01-10 11:00"),
        "canceled_at": seconds("2026-01-10 11:00"),
    }

    tell(subscription(**gone), "2026-01-10 11:00", "deleted")

    assert periods() == [("si_1", "paid", 60.0, "2026-01-10", "2026-01-11")]


def test_each_item_has_its_own_periods():
    tell(subscription(item(), item("si_2", 4000, 1)), "2026-01-10 10:00", "created")
    added = item("si_3", 100, 1, created=seconds("2026-02-01 10:00"))
    tell(subscription(item(), added), "2026-02-01 10:00")

    assert periods() == [
        ("si_1", "paid", 60.0, "2026-01-10", None),
        ("si_2", "paid", 40.0, "2026-01-10", "2026-02-01"),
        ("si_3", "paid", 1.0, "2026-02-01", None),
    ]


def test_subscription_at_rest_goes_on_later():
    tell(subscription(), "2026-01-10 10:00", "created")
    tell(subscription(status="paused"), "2026-02-01 10:00", "paused")
    tell(subscription(), "2026-03-01 10:00", "resumed")

    assert periods() == [
        ("si_1", "paid", 60.0, "2026-01-10", "2026-02-01"),
        ("si_1", "paid", 60.0, "2026-03-01", None),
    ]


def test_what_is_overdue_is_since_it_was_first_heard_of():
    tell(subscription(), "2026-01-10 10:00", "created")
    tell(subscription(status="past_due"), "2026-02-01 10:00")
    tell(subscription(status="past_due"), "2026-02-03 10:00")
    assert str(Subscription.objects.get().past_due_since) == "2026-02-01"

    tell(subscription(), "2026-02-04 10:00")

    assert Subscription.objects.get().past_due_since is None


def test_what_never_began_is_no_period():
    tell(subscription(status="incomplete"), "2026-01-10 10:00", "created")

    assert (periods(), states()) == ([], [("taken", "ignored")])


@pytest.mark.parametrize(
    ("given", "terms"),
    [
        (item(cents=500, price={"currency": "jpy"}), (500, 3, "JPY")),
        (item(cents=1500, price={"currency": "kwd"}), (1.5, 3, "KWD")),
        (item(quantity=1000, price={"unit_amount_decimal": "0.005"}), (0.05, 1, "USD")),
        (item(quantity=7, price={"transform_quantity": {"divide_by": 5, "round": "up"}}), (20, 2, "USD")),
        (item(price={"recurring": {"interval": "month", "usage_type": "metered"}}), (20, 0, "USD")),
    ],
)
def test_price_and_quantity_are_what_is_billed(given, terms):
    tell(subscription(given), "2026-01-10 10:00", "created")

    row = Subscription.objects.get()
    assert (float(row.price), row.quantity, row.currency) == terms


def test_discount_lasts_as_long_as_its_coupon():
    coupon = {"percent_off": 25.0, "duration": "repeating"}
    tell(
        subscription(discount={"coupon": coupon, "end": seconds("2026-06-10 10:00")}),
        "2026-01-10 10:00",
        "created",
    )

    row = Subscription.objects.get()
    assert (float(row.discount_percent), str(row.discount_ends)) == (25.0, "2026-06-10")


def test_amount_off_is_taken_off_once():
    coupon = {"amount_off": 500, "currency": "usd", "duration": "forever"}
    tell(subscription(item(), item("si_2"), discount={"coupon": coupon}), "2026-01-10 10:00", "created")

    assert [float(row.discount_amount) for row in Subscription.objects.order_by("reference")] == [5.0, 0.0]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (item(price={"unit_amount": None}), ("missing", "data.object.items.data.0.price.unit_amount")),
        (item(price={"unit_amount": -5}), ("bad_number", "data.object.items.data.0.price.unit_amount")),
        (item(price={"currency": "xx"}), ("bad_currency", "data.object.items.data.0.price.currency")),
        (item(interval="decade"), ("wrong_type", "data.object.items.data.0.price.recurring.interval")),
        (item(quantity="many"), ("bad_number", "data.object.items.data.0.quantity")),
        ({"id": "si_1"}, ("missing", "data.object.items.data.0.plan")),
    ],
)
def test_bad_item_is_rejected_and_the_good_ones_before_it_wait_for_it(given, why):
    tell(subscription(given), "2026-01-10 10:00", "created")
    assert rejected() == [why]

    tell(subscription(item("si_0"), given), "2026-01-10 11:00")

    assert (periods(), Pause.objects.count(), Plan.objects.count()) == ([], 0, 0)
