from datetime import UTC, date, datetime
from decimal import Decimal
from math import isclose

import pytest
from django.db import connection

from accounts.models import Organisation, Team, Touched, User
from metrics import catalogue, storing
from metrics.answers import ask
from metrics.evaluate import per_account
from metrics.framing import question_of
from metrics.models import AccountSnapshot, CurrentValue, Definition, PopulationValue
from metrics.populations import Population
from metrics.sources import Clock
from tests import factories
from tests.surveys.rows import answer, response, survey

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)
TODAY, DAY = date(2026, 3, 17), date(2026, 2, 28)
KEYS = [metric.key for metric in storing.stored_metrics()]


@pytest.fixture
def clock():
    return Clock(Organisation.current(), NOW)


@pytest.fixture
def book():
    """Forty accounts, so that there are intervals, in two segments and two teams, with something without an account."""
    teams = [Team.objects.create(name=name) for name in ("North", "South")]
    owner = User.objects.create_user("owner@example.com")
    accounts = []
    for number in range(40):
        account = factories.account(
            f"Account {number}",
            segment=("small", "large")[number % 2],
            team=teams[number % 3 % 2],
            owner=owner if number % 4 else None,
        )
        factories.subscription(account, 100 + number, "2025-01-01", "2026-03-01" if number % 7 == 0 else None)
        factories.subscription(account, number, "2026-02-10")
        for day in range(1, 1 + number % 3):
            factories.order(account, f"2026-02-{day:02} 10:00", 10 * number)
        factories.resolved_ticket(account, f"2026-02-{1 + number % 28:02} 10:00", hours=number)
        accounts.append(account)
    factories.resolved_ticket(None, "2026-02-20 10:00", hours=5)
    factories.dated(accounts[0], "2026-02-15", segment="large")
    asked = survey()
    for number, whose in enumerate([*accounts[:20], *accounts[:5], None]):
        answer(response(asked, account=whose, on="2026-02-10 12:00"), value=number % 11)
    return accounts


def ids(accounts):
    return [account.pk for account in accounts]


def of_accounts(clock, day, keys=KEYS):
    """What evaluation gives: {(account, key): (numerator, denominator)}."""
    questions = [question_of(catalogue.ALL[key], day, clock) for key in keys]
    rows = per_account(questions, Population(), clock, day)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT member, question, numerator, denominator FROM ({rows.text}) r", rows.parameters
        )
        return {
            (member, keys[index]): (round(numerator, 6), round(denominator, 6))
            for member, index, numerator, denominator in cursor.fetchall()
            if member
        }


def rows_of(model, **filters):
    found = model.objects.filter(**filters).values_list(
        "account", "definition__key", "numerator", "denominator"
    )
    return {(account, key): sums for account, key, *sums in found for sums in [tuple(sums)]}


def test_current_values_are_what_evaluation_gives(book, clock):
    storing.store_current(ids(book), clock)

    assert rows_of(CurrentValue) == of_accounts(clock, TODAY)
    assert len(rows_of(CurrentValue)) > 300


def test_a_snapshot_is_what_evaluation_gave_on_the_day(book, clock):
    storing.partition_for(DAY)

    storing.store_snapshot(ids(book), clock, DAY)

    assert rows_of(AccountSnapshot, day=DAY) == of_accounts(clock, DAY, list(catalogue.HEADLINES))
    assert not AccountSnapshot.objects.exclude(day=DAY).exists()


def test_the_value_is_the_quotient_or_the_sum(book, clock):
    storing.store_current(ids(book), clock)

    for row in CurrentValue.objects.select_related("definition"):
        metric = catalogue.ALL[row.definition.key]
        if metric.durations:
            continue
        if metric.denominator is None:
            assert row.value == float(row.numerator)
        elif row.denominator:
            assert isclose(row.value, row.numerator / row.denominator, rel_tol=1e-6, abs_tol=1e-6)
        else:
            assert row.value is None


def test_an_accounts_durations_are_its_own_and_no_quotient(book, clock):
    factories.ticket(book[3], [("opened", "2026-03-10 10:00"), ("replied", "2026-03-10 15:00")])
    factories.ticket(book[3], [("opened", "2026-03-11 10:00"), ("replied", "2026-03-11 12:00")])
    factories.ticket(book[3], opened="2026-03-16 12:30")
    factories.ticket(book[4], opened="2026-03-11 10:00")

    storing.store_current(ids(book), clock)

    of_all = CurrentValue.objects.of("time_to_first_response")
    assert of_all.get(account=book[3]).value == 5
    assert of_all.get(account=book[4]).value is None
    assert (of_all.get(account=book[3]).numerator, of_all.get(account=book[3]).denominator) == (2, 3)


def test_an_accounts_durations_are_stored_anew_where_their_sums_are_the_same(book, clock):
    ticket = factories.ticket(book[3], [("opened", "2026-03-10 10:00"), ("replied", "2026-03-10 15:00")])
    storing.store_current(ids(book), clock)
    ticket.events.filter(kind="replied").update(happened_at=factories.at("2026-03-10 16:00"))

    assert storing.store_current(ids(book), clock) > 0

    assert CurrentValue.objects.of("time_to_first_response").get(account=book[3]).value == 6


def test_a_value_that_is_gone_is_removed(book, clock):
    storing.store_current(ids(book), clock)
    mine = CurrentValue.objects.of("average_order_value").filter(account=book[2])
    assert mine.exists()
    book[2].orders.all().delete()

    changed = storing.store_current(ids(book), clock)

    assert not mine.exists()
    # Average value, frequency, repeat purchases and three rates of return; no order was of this month.
    assert changed == 6


def test_equal_rows_are_not_written_again(book, clock):
    storing.partition_for(DAY)
    storing.store_current(ids(book), clock)
    storing.store_snapshot(ids(book), clock, DAY)
    before = versions("metrics_currentvalue"), versions("metrics_accountsnapshot")
    factories.subscription(book[3], 1, "2026-01-01")

    assert storing.store_current(ids(book), clock) > 0
    assert storing.store_snapshot(ids(book), clock, DAY) == 1

    after = versions("metrics_currentvalue"), versions("metrics_accountsnapshot")
    assert {account for account, _key, *_ in before[0] ^ after[0]} == {book[3].pk}
    assert len(before[1] - after[1]) == 1


def versions(table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT account_id, definition_id, ctid::text FROM {table}")
        return set(cursor.fetchall())


def test_storing_nobody_is_nothing(clock):
    assert storing.store_current([], clock) == 0
    assert storing.store_snapshot([], clock, DAY) == 0
    assert storing.store_night([], clock, DAY) == []


def test_values_of_everybody_equal_the_answers(book, clock):
    storing.store_current(ids(book), clock)

    storing.store_everybody(clock)

    answers = ask(KEYS, Population(), clock, as_of=TODAY)
    assert PopulationValue.objects.count() == len(KEYS)
    for key, splits in answers.items():
        assert_stored(splits[()], TODAY, "", key)
    assert PopulationValue.objects.filter(method__startswith="boot").exists()
    assert PopulationValue.objects.filter(method__startswith="adjusted").exists()
    assert answers["time_to_resolution"][()].unattributed == 1


def test_values_of_populations_equal_the_answers(book, clock):
    storing.store_populations(clock, DAY)

    for dimension in ("", *storing.DIMENSIONS):
        keys = [key for key in KEYS if not dimension or catalogue.ALL[key].level != "organisation"]
        answers = ask(keys, Population(), clock, as_of=DAY, by=(dimension,) if dimension else ())
        stored = PopulationValue.objects.filter(day=DAY, dimension=dimension)
        assert stored.count() == sum(len(splits) for splits in answers.values()) > 15, dimension
        for key, splits in answers.items():
            for split in splits.values():
                assert_stored(split, DAY, dimension, key)


def test_the_organisation_s_figures_are_kept_for_everybody_only(book, clock):
    storing.store_populations(clock, DAY)

    kept = PopulationValue.objects.filter(definition__key="profit")
    assert [row.dimension for row in kept] == [""]


def assert_stored(answer, day, dimension, key):
    row = PopulationValue.objects.get(
        day=day, dimension=dimension, member="".join(answer.split), definition__key=key
    )
    interval = answer.interval
    assert near(row.numerator, answer.numerator), key
    assert near(row.denominator, answer.denominator), key
    assert near(row.value, answer.value), key
    assert near(row.low, interval and interval.low), key
    assert near(row.high, interval and interval.high), key
    assert (row.method, row.accounts) == (interval.method if interval else "", answer.accounts)
    assert row.low_sample == answer.low_sample


def near(one, other):
    """Sums per account are kept with six decimals."""
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=1e-6, abs_tol=1e-5)


def test_everybodys_values_of_an_empty_installation_are_zero_or_nothing(clock):
    storing.store_everybody(clock)

    values = dict(PopulationValue.objects.values_list("definition__key", "value"))
    assert values.keys() == set(KEYS)
    assert values["mrr"] == values["customers"] == 0
    assert values["arpa"] is None


def test_a_member_that_is_gone_loses_the_metrics_it_has_no_more(book, clock):
    storing.store_populations(clock, DAY)
    of_small = PopulationValue.objects.filter(dimension="segment", member="small")
    assert {"orders", "mrr"} <= set(of_small.values_list("definition__key", flat=True))
    for account in book[::2]:
        account.orders.all().delete()

    storing.store_populations(clock, DAY)

    keys = set(of_small.values_list("definition__key", flat=True))
    assert "mrr" in keys
    assert "orders" not in keys


def test_days_and_dimensions_do_not_disturb_each_other(book, clock):
    storing.store_populations(clock, DAY)
    before = set(PopulationValue.objects.values_list("day", "dimension", "member", "definition", "value"))

    storing.store_populations(clock, date(2026, 1, 31))
    storing.store_everybody(clock)

    after = set(PopulationValue.objects.values_list("day", "dimension", "member", "definition", "value"))
    assert before < after


def test_a_night_compares_all_metrics_and_keeps_the_headlines(book, clock):
    storing.partition_for(TODAY)
    storing.store_current(ids(book), clock)
    CurrentValue.objects.of("average_order_value").filter(account=book[1]).update(numerator=1)
    CurrentValue.objects.of("mrr").filter(account=book[2]).delete()
    Touched.objects.all().delete()

    found = storing.store_night(ids(book), clock, TODAY)

    assert found == [(book[1].pk, "average_order_value"), (book[2].pk, "mrr")]
    assert rows_of(AccountSnapshot, day=TODAY) == of_accounts(clock, TODAY, list(catalogue.HEADLINES))


def test_a_month_has_one_partition(clock):
    storing.partition_for(date(2026, 2, 28))
    storing.partition_for(date(2026, 2, 1))
    storing.partition_for(date(2025, 12, 31))

    assert partitions() == {
        "metrics_accountsnapshot_other",
        "metrics_accountsnapshot_2025_12",
        "metrics_accountsnapshot_2026_02",
    }


def partitions():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'metrics_accountsnapshot'::regclass"
        )
        return {name for (name,) in cursor.fetchall()}


def test_snapshots_lie_in_the_partition_of_their_month(book, clock):
    days = [date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28)]
    for day in days:
        storing.partition_for(day)
        storing.store_snapshot(ids(book), clock, day)

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT tableoid::regclass::text, day FROM metrics_accountsnapshot ORDER BY day"
        )
        assert cursor.fetchall() == [
            ("metrics_accountsnapshot_2026_01", days[0]),
            ("metrics_accountsnapshot_2026_02", days[1]),
            ("metrics_accountsnapshot_2026_02", days[2]),
        ]


def test_a_metric_gets_its_row_once(clock):
    first = storing.definitions()

    assert storing.definitions() == first
    assert first.keys() == catalogue.ALL.keys()
    assert Definition.objects.count() == len(catalogue.ALL)


def test_a_new_version_of_a_metric_is_noted(clock):
    storing.definitions()
    Definition.objects.filter(key="mrr").update(version=0)

    storing.definitions()

    assert Definition.objects.get(key="mrr").version == catalogue.ALL["mrr"].version


def test_money_without_a_rate_is_kept_as_unknown(book, clock):
    factories.subscription(book[0], 5, "2026-01-01", currency="EUR")

    storing.store_current(ids(book), clock)
    storing.store_everybody(clock)

    row = CurrentValue.objects.of("mrr").get(account=book[0])
    assert (row.numerator, row.denominator, row.value) == (None, Decimal(0), None)
    everybody = PopulationValue.objects.get(definition__key="mrr")
    assert (everybody.numerator, everybody.value) == (None, None)
