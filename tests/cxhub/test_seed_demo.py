from datetime import date

import pytest
from django.core.management import CommandError, call_command

from accounts.models import (
    Account,
    AccountChange,
    Organisation,
    Payment,
    Ticket,
    User,
)
from cxhub.demo.composition import make_book
from cxhub.demo.load import load


@pytest.mark.django_db
def test_seed_demo_refuses_a_database_with_accounts():
    Account.objects.create(name="Real")

    with pytest.raises(CommandError, match="There are accounts already"):
        call_command("seed_demo", force=True)

    assert Account.objects.count() == 1


@pytest.mark.long
@pytest.mark.django_db
def test_seed_demo_refuses_production_unless_forced(settings, capsys):
    settings.PRODUCTION = True

    with pytest.raises(CommandError, match="production"):
        call_command("seed_demo")

    assert not Account.objects.exists()
    call_command("seed_demo", force=True)
    assert Account.objects.count() == 200
    assert "    200 accounts" in capsys.readouterr().out


def test_seed_demo_says_what_is_no_day():
    with pytest.raises(CommandError, match="2026-02-30 is not a day"):
        call_command("seed_demo", "--today=2026-02-30")


@pytest.mark.long
@pytest.mark.django_db
def test_rows_of_an_awkward_day_keep_every_constraint():
    today = date(2024, 2, 29)

    made = load(make_book(7, today))

    assert made["accounts"] == 200
    assert Ticket.objects.order_by("opened_at").last().opened_at < Organisation.current().start_of(today)
    assert Payment.objects.order_by("day").last().day <= today
    assert AccountChange.objects.order_by("from_day").last().from_day <= today


@pytest.mark.long
@pytest.mark.django_db
def test_rows_stand_beside_those_of_others():
    before = User.objects.create_user("somebody@example.com", "correct horse battery")

    load(make_book(7, date(2026, 3, 31)))

    owner = Account.objects.exclude(owner=None).first().owner
    assert before != owner
    assert User.objects.create_user("next@example.com", "correct horse battery").pk > owner.pk
