from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import authenticate
from django.db import transaction
from django.db.models import Avg, Count, F, Min, Q, Sum
from django.db.models.functions import TruncMonth
from django.utils import timezone

from accounts import duplicates
from accounts.messages import letters, mailings
from accounts.models import (
    Account,
    AccountChange,
    AccountPair,
    AttributeDefinition,
    Contact,
    ContactPair,
    Departure,
    Order,
    OrderLine,
    Organisation,
    Pause,
    Payment,
    Population,
    Return,
    Subscription,
    Tag,
    Term,
    Ticket,
    TicketEvent,
    Touched,
    User,
)
from cxhub.demo import PASSWORD, SIGN_INS
from cxhub.demo.asked import ask_customers
from cxhub.demo.composition import make_book
from cxhub.demo.load import load
from cxhub.demo.saved import draft_mailing, make_populations
from cxhub.management.commands.seed_demo import SEED
from metrics.memberships import refresh_all
from metrics.windows import add_months
from surveys.models import Answer, FollowUp, Response, Survey
from surveys.scales import Band

TODAY = date(2026, 11, 22)


@pytest.fixture(scope="module", autouse=True)
def _company(django_db_setup, django_db_blocker):
    """The company of the default seed, made once for all tests here, which only read it."""
    with django_db_blocker.unblock(), transaction.atomic():
        load(make_book(SEED, TODAY))
        yield
        transaction.set_rollback(True)


@pytest.fixture
def company(db):
    return Organisation.current()


def test_database_holds_what_the_book_says(company):
    facts = list(
        Subscription.objects.order_by("external_id").values_list("account__name", "starts", "ends", "price")
    )
    book = make_book(SEED, TODAY)

    assert len(facts) == len(book.rows[Subscription])
    expected = {
        (book.row(Account, row["account"])["name"], row["starts"], row["ends"], row["price"])
        for row in book.rows[Subscription]
    }
    assert set(facts) == expected


def test_organisation_is_the_demo_company(company):
    assert company.name == {"en": "Rafeef Systems", "ar": "أنظمة رفيف"}
    assert (company.time_zone, company.currency, company.weekend) == ("Asia/Riyadh", "USD", [5, 6])


def test_everybody_named_can_sign_in(company, rf):
    request = rf.post("/")
    signed_in = [
        authenticate(request, username=email, email=email, password=PASSWORD) for email, _role in SIGN_INS
    ]

    assert [user.email for user in signed_in] == [email for email, _role in SIGN_INS]
    assert Counter(user.language for user in signed_in) == {"en": 5, "ar": 1}


def test_saved_populations_have_members(company):
    make_populations()

    refresh_all(timezone.now())

    ticketed, gulf = Population.objects.order_by("pk")
    assert ticketed.memberships.count() == 0  # before the first run of the metrics
    live = Account.objects.filter(region="Gulf", stage__in=["live", "renewing"], merged_into=None)
    assert gulf.memberships.filter(left=None).count() == live.filter(internal=False).count() > 20


def test_drafted_mailing_can_be_sent_to_many(company):
    make_populations()
    drafted = draft_mailing()

    refresh_all(timezone.now())

    assert letters.problems(drafted.letter.texts) == []
    by_skip = mailings.counts(drafted, timezone.now())
    assert by_skip[""] > 20
    assert {one.language for one in mailings.some(drafted, timezone.now(), "", 0, 50)} == {"en", "ar"}


def said():
    """What was answered, by whom and when, whatever ids the database gave."""
    answers = Answer.objects.order_by("response__responded_at", "response__pk", "question")
    return list(
        answers.values_list("response__contact__email", "response__responded_at", "question", "value", "text")
    )


def test_customers_were_asked_for_a_year(company):
    made = ask_customers(SEED, TODAY)

    until = company.start_of(TODAY)
    bands = Counter(Response.objects.values_list("survey__touchpoint", "band"))
    cases = FollowUp.objects.aggregate(open=Count("pk", Q(done_at=None)), done=Count("done_at"))
    assert all(2000 > bands[survey, band] > 5 for survey in ("relationship", "support") for band in Band)
    assert (min(cases.values()) > 3, sum(cases.values())) == (True, made["follow-ups"])
    assert cases["open"] + cases["done"] == Response.objects.filter(band="low").count()
    assert Response.objects.filter(responded_at__gte=until).count() == 0
    assert set(Response.objects.values_list("language", flat=True)) == {"en", "ar"}
    assert {survey.topic for survey in Survey.objects.all()} == {"nps", "csat"}


@pytest.mark.long
def test_same_seed_asks_the_same(company):
    found = []
    for _time in range(2):
        with transaction.atomic():
            ask_customers(SEED, TODAY)
            found.append(said())
            transaction.set_rollback(True)

    assert found[0] == found[1] != []


def test_everybody_named_has_a_role(company):
    roles = {user.email: [group.name for group in user.groups.all()] for user in User.objects.all()}

    assert roles["admin@rafeef.example"] == ["Administrator"]
    assert roles["executive@rafeef.example"] == ["Executive"]
    assert roles["manager@rafeef.example"] == ["CS manager"]
    assert roles["operations@rafeef.example"] == ["Operations"]
    assert roles["layla@rafeef.example"] == roles["sofia@rafeef.example"] == ["CSM"]


def test_csms_who_sign_in_have_a_book(company):
    for email in ["layla@rafeef.example", "sofia@rafeef.example"]:
        assert Account.objects.filter(owner__email=email, stage="live").count() >= 8


def test_names_are_half_arabic(company):
    arabic = Account.objects.filter(name__regex="[\u0600-\u06ff]").count()

    assert 90 <= arabic <= 110
    assert Account.objects.filter(name__regex="[\u0600-\u06ff].*[A-Za-z]").count() >= 5
    assert Contact.objects.filter(language="ar").count() > 200
    assert Contact.objects.filter(language="en").count() > 200
    assert Ticket.objects.filter(subject__regex="[\u0600-\u06ff]").count() > 1000


def test_accounts_of_every_kind_are_there(company):
    assert Account.objects.count() == 200
    assert Account.objects.filter(internal=True).count() == 3
    assert Account.objects.exclude(merged_into=None).count() == 1
    assert Account.objects.exclude(parent=None).count() == 16
    bare = Account.objects.filter(
        contacts=None,
        subscriptions=None,
        orders=None,
        tickets=None,
        changes=None,
        merged_into=None,
        internal=False,
    )
    assert bare.count() == 1


def test_current_values_are_the_latest_changes(company):
    stages = AccountChange.objects.filter(field="stage").order_by("account", "-from_day").distinct("account")

    latest = dict(stages.values_list("account", "value"))

    assert dict(Account.objects.filter(pk__in=latest).values_list("pk", "stage")) == latest
    assert set(latest.values()) == {"lead", "onboarding", "live", "renewing", "churned"}


def test_owners_handed_over_are_dated(company):
    changes = AccountChange.objects.filter(field="owner")
    several = changes.values("account").annotate(changes=Count("id")).filter(changes__gt=1)

    assert several.count() >= 10
    assert not Account.objects.filter(owner__is_active=False).exists()
    assert changes.filter(value=str(User.objects.get(is_active=False).pk)).exists()


def test_subscriptions_show_every_turn(company):
    paid = Subscription.objects.paid()

    assert set(paid.values_list("currency", flat=True)) == {"USD", "SAR", "AED", "EUR", "KWD"}
    assert set(paid.values_list("interval", flat=True)) == {"month", "quarter", "year"}
    assert Subscription.objects.filter(kind="trial").count() >= 20
    assert paid.filter(discount_ends__lte=TODAY, discount_percent__gt=0).exists()
    assert paid.filter(discount_amount__gt=0).exists()
    assert paid.filter(past_due_since__isnull=False).count() == 3
    assert paid.filter(ends__gt=TODAY, cancelled_on__lte=TODAY).count() >= 2
    assert Pause.objects.count() >= 4
    assert Departure.objects.exclude(recovered=None).count() >= 2
    assert Departure.objects.exclude(competitor="").exists()
    assert Departure.objects.filter(reason="").count() == 0


def test_ends_were_learned_when_notice_was_given(company):
    cancelled = Subscription.objects.exclude(cancelled_on=None)

    assert cancelled.exists()
    assert not cancelled.filter(cancelled_recorded_at__date__gt=F("ends")).exists()
    assert not Subscription.objects.exclude(ends=None).filter(ends_recorded_at__date__gt=TODAY).exists()


def test_terms_come_up_and_were_decided(company):
    soon = Term.objects.filter(outcome="open", ends__range=(TODAY, TODAY + timedelta(days=120)))

    assert soon.count() >= 10
    assert set(Term.objects.values_list("outcome", flat=True)) == {"open", "renewed", "lost"}
    assert not Term.objects.filter(outcome="open", ends__lt=TODAY).exists()


def test_orders_equal_their_lines(company):
    orders = Order.objects.annotate(of_lines=Sum("lines__amount"))

    assert not orders.exclude(of_lines=F("amount")).exists()
    assert 50 <= orders.values("account").distinct().count() <= 60
    assert Return.objects.count() > 20
    units = OrderLine.objects.aggregate(sold=Sum("quantity"), returned=Sum("returns__units"))
    assert Decimal("0.002") < units["returned"] / units["sold"] < Decimal("0.05")


def test_payments_cover_the_months_and_refunds_name_what_they_refund(company):
    months = (
        Payment.objects.annotate(month=TruncMonth("day")).values("month").annotate(received=Sum("amount"))
    )

    assert months.count() == 25
    assert Payment.objects.filter(amount__lt=0, refund_of=None).count() == 0
    assert Payment.objects.exclude(refund_of=None).count() > 10
    assert not Payment.objects.filter(account__internal=True).exists()


def test_tickets_have_a_believable_log(company):
    counted = Ticket.objects.filter(spam=False, merged_into=None, opened_by_staff=False)
    resolved = counted.filter(events__kind="resolved").distinct().count()
    reopened = counted.filter(events__kind="reopened").distinct().count()

    assert 5_000 <= Ticket.objects.count() <= 7_000
    assert 0.04 <= reopened / resolved <= 0.08
    assert 2 <= mean_first_response(counted) <= 8
    assert set(TicketEvent.objects.values_list("kind", flat=True)) == set(TicketEvent.Kind.values)


def mean_first_response(tickets) -> float:
    """Hours."""
    replies = Q(events__kind="replied", events__by="staff", events__public=True)
    answered = tickets.annotate(replied=Min("events__happened_at", filter=replies)).exclude(replied=None)
    waits = answered.aggregate(mean=Avg(F("replied") - F("opened_at")))["mean"]
    return waits.total_seconds() / 3600


def test_leavers_ask_more_and_order_less_before_they_go(company):
    departures = Departure.objects.filter(churn_day__gt=add_months(TODAY, -18), recovered=None)
    leaving, usual = Counter(), Counter()
    for account, churn_day in departures.values_list("account", "churn_day"):
        last = (churn_day - timedelta(days=90), churn_day - timedelta(days=1))
        before = (churn_day - timedelta(days=270), churn_day - timedelta(days=181))
        for counts, span in [(leaving, last), (usual, before)]:
            counts["tickets"] += Ticket.objects.filter(account=account, opened_at__date__range=span).count()
            counts["orders"] += Order.objects.filter(account=account, ordered_at__date__range=span).count()

    assert leaving["tickets"] > 1.5 * usual["tickets"] > 0
    assert usual["orders"] > leaving["orders"] == 0


def test_all_accounts_wait_to_be_computed(company):
    assert Touched.objects.exclude(account_id=None).values("account_id").distinct().count() >= 200


def test_attributes_and_tags_look_lived_in(company):
    counted = Counter(
        (key, value)
        for attributes in Account.objects.values_list("attributes", flat=True)
        for key, lines in attributes.items()
        for value in lines
    )

    assert AttributeDefinition.objects.count() == 4
    assert all(set(definition.name) == {"en", "ar"} for definition in AttributeDefinition.objects.all())
    assert min(counted["support_level", level] for level in ("standard", "extended", "dedicated")) >= 15
    assert min(counted["integrations", system] for system in ("sap", "odoo", "shopify")) >= 10
    assert set(Tag.objects.values_list("name", flat=True)) >= {"VIP", "حملة رمضان"}
    assert 30 <= Account.objects.exclude(tags=[]).count() <= 90
    assert not Account.objects.filter(internal=True).exclude(tags=[]).exists()
    moved = (
        AccountChange.objects.filter(field="attribute.integrations").values("account").annotate(n=Count("id"))
    )
    assert moved.filter(n__gt=1).count() >= 20


def test_one_customer_and_one_contact_were_entered_again(company):
    """Beside them stand names that are alike by chance."""
    duplicates.search(timezone.now())

    (again,) = AccountPair.objects.filter(
        Q(first__name__endswith="LIMITED") | Q(second__name__endswith="LIMITED")
    )
    (called,) = ContactPair.objects.filter(reasons__contains=["phone"])
    assert {again.first.subscriptions.exists(), again.second.subscriptions.exists()} == {True, False}
    assert called.first.account == called.second.account
