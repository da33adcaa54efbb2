"""Merged, two accounts have the figures of one with all the facts; parted, those of before. Any pairs of any book."""

from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.merges import merge_accounts
from accounts.models import (
    Account,
    ActivityDay,
    Contact,
    Delivery,
    Departure,
    Lead,
    Order,
    Organisation,
    Payment,
    Session,
    Subscription,
    Term,
    Ticket,
)
from accounts.services import apply_dated_values
from accounts.unmerging import undo_merge
from metrics import catalogue
from metrics.answers import ask
from metrics.populations import of
from metrics.sources import Clock
from surveys.models import FeedbackItem, FollowUp, Invitation, Response
from tests.accounts.undoing import contents
from tests.metrics.books import CROWDED, Writer

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 17, 13, 30, tzinfo=UTC)
KEYS = tuple(key for key, metric in catalogue.ALL.items() if not metric.of)
FACTS = (
    *(Subscription, Term, Departure, Order, Payment, Ticket, Lead, Contact, ActivityDay, Session, Delivery),
    *(Invitation, Response, FollowUp, FeedbackItem),
)
TAKEN = ("name", "tags", "internal", "stage", "segment", "parent", "attribute.modules")
# A population is a filter: everybody, those that are or were something, groups and single accounts.
POPULATIONS = ({}, {"segment": "large"}, {"stage": "live"}, {"attribute.modules": "erp"}, {"tag": "VIP"})
# A book is told by its seed, which grows no simpler by being smaller.
ANY = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PAIRS = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8), st.sets(st.sampled_from(TAKEN))), min_size=1, max_size=4
)
CASES = {"seed": st.integers(0, 10**6), "pairs": PAIRS, "on": st.sampled_from([NOW.date(), *CROWDED])}


@settings(ANY, max_examples=1)
@given(**CASES)
def test_figures_of_merged_accounts_are_those_of_one_with_all_facts(seed, pairs, on):
    check(seed, pairs, on)


@pytest.mark.long
@settings(ANY, max_examples=150)
@given(**CASES)
def test_so_are_those_of_many_more(seed, pairs, on):
    check(seed, pairs, on)


def check(seed, pairs, on):
    with book(seed) as accounts:
        before, rows = figures(on), contents()

        jobs = merged(accounts, pairs)
        together = figures(on)
        with made_one():
            assert figures(on) == together
        for job in reversed(jobs):
            undo_merge(job, by=None, now=NOW)

        assert figures(on) == before
        assert contents() == rows


@contextmanager
def book(seed):
    """With groups of companies in it; gone afterwards."""
    random = Random(seed)
    with transaction.atomic():
        Writer(random).write()
        accounts = list(Account.objects.order_by("pk"))
        for child in accounts[1:]:
            if random.random() < 0.3:
                Account.objects.filter(pk=child.pk).update(parent=accounts[0])
        apply_dated_values(NOW.date())
        yield accounts
        transaction.set_rollback(True)


def merged(accounts, pairs):
    """Those of the pairs that may be merged."""
    jobs = []
    for loser, survivor, taking in pairs:
        try:
            pair = [accounts[place % len(accounts)] for place in (loser, survivor)]
            jobs.append(merge_accounts(*pair, by=None, now=NOW, taking=taking))
        except ValidationError:
            continue
    return jobs


@contextmanager
def made_one():
    """As if there had never been a loser: the survivor has the facts, and others name it as their parent."""
    with transaction.atomic():
        for loser in Account.objects.exclude(merged_into=None).order_by("pk"):
            survivor = loser.merged_into_id
            days = Departure.objects.filter(account=survivor).values_list("churn_day", flat=True)
            Departure.objects.filter(account=loser, churn_day__in=list(days)).delete()
            for model in FACTS:
                model.objects.filter(account=loser).update(account=survivor)
            Account.objects.filter(parent=loser).exclude(pk=survivor).update(parent=survivor)
            Account.objects.filter(parent=loser).update(parent=None)
            loser.delete()
        yield
        transaction.set_rollback(True)


def figures(on):
    """Of every metric what is said of each population and of each part of everybody."""
    clock = Clock(Organisation.current(), NOW)
    chosen = [of(filters, None) for filters in (*POPULATIONS, *single())]
    found = [told(ask(KEYS, population, clock, as_of=on)) for population in chosen]
    return [*found, told(ask(KEYS, of({}, None), clock, as_of=on, by=("segment",)))]


def single():
    """A group of companies, those right below its parent, and the first of those that count by themselves."""
    first, *others = Account.objects.filter(merged_into=None).order_by("pk")[:2]
    of_first = [{"group": str(first.pk)}, {"parent": str(first.pk)}]
    return [*of_first, *({"account": str(one.pk)} for one in (first, *others))]


def told(answered):
    """Values and what they are made of, without what names the question."""
    return {
        (key, part): (
            answer.value,
            answer.reason,
            answer.numerator,
            answer.n,
            answer.accounts,
            answer.interval,
        )
        for key, parts in answered.items()
        for part, answer in parts.items()
    }
