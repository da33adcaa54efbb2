from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from accounts.models import Account, Contact, Order, Pause, Subscription, Ticket, TicketEvent, Touched
from cxhub.bench.books import TABLES, build_pages_book, build_recompute_book
from cxhub.bench.bulk import INDEXES, KEYS

pytestmark = pytest.mark.django_db
TODAY = date(2026, 3, 31)


def rows(statement, parameters=()):
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def rules():
    """Everything that was taken off the tables for the time of the filling."""
    names = [table._meta.db_table for table in TABLES]
    triggers = """
        SELECT tgrelid, tgname, tgenabled FROM pg_trigger WHERE tgrelid = ANY(%s::regclass[]) AND NOT tgisinternal"""
    return [sorted(rows(statement, [names])) for statement in (KEYS, INDEXES, triggers)]


def test_recompute_book_has_the_sizes_asked_for():
    build_recompute_book(accounts=60, orders=900, tickets=400, today=TODAY)

    counts = [model.objects.count() for model in (Account, Contact, Order, Ticket)]

    assert counts == [60, 60, 900, 400]


def test_recompute_book_has_every_turn_of_a_subscription():
    build_recompute_book(accounts=300, orders=10, tickets=10, today=TODAY)
    paid = Subscription.objects.paid()

    assert set(paid.values_list("currency", flat=True)) == {"USD", "SAR", "EUR"}
    assert set(paid.values_list("interval", flat=True)) == {"month", "year"}
    assert paid.filter(discount_percent__gt=0, discount_ends=None).exists()
    assert paid.filter(discount_percent__gt=0).exclude(discount_ends=None).exists()
    assert paid.count() > 2 * Account.objects.count()
    assert 0.1 < paid.exclude(cancelled_on=None).count() / 300 < 0.3
    assert Pause.objects.exists()
    assert not Pause.objects.filter(subscription__ends__lt=F("ends")).exists()
    assert not paid.filter(ends__isnull=False, ends_recorded_at=None).exists()


def test_recompute_book_ends_today():
    build_recompute_book(accounts=20, orders=200, tickets=200, today=TODAY)

    assert Order.objects.latest("ordered_at").ordered_at.date() < TODAY
    assert TicketEvent.objects.latest("happened_at").happened_at.date() < TODAY
    assert Subscription.objects.latest("starts").starts <= TODAY
    assert not TicketEvent.objects.filter(happened_at__lt=F("ticket__opened_at")).exists()


def test_pages_book_has_the_sizes_asked_for():
    build_pages_book(accounts=40, contacts=120, today=TODAY)

    assert [model.objects.count() for model in (Account, Contact, Order, Ticket)] == [40, 120, 80, 40]
    assert Account.objects.filter(owner__teams=F("team")).count() == 40


def test_books_leave_nothing_to_compute():
    build_recompute_book(accounts=20, orders=20, tickets=20, today=TODAY)

    assert not Touched.objects.exists()


def test_books_are_the_same_each_time():
    everything = "SELECT md5(string_agg(t::text, ',' ORDER BY id)) FROM {} t"
    digests = []
    for _time in range(2):
        with transaction.atomic():
            build_recompute_book(accounts=30, orders=100, tickets=100, today=TODAY)
            digests.append(
                [
                    rows(everything.format(f"accounts_{name}"))
                    for name in ("subscription", "order", "ticketevent")
                ]
            )
            transaction.set_rollback(True)

    assert digests[0] == digests[1]


def test_tables_have_their_rules_back():
    before = rules()

    build_recompute_book(accounts=20, orders=20, tickets=20, today=TODAY)

    assert rules() == before
    assert Account.objects.create(name="Next").pk == 21
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.create(name="")
    assert Touched.objects.filter(account_id=21).exists()


def test_books_refuse_a_database_with_accounts():
    Account.objects.create(name="Real")

    with pytest.raises(ValueError, match="empty database"):
        build_pages_book(accounts=10, contacts=10, today=TODAY)
