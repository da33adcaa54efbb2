"""Statements, roll-up and the rows behind a figure."""

from datetime import UTC, datetime
from decimal import Decimal
from random import Random

import pytest
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from metrics import rows
from metrics.catalogue import ALL
from metrics.evaluate import Question, evaluate, per_account
from metrics.framing import question_of
from metrics.populations import Population
from metrics.terms import Flow, Level
from metrics.windows import Window
from tests.factories import account, day, order, organisation, subscription, ticket
from tests.metrics.asking import ask, clock, value
from tests.metrics.books import Writer

pytestmark = pytest.mark.django_db

JUNE_30 = "2026-06-30"
OF_THE_DAY = [key for key, metric in ALL.items() if metric.numerator and metric.membership.value == "end"]


def statements(keys, **question):
    with CaptureQueriesContext(connection) as captured:
        ask(keys, JUNE_30, **question)
    return len(captured)


def light_accounts(count):
    """One with a subscription and an order, and copies of it made inside the database."""
    organisation()
    first = account()
    facts = [subscription(first, 10, "2025-01-01"), order(first, "2026-06-01 00:00", 10)]
    with connection.cursor() as cursor:
        cursor.execute(copies(first, "id") + " CROSS JOIN generate_series(2, %s) RETURNING id", [count])
        made = [pk for (pk,) in cursor.fetchall()]
        for fact in facts:
            cursor.execute(
                copies(fact, "id", account_id="made") + " CROSS JOIN unnest(%s::bigint[]) made", [made]
            )
        cursor.execute("ANALYZE")  # nobody waits for the server to find out by itself


def copies(row, *left_out, **replaced):
    fields = [f for f in row._meta.concrete_fields if not isinstance(f, models.GeneratedField)]
    names = [f.column for f in fields if f.column not in left_out]
    values = ", ".join(replaced.get(name, f't."{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    table = row._meta.db_table
    return (
        f"INSERT INTO {table} ({columns}) SELECT {values} FROM (SELECT * FROM {table} WHERE id = {row.pk}) t"
    )


def test_statement_count_does_not_grow_with_accounts():
    counts = []
    for more in (1, 2, 997):
        light_accounts(more)
        counts.append([statements(ALL, by="segment"), statements(["mrr"])])

    assert counts == [counts[0]] * 3
    assert value("mrr", JUNE_30) == 10_000


def test_statement_count_does_not_grow_with_metrics():
    """The settings row, the rates, and the one statement; more only where more membership days are asked for.

    Durations are read once more, also in one statement for all of them; where a window is all the time, the first day
    of it is asked for.
    """
    light_accounts(3)

    assert len(OF_THE_DAY) > 10
    assert [statements(keys) for keys in (["mrr"], ["orders"], OF_THE_DAY)] == [3, 3, 5]
    assert statements(["time_to_first_response", "time_to_resolution_median"]) == 4
    assert statements(ALL, window="month") == 6


def test_question_that_is_asked_twice_is_answered_once():
    subscription(account(), 100, "2026-01-01")
    on = day(JUNE_30)

    found = evaluate([Question(ALL["mrr"], Window(on, on), on)] * 2, Population(), clock())

    assert [list(sums) for sums in found.values()] == [[()]]


def test_metrics_of_several_sources_multiply_nothing():
    customer = account()
    for price in (10, 20, 30):
        subscription(customer, price, "2026-01-01")
    for amount in (1, 2, 3, 4):
        order(customer, "2026-06-10 12:00", amount)
    for _ in range(5):
        ticket(
            customer,
            [
                ("opened", "2026-06-10 09:00"),
                *[("replied", "2026-06-10 10:00")] * 3,
                ("resolved", "2026-06-10 11:00"),
            ],
        )

    found = {key: splits[()].numerator for key, splits in ask(ALL, JUNE_30).items()}
    assert (found["mrr"], found["orders"], found["average_order_value"], found["tickets"]) == (60, 4, 10, 5)
    assert (found["time_to_first_response_mean"], found["time_to_resolution"]) == (5, 10)


# The rows behind a figure


@pytest.fixture
def book():
    Writer(Random(1001)).write()
    return clock(datetime(2026, 3, 17, 13, 30, tzinfo=UTC))


def questions(clock, on):
    return [question_of(metric, on, clock, "12m") for metric in ALL.values() if metric.numerator]


def test_accounts_behind_a_figure_add_up_to_it(book):
    asked = questions(book, day("2026-02-28"))

    for question, splits in evaluate(asked, Population(), book).items():
        page = rows.accounts(question, Population(), book, limit=None)
        if not splits:
            assert (page.rows, page.count) == ([], 0)
            continue
        assert page.count == len(page.rows)
        assert total(row.numerator for row in page.rows) == known(splits[()].numerator), question.metric.key
        if question.metric.denominator:
            assert total(row.denominator for row in page.rows) == known(splits[()].denominator)


def test_facts_behind_an_account_add_up_to_its_sums(book):
    for question in questions(book, day("2026-02-28")):
        metric = question.metric
        for row in rows.accounts(question, Population(), book, limit=2).rows:
            facts = {behind.reading: behind.rows for behind in rows.facts(question, row.account, book)}
            for term, found in ((metric.numerator, row.numerator), (metric.denominator, row.denominator)):
                if isinstance(term, Flow | Level) and found is not None:
                    counted = sum((fact.counted for fact in facts[reading_of(term, question)]), Decimal(0))
                    # An account's money is rounded to the coin, by less than half of one of them.
                    leeway = Decimal("0.0051") if term.measure.money else Decimal("1e-6")
                    assert abs(counted - found) < leeway, (metric.key, row)


def reading_of(term, question):
    read = []
    term.sql(question.asked, lambda reading: read.append(reading) or "0")
    return read[0]


def total(amounts):
    amounts = list(amounts)
    return None if None in amounts else sum(amounts, Decimal(0))


def known(amount):
    return None if amount.is_nan() else amount


def test_facts_without_an_account_stand_behind_everybody_s_figure():
    lost = ticket(None, [("opened", "2026-06-10 09:00")])
    ticket(account(), [("opened", "2026-06-10 09:00")])
    question = question_of(ALL["tickets"], day(JUNE_30), clock())

    assert {row.account for row in rows.accounts(question, Population(), clock()).rows} >= {0}
    (facts,) = rows.facts(question, 0, clock())
    assert [fact.pk for fact in facts.rows] == [lost.pk]


def test_amounts_without_a_rate_stand_first_behind_a_figure():
    subscription(account("Priced"), 100, "2026-01-01")
    unpriced = account("Unpriced")
    subscription(unpriced, 1, "2026-01-01", currency="XAU")
    question = Question(ALL["mrr"], Window(day(JUNE_30), day(JUNE_30)), day(JUNE_30))

    first, second = rows.accounts(question, Population(), clock()).rows
    assert (first.account, first.numerator, second.numerator) == (unpriced.pk, None, 100)


def test_accounts_behind_a_figure_come_in_pages():
    for price in (30, 10, 20):
        subscription(account(f"{price}"), price, "2026-01-01")
    question = Question(ALL["mrr"], Window(day(JUNE_30), day(JUNE_30)), day(JUNE_30))

    pages = [rows.accounts(question, Population(), clock(), offset=offset, limit=2) for offset in (0, 2, 4)]

    assert [[row.numerator for row in page.rows] for page in pages] == [[30, 20], [10], []]
    assert [page.count for page in pages] == [3, 3, 3]


def test_facts_of_the_loser_of_a_merge_stand_behind_the_survivor():
    survivor, loser = account("Najm"), account("Najm LLC")
    mine, lost = order(survivor, "2026-06-10 12:00"), order(loser, "2026-06-11 12:00")
    Account.objects.filter(pk=loser.pk).update(merged_into=survivor)
    question = question_of(ALL["orders"], day(JUNE_30), clock())

    (facts,) = rows.facts(question, survivor.pk, clock())
    assert [fact.pk for fact in facts.rows] == [lost.pk, mine.pk]


def test_statement_is_as_long_for_many_accounts_as_for_few():
    organisation()
    now = clock()
    asked = [question_of(metric, now.today, now) for metric in ALL.values() if metric.numerator]

    few, many = (
        per_account(asked, Population(accounts=tuple(range(1, count))), now, now.today).text
        for count in (3, 300)
    )

    assert few == many
