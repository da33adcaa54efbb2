"""What was known by a day: the figures of a year, asked then and asked again at its end."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random

import pytest
from django.db.models import Q

from accounts.models import (
    Account,
    AccountChange,
    ActivityDay,
    Consent,
    Delivery,
    Departure,
    ExchangeRate,
    Expense,
    Identity,
    Lead,
    Order,
    OrderLine,
    Organisation,
    Pause,
    Payment,
    Return,
    Session,
    Subscription,
    Term,
    Ticket,
    TicketEvent,
)
from metrics import catalogue
from metrics.answers import ask
from metrics.populations import Population, of
from metrics.sources import Clock
from surveys.models import FeedbackItem, Invitation, Response
from tests.factories import account, at, dated, day, organisation, payment, rate, subscription
from tests.metrics.asking import clock as clock_at
from tests.metrics.asking import value
from tests.metrics.books import Writer

pytestmark = pytest.mark.django_db

KEYS = tuple(catalogue.ALL)
HAPPENED = {
    Subscription: "starts",
    Pause: "starts",
    Term: "starts",
    Order: "ordered_at",
    OrderLine: "order__ordered_at",
    Return: "day",
    Payment: "day",
    Ticket: "opened_at",
    TicketEvent: "happened_at",
    AccountChange: "from_day",
    ExchangeRate: "day",
    Departure: "churn_day",
    Lead: "first_interest",
    Expense: "month",
    Session: "began",
    Identity: "since",
    Delivery: "delivered_at",
    Consent: "given_at",
    Response: "responded_at",
    Invitation: "invited_at",
    FeedbackItem: "said_on",
}
# Nobody learns of a part before the whole.
PARTS = {
    Pause: ["subscription"],
    OrderLine: ["order"],
    Return: ["order", "line"],
    TicketEvent: ["ticket"],
    FeedbackItem: ["response"],
}
ENDS = {
    Subscription: ("ends", "ends_recorded_at"),
    Pause: ("ends", "ends_recorded_at"),
    Order: ("cancelled_at", "cancelled_recorded_at"),
    Term: ("decided_on", "outcome_recorded_at"),
    Consent: ("withdrawn_at", "withdrawn_recorded_at"),
}
UNDECIDED = {Term: {"outcome": "open"}}


class Learning:
    """A random book whose facts were recorded when they happened, or up to a hundred days late."""

    def __init__(self, seed):
        self.random = Random(seed)
        Writer(self.random).write()
        self.zone = Organisation.current().zone
        Account.objects.update(recorded_at=datetime(2024, 1, 1, tzinfo=UTC))
        for model, path in HAPPENED.items():
            for pk, happened in model.objects.exclude(**{path: None}).order_by("pk").values_list("pk", path):
                model.objects.filter(pk=pk).update(recorded_at=self.later(happened))
        # A merge has no time of its own: whom others were merged into was always known.
        Ticket.objects.filter(merged__isnull=False).update(recorded_at=datetime(2024, 1, 1, tzinfo=UTC))
        for model, wholes in PARTS.items():
            for row in model.objects.select_related(*wholes):
                known = [getattr(row, whole).recorded_at for whole in wholes if getattr(row, whole)]
                model.objects.filter(pk=row.pk).update(recorded_at=max([row.recorded_at, *known]))
        for model, (end, recorded) in ENDS.items():
            ended = model.objects.filter(**{f"{end}__isnull": False}).order_by("pk")
            for pk, moment, learned in ended.values_list("pk", end, "recorded_at"):
                model.objects.filter(pk=pk).update(**{recorded: max(self.later(moment), learned)})

    def later(self, happened):
        """At once, a few days or many later; ends and rates are often known ahead."""
        moment = (
            happened if isinstance(happened, datetime) else datetime.combine(happened, time(9), self.zone)
        )
        return moment + timedelta(days=self.random.choice([-20, 0, 0, 0, 1, 3, 40, 100]))


def forget_all_but(instant):
    """The book as it was: rows recorded later are not there yet, and ends heard of later are open."""
    for model in (TicketEvent, Return, OrderLine, Pause, *HAPPENED):
        model.objects.filter(recorded_at__gte=instant).delete()
    today = instant.astimezone(Organisation.current().zone).date()
    ActivityDay.objects.filter(Q(day__gte=today) | Q(late_on__gte=today)).delete()
    for model, (end, recorded) in ENDS.items():
        model.objects.filter(**{f"{recorded}__gte": instant}).update(
            **{end: None}, **UNDECIDED.get(model, {})
        )


@pytest.mark.parametrize(
    ("seed", "months"),
    [(0, 4), *(pytest.param(seed, 12, marks=pytest.mark.long) for seed in range(24))],
)
def test_known_by_gives_what_was_computed_on_that_day(seed, months):
    """Days of a year, the latest first: each time what was recorded later is taken away, and asked plainly."""
    Learning(seed)
    now = datetime(2026, 4, 30, 20, tzinfo=UTC)
    settings = Organisation.current()
    days = [date(2026, 4, 14) - timedelta(days=29 * back) for back in range(months)]
    again = {on: answers(Clock(settings, now, on), on) for on in days}

    for on in days:
        midnight = settings.end_of(on)
        forget_all_but(midnight)
        then = answers(Clock(settings, midnight), on)

        assert {key: sums for key, sums in again[on].items() if then[key] != sums} == {}


def answers(clock, on):
    found = {}
    for population in (Population(), of({"segment": "large"})):
        for key, splits in ask(KEYS, population, clock, as_of=on).items():
            answer = splits[()]
            known = (answer.value, answer.numerator, answer.denominator, answer.reason)
            found[key, population] = (*known, answer.interval and limits_of(answer.interval))
    return found


def limits_of(interval):
    """Squares are added up as floats, whose last digit knows in which order accounts came."""
    limits = (interval.low, interval.high)
    return *(None if limit is None else f"{limit:.10g}" for limit in limits), interval.method


def known_account(**fields):
    """An account that has been known for long, as its dated values have."""
    known = account(**fields)
    Account.objects.update(recorded_at=at("2026-01-01 09:00"))
    AccountChange.objects.update(recorded_at=at("2026-01-01 09:00"))
    return known


def test_a_late_fact_is_not_known_before_it_came():
    late = subscription(known_account(), 70, "2026-01-01")
    Subscription.objects.filter(pk=late.pk).update(recorded_at=at("2026-03-10 12:00"))

    assert value("mrr", "2026-02-28") == 70
    assert value("mrr", "2026-02-28", known_by="2026-03-09") == 0
    assert value("mrr", "2026-02-28", known_by="2026-03-10") == 70


def test_an_end_that_nobody_had_heard_of_is_none():
    ended = subscription(known_account(), 70, "2026-01-01", "2026-02-01")
    Subscription.objects.filter(pk=ended.pk).update(
        recorded_at=at("2026-01-01 09:00"), ends_recorded_at=at("2026-03-10 12:00")
    )

    assert value("mrr", "2026-02-28") == 0
    assert value("mrr", "2026-02-28", known_by="2026-02-28") == 70


def test_a_rate_that_came_later_converts_nothing():
    subscription(known_account(), 70, "2026-01-01", currency="EUR")
    rate("EUR", "2026-01-01", "1.10")
    ExchangeRate.objects.update(recorded_at=at("2026-03-10 12:00"))
    Subscription.objects.update(recorded_at=at("2026-01-01 12:00"))

    assert value("mrr", "2026-02-28", known_by="2026-02-28") is None
    assert value("mrr", "2026-02-28", known_by="2026-03-31") == 77


def test_membership_is_read_as_it_was_known():
    moved = known_account(segment="small")
    subscription(moved, 70, "2026-01-01")
    Subscription.objects.update(recorded_at=at("2026-01-01 12:00"))
    dated(moved, "2026-02-01", segment="large")
    AccountChange.objects.filter(value="large").update(recorded_at=at("2026-03-10 12:00"))

    assert value("mrr", "2026-02-28", segment="large") == 70
    assert value("mrr", "2026-02-28", segment="large", known_by="2026-02-28") == 0
    assert value("mrr", "2026-02-28", segment="small", known_by="2026-02-28") == 70


def test_the_answer_says_up_to_when_it_was_known():
    organisation()
    payment(account(), 10, "2026-01-01")

    found = ask(
        ["total_revenue"],
        Population(),
        Clock(Organisation.current(), clock_at().now, day("2026-02-01")),
        as_of=day("2026-02-28"),
    )

    assert found["total_revenue"][()].known_by == day("2026-02-01")
