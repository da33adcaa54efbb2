"""Two people at one form."""

import pytest

from accounts.models import Account, AuditEntry, Order, OrderLine, Plan
from tests import factories
from tests.accounts.admin.pages import address, saved, sent

pytestmark = pytest.mark.django_db

WARNING = "Somebody else changed this while you were writing."


@pytest.fixture
def account():
    return factories.account("Falak", country="SA", industry="Retail")


def test_second_writer_is_told_of_the_first_and_keeps_what_was_typed(page, account):
    opened = page.get(address("change", account))
    Account.objects.filter(pk=account.pk).update(country="AE")

    answer = page.post(address("change", account), sent(opened, industry="Mining"))

    account.refresh_from_db()
    form = answer.context["adminform"].form
    assert account.industry == "Retail"
    assert WARNING in answer.content.decode()
    assert [
        (one.field, one.before, one.after) for one in answer.context["meanwhile"][0].deeds[0].differences
    ] == [("country", "SA", "AE")]
    assert (form["industry"].value(), form["country"].value()) == ("Mining", "AE")


def test_saving_again_keeps_what_both_wrote(page, account):
    opened = page.get(address("change", account))
    Account.objects.filter(pk=account.pk).update(country="AE")
    told = page.post(address("change", account), sent(opened, industry="Mining"))

    page.post(address("change", account), sent(told))

    account.refresh_from_db()
    assert (account.industry, account.country) == ("Mining", "AE")


def test_what_was_changed_twice_meanwhile_is_what_it_is_now(page, account):
    opened = page.get(address("change", account))
    for country in ("AE", "KW"):
        Account.objects.filter(pk=account.pk).update(country=country)

    told = page.post(address("change", account), sent(opened, industry="Mining"))
    page.post(address("change", account), sent(told))

    account.refresh_from_db()
    assert (account.industry, account.country) == ("Mining", "KW")


def test_what_both_wrote_in_one_field_stays_as_typed_until_it_is_saved_again(page, account):
    opened = page.get(address("change", account))
    Account.objects.filter(pk=account.pk).update(industry="Shipping")

    told = page.post(address("change", account), sent(opened, industry="Mining"))
    page.post(address("change", account), sent(told))

    account.refresh_from_db()
    assert account.industry == "Mining"


def test_nobody_is_told_of_a_change_from_before_the_form_was_opened(page, account):
    Account.objects.filter(pk=account.pk).update(country="AE")

    answer = saved(page, address("change", account), industry="Mining")

    account.refresh_from_db()
    assert answer.status_code == 302
    assert account.industry == "Mining"


def test_changed_parts_count_too_and_are_taken_over(page):
    order = factories.plain(Order)
    lines = [OrderLine.objects.create(order=order, amount=amount) for amount in (10, 20)]
    opened = page.get(address("change", order))
    OrderLine.objects.filter(pk=lines[0].pk).update(amount=11)

    told = page.post(address("change", order), sent(opened, **{"lines-1-amount": "25"}))
    page.post(address("change", order), sent(told))

    assert WARNING in told.content.decode()
    assert list(OrderLine.objects.order_by("pk").values_list("amount", flat=True)) == [11, 25]


def test_texts_in_several_languages_and_ticks_are_taken_over(page):
    plan = Plan.objects.create(code="gold", name={"en": "Gold"})
    opened = page.get(address("change", plan))
    Plan.objects.filter(pk=plan.pk).update(name={"en": "Golden", "ar": "ذهبي"})

    told = page.post(address("change", plan), sent(opened, code="au"))
    page.post(address("change", plan), sent(told))

    plan.refresh_from_db()
    assert (plan.code, plan.name) == ("au", {"en": "Golden", "ar": "ذهبي"})


def test_a_tick_is_taken_over(page, account):
    opened = page.get(address("change", account))
    Account.objects.filter(pk=account.pk).update(internal=True)

    told = page.post(address("change", account), sent(opened))
    page.post(address("change", account), sent(told))

    account.refresh_from_db()
    assert account.internal is True


def test_only_what_was_changed_is_written(page, account):
    AuditEntry.objects.all().delete()

    saved(page, address("change", account), industry="Mining")

    assert [(entry.table, entry.after) for entry in AuditEntry.objects.exclude(actor=None)] == [
        ("accounts_account", {"industry": "Mining"})
    ]


@pytest.mark.parametrize("seen", ["", "nonsense", "-1"])
def test_a_form_without_its_mark_is_saved_as_it_came(page, account, seen):
    opened = page.get(address("change", account))

    answer = page.post(address("change", account), sent(opened, _seen=seen, industry="Mining"))

    assert answer.status_code == 302
