"""Statements that are kept are those that would be built."""

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from accounts.models import WorkingCalendar
from metrics import catalogue, kept
from metrics.evaluate import Columns, per_account
from metrics.framing import question_of
from metrics.populations import Population, of
from tests.factories import account, accounts, order, organisation, rate, ticket
from tests.metrics.asking import NOW, answer, clock, value
from tests.sampling import some

pytestmark = pytest.mark.django_db

ASKED = []
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(kept, "_built", {})


@pytest.fixture(autouse=True, params=some([5, 1]), ids=["every fifth", "all"])
def _asked(request):
    """Every fifth metric, or all of them."""
    ASKED[:] = [metric for metric in catalogue.ALL.values() if not metric.of][:: request.param]


def statement(now, population, on=TODAY, by=(), **parameters):
    questions = [question_of(metric, on, now, None, parameters) for metric in ASKED]
    found = per_account(questions, population, now, on, by=by)
    return found.text, found.parameters


def anew(monkeypatch, *args, **kwargs):
    with monkeypatch.context() as patched:
        patched.setattr(kept, "built", None)
        patched.setattr(Columns, "select", Columns._build)
        return statement(*args, **kwargs)


@pytest.mark.parametrize(
    ("by", "on", "population"),
    some(
        product(
            [(), ("segment",), ("channel",), ("age", "tier"), ("acquired_channel",)],
            [TODAY, TODAY - timedelta(1), TODAY - timedelta(400)],
            [Population(), of({"segment": "large"}), of({"logos": "parent"})],
        ),
        every=8,
    ),
)
def test_a_later_moment_of_the_day_gives_what_would_be_built(monkeypatch, population, on, by):
    rate("EUR", "2020-01-01", "1.1")
    statement(clock(), population, on, by)
    later = clock(NOW + timedelta(minutes=93, microseconds=7))

    assert statement(later, population, on, by) == anew(monkeypatch, later, population, on, by)


def test_other_accounts_give_what_would_be_built(monkeypatch):
    ids = [account.pk for account in accounts(4)]
    for chosen in (None, [ids[0]], ids[1:], [0, ids[2]], [0], [], None):
        population = Population(accounts=chosen and tuple(chosen))
        assert statement(clock(), population) == anew(monkeypatch, clock(), population), chosen


def test_what_is_kept_is_not_built_again(monkeypatch):
    statement(clock(), Population())
    monkeypatch.setattr(Columns, "_build", None)

    statement(clock(NOW + timedelta(hours=1)), Population())


@pytest.mark.parametrize(
    "change",
    [
        lambda: {"now": NOW + timedelta(days=1)},
        lambda: {"known_by": "2026-12-30"},
        lambda: rate("EUR", "2026-01-01", "2") and {},
        lambda: organisation(inactive_days=10) and {},
        lambda: organisation(time_zone="Asia/Riyadh") and {},
        lambda: organisation(currency="KWD") and {},
    ],
)
def test_whatever_else_differs_is_built_anew(monkeypatch, change):
    statement(clock(), Population())
    now = clock(**change())

    assert statement(now, Population()) == anew(monkeypatch, now, Population())


def test_a_midnight_that_is_now_is_not_kept_as_the_moment_of_evaluation(monkeypatch):
    midnight = datetime(2026, 12, 31, tzinfo=UTC)
    for now in (clock(midnight), clock(midnight + timedelta(hours=5))):
        assert statement(now, Population()) == anew(monkeypatch, now, Population())


def test_calendars_are_looked_up_each_time():
    ticket(
        account(),
        [("opened", "2026-06-01 09:00"), ("replied", "2026-06-01 13:00"), ("resolved", "2026-06-01 15:00")],
    )
    asked = {"parameters": {"hours": "working"}}
    assert value("time_to_resolution", "2026-06-30", **asked) == 6

    WorkingCalendar.objects.create(name="Mornings", opens="09:00", closes="11:00", weekend=[])
    assert value("time_to_resolution", "2026-06-30", **asked) == 2


def test_what_happens_between_two_questions_counts():
    customer = account()
    assert answer("orders", TODAY.isoformat(), now=NOW).value == 0

    order(customer, f"{TODAY} 20:30")
    assert answer("orders", TODAY.isoformat(), now=NOW).value == 0
    assert answer("orders", TODAY.isoformat(), now=NOW + timedelta(hours=1)).value == 1


def test_no_more_than_so_many_are_kept(monkeypatch):
    monkeypatch.setattr(kept, "MOST", 30)
    for days in range(4):
        statement(clock(), Population(), TODAY - timedelta(days))

    assert len(kept._built) <= 30
