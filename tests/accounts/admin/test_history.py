import pytest

from accounts.audit import acting
from accounts.models import Account, AuditEntry, Contact, Job, Order, OrderLine, Product, Ticket
from accounts.services import change_account
from tests import factories
from tests.accounts.admin.pages import address, listed, saved

pytestmark = pytest.mark.django_db


def deeds(answer):
    return [(deed.entry.action, deed.name) for step in answer.context["steps"] for deed in step.deeds]


def test_history_tells_who_changed_what_in_words(page, administrator):
    account = factories.account("Falak", stage="live")
    saved(page, address("change", account), stage="churned", industry="Mining", owner=administrator.pk)

    step = page.get(address("history", account)).context["steps"][0]

    assert step.actor == administrator
    told = {(deed.kind, one.field, one.before, one.after) for deed in step.deeds for one in deed.differences}
    assert {
        ("account", "industry", "", "Mining"),
        ("account", "stage", "Live", "Churned"),
        ("account", "owner", "", "Ada"),
    } <= told
    assert "dated value" in {deed.kind for deed in step.deeds}


@pytest.mark.parametrize(("language", "label", "value"), [("en", "Stage", "Churned"), ("ar", "المرحلة", "")])
def test_history_speaks_the_readers_language(page, administrator, language, label, value):
    account = factories.account("Falak", stage="live")
    Account.objects.update(stage="churned")
    administrator.language = language
    administrator.save()

    text = page.get(address("history", account)).content.decode()

    assert label in text
    assert value in text


def test_changes_by_an_import_name_the_job(page):
    contact = factories.plain(Contact)
    job = Job.objects.create(kind="import")
    with acting(job=job):
        Contact.objects.update(name="Mona")

    answer = page.get(address("history", contact))

    assert answer.context["steps"][0].job == job
    assert f"import {job.pk}" in answer.content.decode()


def test_history_of_an_order_holds_its_lines_also_those_that_are_gone(page):
    order = factories.plain(Order)
    product = Product.objects.create(sku="A-1", name={"en": "Reader"})
    line = OrderLine.objects.create(order=order, product=product, amount=5, external_id="L-1")
    gone = OrderLine.objects.create(order=order, amount=7, external_id="L-2")
    OrderLine.objects.filter(pk=line.pk).update(amount=6)
    number = gone.pk
    gone.delete()
    factories.plain(OrderLine, order=factories.order(order.account, "2026-01-01 10:00"))

    told = deeds(page.get(address("history", order)))

    assert told == [
        ("delete", "L-2"),
        ("update", "L-1"),
        ("insert", f"#{number}"),
        ("insert", "L-1"),
        ("insert", str(order)),
    ]


def test_long_history_is_turned_page_by_page(page, monkeypatch):
    monkeypatch.setattr("accounts.admin.entry.HISTORY", 2)
    contact = factories.plain(Contact)
    for name in ("A", "B", "C"):
        Contact.objects.update(name=name)

    first = page.get(address("history", contact))
    rest = page.get(address("history", contact), {"before": first.context["cursor"]})

    assert [action for action, _name in deeds(first)] == ["update", "update"]
    assert [action for action, _name in deeds(rest)] == ["update", "insert"]
    assert rest.context["cursor"] == ""
    assert page.get(address("history", contact), {"before": "x"}).status_code == 404


def test_what_was_deleted_lately_is_listed_with_what_it_held(page):
    contact = factories.plain(Contact, name="Mona", role="sponsor", account=factories.account("Falak"))
    page.post(address("delete", contact), {"post": "yes"})

    (step,) = page.get(listed(Contact, "deleted")).context["steps"]

    held = {one.field: one.before for one in step.deeds[0].differences}
    assert step.actor.name == "Ada"
    assert step.deeds[0].name == "Mona"
    assert (held["role"], held["account"]) == ("Sponsor", "Falak")


def test_names_of_what_one_may_not_see_are_numbers(as_role, alice):
    hidden = factories.account("Hidden")
    mine = factories.account("Mine", owner=alice)
    Account.objects.filter(pk=mine.pk).update(parent=hidden)

    answer = as_role(alice, "CSM").get(address("history", mine))

    assert "Hidden" not in answer.content.decode()
    assert f"#{hidden.pk}" in answer.content.decode()


def test_roles_and_teams_of_a_user_have_their_history(page, alice, team):
    alice.groups.set([])
    alice.teams.clear()

    told = deeds(page.get(address("history", alice)))

    assert [action for action, _name in told].count("delete") == 1
    assert AuditEntry.objects.filter(table="accounts_user_teams", action="delete").count() == 1


def test_djangos_own_log_stays_empty(page):
    from django.contrib.admin.models import LogEntry

    saved(page, listed(Account, "add"), name="Falak", stage="live")
    account = Account.objects.get()
    saved(page, address("change", account), industry="Mining")
    page.post(address("delete", account), {"post": "yes"})

    assert not Account.objects.exists()
    assert not LogEntry.objects.exists()


def test_dated_values_are_named_by_what_they_date(page, alice):
    account = factories.account("Falak")
    change_account(account, by=alice, day=factories.day("2026-01-01"), owner=alice)

    assert ("insert", "owner: Alice") in deeds(page.get(address("history", account)))


def test_history_of_a_ticket_tells_its_log(page):
    ticket = factories.ticket(factories.account(), [("opened", "2026-01-01 10:00")], subject="Smoke")

    told = page.get(address("history", ticket)).context["steps"]

    assert {deed.kind for step in told for deed in step.deeds} == {"ticket", "ticket event"}
    assert Ticket.objects.get() == ticket
