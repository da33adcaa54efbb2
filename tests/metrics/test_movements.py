"""Start + new + reactivated + expansion − contraction − churned + fx = end, whatever the book and the window."""

from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Account, AccountChange, ExchangeRate, Pause, Subscription
from metrics import catalogue
from metrics.answers import ask
from metrics.evaluate import Question, per_account
from metrics.framing import window_of
from metrics.populations import Population
from metrics.sources import Clock
from metrics.windows import Window
from tests.factories import organisation

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 15, 9, tzinfo=UTC)
RISES = ("mrr_new", "mrr_reactivated", "mrr_expansion")
FALLS = ("mrr_contraction", "mrr_churned")
MOVEMENTS = (*RISES, *FALLS, "mrr_fx")
FIRST = date(2025, 1, 1)

# Days fall often on one another and on the ends of months.
DAYS = st.one_of(
    st.integers(0, 520).map(lambda number: FIRST + timedelta(number)),
    st.sampled_from(
        [date(2025, 1, 31), date(2025, 2, 28), date(2025, 3, 1), date(2025, 12, 31), date(2026, 2, 28)]
    ),
)
LENGTHS = st.one_of(st.none(), st.integers(1, 300))
AMOUNTS = st.one_of(
    st.sampled_from([Decimal(0), Decimal(10), Decimal(100)]),
    st.decimals(min_value=0, max_value=99999, places=4, allow_nan=False),
)
SUBSCRIPTIONS = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["paid", "paid", "paid", "trial"]),
        "price": AMOUNTS,
        "interval": st.sampled_from(["day", "week", "month", "quarter", "year"]),
        "interval_count": st.integers(1, 3),
        "quantity": st.integers(0, 3),
        "discount_percent": st.sampled_from([0, 0, 15, 100]),
        "discount_amount": st.sampled_from([0, 0, 5]),
        "discounted_for": LENGTHS,
        "currency": st.sampled_from(["USD", "USD", "EUR", "SAR"]),
        "starts": DAYS,
        "lasts": LENGTHS,
        "paused_after": st.one_of(st.none(), st.integers(0, 60)),
        "paused_for": LENGTHS,
    }
)
BOOKS = st.fixed_dictionaries(
    {
        "accounts": st.lists(st.lists(SUBSCRIPTIONS, max_size=3), min_size=1, max_size=4),
        "rates": st.dictionaries(
            st.tuples(st.sampled_from(["EUR", "SAR"]), DAYS),
            st.sampled_from(["0.2666", "0.5", "1.1", "3"]),
            max_size=6,
        ),
        "currency": st.sampled_from(["USD", "USD", "KWD", "JPY"]),
        "merged": st.booleans(),
        "segments": st.lists(st.tuples(DAYS, st.sampled_from(["small", "large"])), max_size=3),
    }
)
WINDOWS = st.sampled_from(
    [
        "month",
        "quarter",
        "year",
        "1d",
        "30d",
        "1m",
        "3m",
        "12m",
        "all",
        "2025-02-28..2025-03-01",
        "2025-01-31..2026-05-02",
    ]
)
MODERATE = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@contextmanager
def written(book):
    """The book in the database, and out of it again."""
    with transaction.atomic():
        clock = Clock(organisation(currency=book["currency"]), NOW)
        write(book)
        yield clock
        transaction.set_rollback(True)


def write(book):
    accounts = Account.objects.bulk_create(
        Account(name=f"Account {i}") for i, _ in enumerate(book["accounts"])
    )
    if book["merged"] and len(accounts) > 1:
        Account.objects.filter(pk=accounts[1].pk).update(merged_into=accounts[0])
    AccountChange.objects.bulk_create(
        AccountChange(account=accounts[0], field="segment", value=value, from_day=day)
        for day, value in dict(book["segments"]).items()
    )
    rates = {(currency, FIRST - timedelta(1)): "1.08" for currency in ("EUR", "SAR", "USD")} | book["rates"]
    ExchangeRate.objects.bulk_create(
        ExchangeRate(base=book["currency"], currency=currency, day=day, rate=rate)
        for (currency, day), rate in rates.items()
        if currency != book["currency"]
    )
    periods = [
        (account, given) for account, owned in zip(accounts, book["accounts"], strict=True) for given in owned
    ]
    subscriptions = Subscription.objects.bulk_create(
        subscription(account, given) for account, given in periods
    )
    Pause.objects.bulk_create(
        Pause(
            subscription=subscription,
            starts=subscription.starts + timedelta(given["paused_after"]),
            ends=after(subscription.starts + timedelta(given["paused_after"]), given["paused_for"]),
        )
        for subscription, (_account, given) in zip(subscriptions, periods, strict=True)
        if given["paused_after"] is not None
    )


def subscription(account, given):
    names = ("kind", "price", "interval", "interval_count", "quantity", "currency", "starts")
    return Subscription(
        account=account,
        ends=after(given["starts"], given["lasts"]),
        discount_percent=given["discount_percent"],
        discount_amount=given["discount_amount"],
        discount_ends=after(given["starts"], given["discounted_for"]),
        **{name: given[name] for name in names},
    )


def after(day, length):
    return None if length is None else day + timedelta(length)


def moved(sums):
    """What the movements say that MRR changed by."""
    rises = sum((sums[key] for key in (*RISES, "mrr_fx")), Decimal(0))
    return rises - sum((sums[key] for key in FALLS), Decimal(0))


@MODERATE
@given(book=BOOKS, window=WINDOWS, day=DAYS)
def test_movements_lead_from_start_to_end_for_everybody(book, window, day):
    with written(book) as clock:
        found = ask(MOVEMENTS, Population(), clock, as_of=day, window=window)
        sums = {key: splits[()].value for key, splits in found.items()}
        first, last = found["mrr_fx"][()].window.first, found["mrr_fx"][()].window.last
        start = ask(["mrr"], Population(), clock, as_of=first - timedelta(1))["mrr"][()].value
        end = ask(["mrr"], Population(), clock, as_of=last)["mrr"][()].value

    assert start + moved(sums) == end
    assert all(sums[key] >= 0 for key in (*RISES, *FALLS))


@pytest.mark.long
@MODERATE
@given(book=BOOKS, window=WINDOWS, day=DAYS)
def test_movements_lead_from_start_to_end_for_every_account(book, window, day):
    with written(book) as clock:
        for sums in sums_of_accounts(clock, window, day).values():
            assert sums.pop("start") + moved(sums) == sums["end"]


def sums_of_accounts(clock, window, day):
    stretch = window_of(catalogue.ALL["mrr_new"], day, clock, window)
    questions = {key: Question(catalogue.ALL[key], stretch, stretch.end) for key in MOVEMENTS}
    questions["start"] = Question(catalogue.ALL["mrr"], Window(stretch.start, stretch.start), stretch.start)
    questions["end"] = Question(catalogue.ALL["mrr"], Window(stretch.end, stretch.end), stretch.end)
    sql = per_account(list(questions.values()), Population(), clock, stretch.start)
    with connection.cursor() as cursor:
        cursor.execute(sql.text, sql.parameters)
        rows = cursor.fetchall()
    sums = {member: dict.fromkeys(questions, Decimal(0)) for member, *_rest in rows}
    for member, _split, index, numerator, _denominator in rows:
        sums[member][list(questions)[index]] = numerator
    return sums


@settings(MODERATE, max_examples=15)
@given(book=BOOKS, window=WINDOWS, day=DAYS)
def test_movements_of_the_parts_add_up_to_the_whole(book, window, day):
    with written(book) as clock:
        whole = ask(MOVEMENTS, Population(), clock, as_of=day, window=window)
        parts = ask(MOVEMENTS, Population(), clock, as_of=day, window=window, by=("segment",))

    for key in MOVEMENTS:
        assert sum((part.value for part in parts[key].values()), Decimal(0)) == whole[key][()].value


@pytest.mark.long
@settings(MODERATE, max_examples=10)
@given(book=BOOKS, day=DAYS)
def test_movements_of_a_quarter_are_those_of_its_months(book, day):
    until = date(day.year, 12, 31)
    with written(book) as clock:
        quarter = ask(MOVEMENTS, Population(), clock, as_of=until, window="quarter")
        ends = [date(day.year, 10, 31), date(day.year, 11, 30), until]
        months = [ask(MOVEMENTS, Population(), clock, as_of=end, window="month") for end in ends]

    for key in MOVEMENTS:
        assert sum((month[key][()].value for month in months), Decimal(0)) == quarter[key][()].value
