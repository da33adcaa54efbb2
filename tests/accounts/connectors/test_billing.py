"""What Stripe says becomes accounts, payments and refunds; old news that come late change nothing."""

from decimal import Decimal

import pytest

from accounts.models import Account, AccountKey, Contact, ErasedAddress, Payment, ProviderCall
from accounts.models.people import digest_of
from tests.accounts.connectors.posting import post_stripe, rejected, states, stripe_event, turn
from tests.factories import at, day

pytestmark = pytest.mark.django_db

CUSTOMER = {
    "id": "cus_1",
    "object": "customer",
    "name": "Najm",
    "email": "billing@najm.example",
    "address": {"country": "SA"},
}
INVOICE = {
    "id": "in_1",
    "object": "invoice",
    "customer": "cus_1",
    "currency": "usd",
    "amount_paid": 11500,
    "total": 11500,
    "tax": 1500,
    "charge": "ch_1",
}
CHARGE = {"id": "ch_1", "object": "charge", "customer": "cus_1", "currency": "usd", "invoice": "in_1"}


def tell(kind, said, created="2026-11-01 10:00"):
    assert post_stripe(stripe_event(kind, said, created)).status_code == 200
    turn()


def payments():
    rows = Payment.objects.order_by("pk").values_list("external_id", "day", "amount", "tax", "currency")
    return [
        (number, str(when), float(amount), float(tax), currency)
        for number, when, amount, tax, currency in rows
    ]


def test_customer_becomes_an_account_with_somebody_to_write_to():
    tell("customer.created", CUSTOMER)

    key = AccountKey.objects.get(source="stripe")
    contact = Contact.objects.get()
    assert (key.value, key.account.name, key.account.country) == ("cus_1", "Najm", "SA")
    assert (contact.account, contact.email) == (key.account, "billing@najm.example")


def test_customer_that_is_known_stays_the_account():
    account = Account.objects.create(name="Najm Logistics")
    AccountKey.objects.create(account=account, source="stripe", value="cus_1")

    tell("customer.updated", CUSTOMER)

    account.refresh_from_db()
    assert (Account.objects.count(), account.name, account.country) == (1, "Najm Logistics", "SA")


def test_old_news_of_a_customer_change_nothing():
    tell("customer.updated", CUSTOMER | {"name": "New"}, "2026-11-02 10:00")
    tell("customer.updated", CUSTOMER | {"name": "Old"}, "2026-11-01 10:00")
    tell("customer.created", CUSTOMER | {"name": "First"}, "2026-11-02 10:00")

    assert Account.objects.get().name == "New"
    assert states() == [("taken", ""), ("taken", "outdated"), ("taken", "outdated")]


def test_customer_who_was_erased_stays_away():
    ErasedAddress.objects.create(digest=digest_of("billing@najm.example"))

    tell("customer.created", CUSTOMER)

    assert (Account.objects.count(), Contact.objects.count()) == (1, 0)
    assert states() == [("taken", "erased")]


def test_invoice_is_a_payment_without_its_tax():
    tell(
        "invoice.paid", INVOICE | {"status_transitions": {"paid_at": int(at("2026-10-31 10:00").timestamp())}}
    )

    assert payments() == [("in_1", "2026-10-31", 100.0, 15.0, "USD")]
    assert Account.objects.get().name == "cus_1"


def test_invoice_told_under_both_names_is_one_payment():
    tell("invoice.payment_succeeded", INVOICE)
    tell("invoice.paid", INVOICE)

    assert len(payments()) == 1


@pytest.mark.parametrize(
    ("currency", "cents", "amount"),
    [
        ("jpy", 500, "500"),
        ("kwd", 1234, "1.234"),
        ("sar", 1050, "10.5"),
        ("ugx", 500, "5"),
        ("isk", 500, "5"),
    ],
)
def test_coins_of_each_currency_are_stripes(currency, cents, amount):
    tell("invoice.paid", INVOICE | {"currency": currency, "amount_paid": cents, "total": cents, "tax": 0})

    assert Payment.objects.get().amount == Decimal(amount)


def test_refunds_add_up_to_what_was_given_back():
    tell("invoice.paid", INVOICE)
    tell("charge.refunded", CHARGE | {"amount_refunded": 2300}, "2026-11-02 10:00")
    tell("charge.refunded", CHARGE | {"amount_refunded": 11500}, "2026-11-03 10:00")
    tell("charge.refunded", CHARGE | {"amount_refunded": 11500, "again": True}, "2026-11-03 10:00")
    tell("charge.refunded", CHARGE | {"amount_refunded": 5000}, "2026-11-02 11:00")

    assert payments()[1:] == [
        ("ch_1/2300", "2026-11-02", -20.0, -3.0, "USD"),
        ("ch_1/11500", "2026-11-03", -80.0, -12.0, "USD"),
    ]
    assert set(Payment.objects.filter(amount__lt=0).values_list("refund_of__external_id", flat=True)) == {
        "in_1"
    }


def test_refund_before_its_invoice_is_joined_to_it():
    tell("charge.refunded", CHARGE | {"amount_refunded": 11500})
    tell("invoice.paid", INVOICE)

    assert Payment.objects.get(external_id="ch_1/11500").refund_of.external_id == "in_1"


def test_what_says_nothing_that_is_kept_is_taken_with_that_reason():
    tell("payment_method.attached", {"id": "pm_1"})
    tell("invoice.paid", INVOICE | {"amount_paid": 0, "total": 0, "tax": 0})
    tell("charge.refunded", CHARGE | {"amount_refunded": 0})

    assert states() == [("taken", "ignored")] * 3
    assert (
        list(ProviderCall.objects.order_by("pk").values_list("detail", flat=True))[0]
        == "payment_method.attached"
    )


@pytest.mark.parametrize(
    ("kind", "said", "why"),
    [
        ("customer.created", {"name": "Nobody"}, ("missing", "data.object.id")),
        ("customer.created", CUSTOMER | {"name": ["Najm"]}, ("wrong_type", "data.object.name")),
        ("invoice.paid", INVOICE | {"currency": "xxq"}, ("bad_currency", "data.object.currency")),
        ("invoice.paid", INVOICE | {"amount_paid": "11500"}, ("bad_number", "data.object.amount_paid")),
        ("invoice.paid", INVOICE | {"customer": None}, ("missing", "data.object.customer")),
        ("charge.refunded", CHARGE, ("missing", "data.object.amount_refunded")),
        (
            "customer.subscription.updated",
            {"id": "sub_1", "customer": "cus_1"},
            ("missing", "data.object.status"),
        ),
        (
            "customer.subscription.updated",
            {
                "id": "sub_1",
                "customer": "cus_9",
                "status": "active",
                "start_date": 10**13,
                "items": {"data": [{"id": "si"}]},
            },
            ("bad_time", "data.object.start_date"),
        ),
    ],
)
def test_bad_object_is_rejected_with_its_field_and_writes_nothing(kind, said, why):
    tell(kind, said)

    assert rejected() == [why]
    assert (Account.objects.count(), Payment.objects.count()) == (0, 0)


@pytest.mark.parametrize("body", ["{", "[]", '{"type": "customer.created"}', '{"type": 3, "created": 1}'])
def test_what_is_no_event_is_rejected(body):
    post_stripe(body)
    turn()

    assert [state for state, _reason in states()] == ["rejected"]


def test_day_is_that_of_the_organisation():
    from tests.factories import organisation

    organisation(time_zone="Asia/Riyadh")

    tell("invoice.paid", INVOICE, "2026-11-01 22:00")

    assert Payment.objects.get().day == day("2026-11-02")
