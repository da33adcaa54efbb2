"""What constraints say, to whoever asks the models before the database does."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.utils.translation import override

from accounts import resources
from accounts.models import (
    Account,
    AccountKey,
    Contact,
    Departure,
    Expense,
    Order,
    Organisation,
    Pause,
    PlanFeature,
    Return,
    Subscription,
    Term,
    Ticket,
    TicketEvent,
    User,
)
from accounts.models.rules import HELD_BY_TRIGGERS, reasons
from tests.accounts.test_models import VIOLATIONS
from tests.factories import account, at, day, event, subscription, ticket

pytestmark = pytest.mark.django_db

MODELS = {model._meta.model_name: model for model in apps.get_app_config("accounts").get_models()}


def said(row, **options):
    with pytest.raises(ValidationError) as refused:
        row.full_clean(**options)
    return refused.value.message_dict


@pytest.mark.parametrize("name", VIOLATIONS)
def test_every_constraint_has_its_words_in_both_languages_beside_a_field(name):
    field, words = reasons()[name]

    model = MODELS.get(name.split("_")[0], Contact)
    assert field in {each.name for each in model._meta.concrete_fields}
    with override("ar"):
        arabic = str(words)
    assert arabic != str(words)


def test_imports_say_what_the_constraints_say():
    assert set(resources.REASONS) == set(reasons())
    assert resources.REASONS["order_once_per_source"][0] == "id"
    assert resources.REASONS["pause_ends_after_its_start"] == ("ends", "The end must come after the start.")


@pytest.mark.parametrize(
    ("row", "said_of"),
    [
        (lambda: Contact(account=account()), {"name": ["Give a name or an e-mail address."]}),
        (
            lambda: Order(account=account(), ordered_at=at("2026-01-01 10:00"), amount=-1, currency="usd"),
            {
                "amount": ["This must not be below zero."],
                "currency": ["This is no currency. Give a code such as SAR."],
            },
        ),
        (
            lambda: Subscription(
                account=account(), price=1, currency="USD", starts=day("2026-01-02"), ends=day("2026-01-02")
            ),
            {"ends": ["The end must come after the start."]},
        ),
        (
            lambda: Term(
                account=account(),
                starts=day("2026-01-01"),
                ends=day("2027-01-01"),
                currency="USD",
                outcome="lost",
            ),
            {"decided_on": ["A renewed or lost term has the day of the decision, an open one has none."]},
        ),
        (
            lambda: Expense(month=day("2026-01-02"), amount=1, currency="USD", kind="sales"),
            {"month": ["Give the month as 2026-03, or its first day."]},
        ),
        (
            lambda: Return(order=Order(), day=day("2026-01-02")),
            {"amount": ["A return has units or an amount."]},
        ),
        (
            lambda: Organisation(fiscal_year_start=13),
            {"fiscal_year_start": ["Months are numbered from 1 to 12."]},
        ),
    ],
)
def test_a_broken_constraint_speaks_beside_its_field(row, said_of):
    found = said(row())

    assert {field: found.get(field) for field in said_of} == said_of
    assert "__all__" not in found


def test_what_another_row_stands_in_the_way_of_speaks_beside_its_field():
    najm = account()
    taken = {"source": "crm", "external_id": "1"}
    Contact.objects.create(account=najm, name="Sara", **taken)
    AccountKey.objects.create(account=najm, source="stripe", value="cus_1")
    Departure.objects.create(account=najm, churn_day=day("2026-01-01"))
    paused = subscription(najm, 10, "2026-01-01")
    Pause.objects.create(subscription=paused, starts=day("2026-01-01"))

    assert said(Contact(account=najm, name="Omar", **taken)) == {
        "external_id": ["There is a row with this id at this source already."]
    }
    assert said(AccountKey(account=najm, source="stripe", value="cus_1")) == {
        "value": ["An account has this id at this source already."]
    }
    assert list(said(Departure(account=najm, churn_day=day("2026-01-01")))) == ["churn_day"]
    assert list(said(Pause(subscription=paused, starts=day("2026-02-01")))) == ["starts"]


@pytest.mark.parametrize(
    "row",
    [
        Subscription(account_id=1, reference="S-1", price=1, currency="USD"),
        Pause(subscription_id=1),
        PlanFeature(plan_id=1, feature_id=1),
    ],
    ids=lambda row: row._meta.model_name,
)
def test_a_period_that_ends_before_it_starts_is_refused_beside_its_end(row):
    row.starts, row.ends = day("2026-08-25"), day("2025-08-25")

    with pytest.raises(ValidationError) as refused:
        row.validate_constraints()

    assert refused.value.message_dict == {"ends": ["The end must come after the start."]}


def test_an_address_is_taken_in_any_case():
    User.objects.create_user("sara@example.com")

    assert said(User(email="SARA@example.com", password="x", language="en")) == {
        "email": ["Somebody here has this e-mail address already."]
    }


# What only triggers hold


def test_a_ticket_says_what_happened_before_it_was_opened():
    opened = ticket(account(), opened="2026-01-10 12:00")
    event(opened, "worked", "2026-01-11 12:00")

    opened.opened_at = at("2026-01-12 12:00")

    assert list(said(opened)) == ["opened_at"]
    opened.opened_at = at("2026-01-11 12:00")
    opened.full_clean()


def test_an_event_says_that_its_ticket_was_not_open_yet():
    opened = ticket(account(), opened="2026-01-10 12:00")

    early = TicketEvent(ticket=opened, kind="worked", happened_at=at("2026-01-10 11:59"))

    assert said(early) == {"happened_at": [str(HELD_BY_TRIGGERS["ticketevent_not_before_opening"][1])]}
    TicketEvent(ticket=opened, kind="worked", happened_at=at("2026-01-10 12:00")).full_clean()
    assert "ticket" in said(TicketEvent(kind="worked", happened_at=at("2026-01-10 12:00")))


def test_accounts_are_merged_into_the_last_survivor_only():
    survivor, loser, other = account("Survivor"), account("Loser"), account("Other")
    Account.objects.filter(pk=loser.pk).update(merged_into=survivor)

    other.merged_into = Account.objects.get(pk=loser.pk)
    survivor.merged_into = Account.objects.get(pk=other.pk)

    assert list(said(other)) == list(said(survivor)) == ["merged_into"]


def test_a_new_ticket_asks_for_no_events():
    Ticket(opened_at=at("2026-01-10 12:00")).full_clean()
