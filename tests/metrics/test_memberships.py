"""Populations that ask for values of metrics, and figures of populations."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.conditions import NotUnderstood, read
from accounts.memberships import Difference
from accounts.merges import merge_accounts
from accounts.models import Account, AuditEntry, Job, Membership, Population
from metrics import catalogue, memberships
from metrics.account_list import METRICS
from metrics.answers import ask, ask_parts, overlapping, refused, undated
from metrics.memberships import Asking
from metrics.models import CurrentValue
from metrics.populations import Population as Asked
from metrics.populations import PopulationError, comparable, is_known, kept_later, of
from metrics.sources import Clock
from tests.factories import account, asks, organisation, population, subscription, ticket
from tests.metrics.views.viewing import definition, value

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 17, 12, tzinfo=UTC)
TODAY = NOW.date()


OF_DURATIONS = next(key for key in METRICS if catalogue.ALL[key].durations)


@pytest.fixture(autouse=True)
def _settings(db):
    organisation()


@pytest.fixture
def computed(db):
    return Job.objects.create(kind="recompute.full", state=Job.State.DONE, finished_at=NOW)


def refresh(saved, minutes=0, **options):
    return memberships.refresh(saved, Asking(NOW + timedelta(minutes=minutes)), **options)


def members(saved):
    rows = Membership.objects.filter(population=saved).open()
    return sorted(rows.values_list("account__name", flat=True))


def found(*conditions):
    saved = population(*conditions)
    refresh(saved)
    return members(saved)


# By values of metrics


def test_sum_without_a_row_is_zero_and_without_a_rate_no_value(computed):
    for name, amount in (("Large", 1000), ("Small", 10), ("Below", -5)):
        value(account(name), "mrr", amount)
    account("Zero")
    CurrentValue.objects.create(account=account("Unknown"), definition=definition("mrr"))

    assert found(asks("metric.mrr", "1000", is_="at_least")) == ["Large"]
    assert found(asks("metric.mrr", "10", is_="at_most")) == ["Below", "Small", "Zero"]
    assert found(asks("metric.mrr", "0", is_="at_least")) == ["Large", "Small", "Zero"]
    assert found(asks("metric.mrr", is_="no_value")) == ["Unknown"]


def test_quotient_without_a_row_has_no_value_and_shares_are_in_percent(computed):
    value(account("Half"), "ticket_reopen_rate", 1, 2)
    value(account("Quarter"), "ticket_reopen_rate", 1, 4)
    account("None")

    assert found(asks("metric.ticket_reopen_rate", "50", is_="at_least")) == ["Half"]
    assert found(asks("metric.ticket_reopen_rate", "25", is_="at_most")) == ["Quarter"]
    assert found(asks("metric.ticket_reopen_rate", is_="no_value")) == ["None"]


def test_all_conditions_hold_those_on_accounts_too(computed):
    value(account("One", segment="large"), "mrr", 1000)
    value(account("Two", segment="small"), "mrr", 1000)
    value(account("Three", segment="large"), "mrr", 2000)
    limits = [asks("metric.mrr", "500", is_="at_least"), asks("metric.mrr", "1500", is_="at_most")]

    assert found(("segment", "large"), *limits) == ["One"]


def test_window_of_its_own_is_computed(computed):
    for name, days in {"Often": (20, 50, 80), "Lately": (1, 2, 3), "Once": (50,), "Never": ()}.items():
        one = account(name)
        for back in days:
            ticket(one, opened=NOW - timedelta(days=back))

    assert found(asks("metric.tickets", "3", is_="at_least", window="90d")) == ["Lately", "Often"]
    assert found(asks("metric.tickets", "2", is_="at_least", window="15d")) == ["Lately"]
    assert found(asks("metric.tickets", "0", is_="at_most", window="15d")) == ["Never", "Often", "Once"]


def test_merged_tickets_count_for_the_survivor_over_any_window(computed):
    loser, survivor = account("Loser"), account("Survivor")
    ticket(loser, opened=NOW - timedelta(days=50))
    merge_accounts(loser, survivor, by=None)

    assert found(asks("metric.tickets", "1", is_="at_least", window="90d")) == ["Survivor"]


def test_contacts_are_in_it_by_the_values_of_their_accounts(computed):
    large = account("Large")
    value(large, "mrr", 1000)
    large.contacts.create(name="Sara")
    account("Small").contacts.create(name="Lina")
    saved = population(asks("metric.mrr", "1000", is_="at_least"), kind="contacts")

    refresh(saved)

    rows = Membership.objects.filter(population=saved).values_list("contact__name", flat=True)
    assert list(rows) == ["Sara"]


def test_nothing_is_found_before_there_are_values():
    account("One")
    by_metric = population(asks("metric.mrr", "0", is_="at_least"))
    plain = population()

    assert memberships.refresh_all(NOW) == Difference(1, 0)
    by_metric.refresh_from_db()
    assert by_metric.kept_since is None
    assert members(plain) == ["One"]


def test_metric_that_there_is_no_longer_finds_nobody(computed):
    account("One")

    assert found(asks("metric.gone", "0", is_="at_least")) == []


def test_what_is_not_understood_keeps_no_other_from_being_brought_up_to_date(computed):
    account("One")
    broken, fine = population(), population()
    Population.objects.filter(pk=broken.pk).update(conditions=[{"field": "shoe_size"}])

    memberships.refresh_all(NOW)

    assert members(fine) == ["One"]


def test_reasons_name_the_metric(computed):
    row = value(account("One", segment="large"), "mrr", 10)
    value(account("Two", segment="large"), "mrr", 1000)
    saved = population(("segment", "large"), asks("metric.mrr", "1000", is_="at_least"))
    refresh(saved)
    AuditEntry.objects.update(at=NOW - timedelta(hours=1))
    CurrentValue.objects.update(value=5)
    CurrentValue.objects.filter(account=row.account).update(value=5000)

    refresh(saved, 5, since=NOW)

    rows = Membership.objects.values_list("account__name", "why_entered", "why_left")
    assert sorted(rows) == [("One", "metric.mrr", ""), ("Two", "first", "metric.mrr")]


def test_saving_brings_the_members_up_to_date_at_once(alice):
    account("One", segment="large")
    account("Two", segment="small")
    saved = Population(name={"en": "Ours"}, made_by=alice, conditions=[asks("segment", "large")])

    memberships.save(saved, by=alice, now=NOW)
    saved.conditions = [asks("segment", "small")]
    memberships.save(saved, by=alice, now=NOW + timedelta(hours=1))
    saved.archived = True
    memberships.save(saved, by=alice, now=NOW + timedelta(hours=2))

    rows = Membership.objects.order_by("entered").values_list("account__name", "why_entered", "why_left")
    assert list(rows) == [("One", "first", "edited"), ("Two", "edited", "archived")]
    assert AuditEntry.objects.filter(table="accounts_population", actor=alice).count() == 4


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (asks("metric.shoe_size", "1", is_="at_least"), "Accounts have no metric “shoe_size”."),
        (asks("metric.arr", "1", is_="at_least"), "Accounts have no metric “arr”."),
        (asks("metric.mrr", "1", is_="at_least", window="90d"), "This metric is of a day and has no window"),
        (asks("metric.tickets", "1", is_="at_least", window="0d"), ""),
        (asks("metric.tickets", "1", is_="at_least", window="2026-01-01..2026-02-01"), "“Tickets” cannot be"),
        (asks(f"metric.{OF_DURATIONS}", "1", is_="at_least", window="7d"), "“"),
    ],
)
def test_metrics_that_accounts_do_not_have_are_refused(condition, words):
    with pytest.raises(NotUnderstood) as refusal:
        memberships.check_metrics(read([condition], of_contacts=False), Clock(organisation(), NOW))

    assert str(refusal.value).startswith(words)


AMOUNTS = st.sampled_from([None, -5, 0, 3, 10, 1000])


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    key=st.sampled_from(["mrr", "tickets", "ticket_reopen_rate", "average_order_value"]),
    is_=st.sampled_from(["at_least", "at_most", "no_value"]),
    limit=st.integers(-6, 1001),
    rows=st.lists(st.one_of(st.just("no row"), AMOUNTS), min_size=4, max_size=4),
)
def test_any_limit_finds_whom_a_plain_loop_finds(computed, key, is_, limit, rows):
    metric = catalogue.ALL[key]
    with transaction.atomic():
        expected = []
        for number, kept in enumerate(rows):
            one = account(f"Customer {number}")
            if kept != "no row":
                CurrentValue.objects.create(account=one, definition=definition(key), value=kept)
            known = (None if metric.denominator else 0) if kept == "no row" else kept
            if known is not None and metric.unit == "%":
                known *= 100
            is_in = known is None if is_ == "no_value" else known is not None and met(is_, known, limit)
            expected += [one.name] if is_in else []
        values = [] if is_ == "no_value" else [limit]

        assert found(asks(f"metric.{key}", values, is_=is_)) == expected
        transaction.set_rollback(True)


def met(is_, known, limit):
    return known >= limit if is_ == "at_least" else known <= limit


# Figures of populations


def in_it(saved, one, entered, left=None):
    def moment(text):
        return text and datetime.fromisoformat(text).replace(tzinfo=UTC)

    return Membership.objects.create(
        population=saved, account=one, entered=moment(entered), left=moment(left)
    )


@pytest.fixture
def book():
    """One was in Ours in March and is in Theirs; Two is in both; Three in none. MRR of 1, 10 and 100."""
    ours, theirs = population(name="Ours"), population(name="Theirs")
    Population.objects.update(kept_since=datetime(2026, 3, 1, 12, tzinfo=UTC))
    one, two, three = (account(name) for name in ("One", "Two", "Three"))
    for number, each in enumerate((one, two, three)):
        subscription(each, 10**number, "2026-01-01")
    in_it(ours, one, "2026-03-01T12:00", "2026-03-20T12:00")
    in_it(ours, two, "2026-03-01T12:00")
    in_it(theirs, one, "2026-03-01T12:00")
    in_it(theirs, two, "2026-03-10T12:00")
    return ours, theirs


CLOCK_AT = datetime(2026, 3, 31, 12, tzinfo=UTC)


def clock():
    return Clock(organisation(), CLOCK_AT)


def mrr(asked, on, by=()):
    answers = ask(["mrr"], asked, clock(), as_of=date.fromisoformat(on), by=by)["mrr"]
    return {part: answer.value for part, answer in answers.items()}


def test_filter_reads_who_was_in_it_on_the_membership_day(book):
    ours, _theirs = book
    asked = of({"population": str(ours.pk)})

    assert [mrr(asked, on)[()] for on in ("2026-03-19", "2026-03-20", "2026-03-31")] == [11, 10, 10]
    assert mrr(of({"population": "999999"}), "2026-03-31") == {(): 0}


def test_figures_of_a_user_are_those_of_the_members_they_may_see(book, alice):
    ours, _theirs = book
    Account.objects.filter(name="One").update(owner=alice)

    asked = of({"population": str(ours.pk)}, user=alice)

    assert [mrr(asked, on)[()] for on in ("2026-03-19", "2026-03-31")] == [1, 0]


def test_parts_by_population_overlap_and_show_those_compared_only(book):
    ours, theirs = (str(saved.pk) for saved in book)
    both = Asked(compared=tuple(saved.pk for saved in book))

    assert mrr(both, "2026-03-31", by=("population",)) == {(ours,): 10, (theirs,): 11, ("",): 100}
    assert mrr(both, "2026-03-09", by=("population",)) == {(ours,): 11, (theirs,): 1, ("",): 100}
    assert mrr(Asked(compared=(book[0].pk,)), "2026-03-31", by=("population",)) == {(ours,): 10, ("",): 101}
    assert overlapping(catalogue.ALL["mrr"], ("population",))
    compared = ask_parts(catalogue.ALL["ticket_reopen_rate"], both, clock(), as_of=TODAY, by=("population",))
    assert [against for _part, against in compared if against] == []


def test_before_it_was_kept_members_are_the_first_ones_and_that_is_said(book):
    ours, _theirs = book
    asked = of({"population": str(ours.pk)})

    assert mrr(asked, "2026-02-10") == {(): 11}
    assert kept_later(asked, (), date(2026, 2, 28), organisation()) == [ours]
    assert kept_later(asked, (), date(2026, 3, 1), organisation()) == []
    assert undated(asked, (), date(2026, 2, 28), clock())
    assert not undated(asked, (), date(2026, 3, 1), clock())


def test_split_says_of_each_that_was_kept_only_later(book):
    both = Asked(compared=tuple(saved.pk for saved in book))

    assert kept_later(both, ("population",), date(2026, 2, 28), organisation()) == list(book)
    assert kept_later(both, ("segment",), date(2026, 2, 28), organisation()) == []


def test_ones_own_and_shared_ones_in_use_are_compared(book, alice, bob):
    ours, theirs = book
    hers = population(name="Hers", by=alice, shared=False)
    population(name="Old", archived=True)
    population(name="People", kind="contacts")

    assert comparable(alice) == (ours.pk, theirs.pk, hers.pk)
    assert comparable(bob) == (ours.pk, theirs.pk)


def test_population_of_contacts_is_no_filter_of_figures(book):
    people = population(kind="contacts")

    assert is_known("population", str(book[0].pk), None)
    assert not is_known("population", str(people.pk), None)
    assert not is_known("population", "ours", None)


def test_figure_of_the_company_has_no_value_by_population(book):
    company = next(m for m in catalogue.ALL.values() if m.level == "organisation")

    assert refused(company, of({"population": "1"})) == "not_by_population"
    assert refused(company, Asked(), ("population",)) == "not_by_population"


def test_population_is_a_filter_among_the_others():
    with pytest.raises(PopulationError, match="population"):
        of({"shoe_size": "46"})


def test_figures_of_any_history_are_those_of_a_plain_loop(book):
    """Every day of two months, each account in turn."""
    ours, _theirs = book
    rows = list(Membership.objects.filter(population=ours).select_related("account", "population"))
    prices = {"One": 1, "Two": 10, "Three": 100}
    asked = of({"population": str(ours.pk)})

    for back in range(0, 59, 3):
        day = CLOCK_AT.date() - timedelta(days=back)
        at = max(
            datetime(day.year, day.month, day.day, 23, 59, 59, 999_999, tzinfo=UTC),
            rows[0].population.kept_since,
        )
        was_in = {row.account.name for row in rows if row.entered <= at and (not row.left or row.left > at)}
        expected = sum((Decimal(prices[name]) for name in was_in), Decimal(0))
        assert mrr(asked, str(day)) == {(): expected}
