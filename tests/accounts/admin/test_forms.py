"""What the database refuses, said to people."""

import pytest
from django.contrib.admin import site

from accounts.models import AccountChange, Departure, Ticket, TicketEvent
from tests import factories
from tests.accounts.admin.pages import address, listed, saved, sent

pytestmark = pytest.mark.django_db


def test_whoever_was_faster_is_a_message_beside_the_field(page, monkeypatch):
    """As when two people enter the same at once: what was free when the form was checked is taken when it is saved."""
    account = factories.account("Falak")
    factories.departure(account, "2026-01-10")
    monkeypatch.setattr(Departure, "validate_constraints", lambda self, exclude=None: None)

    answer = saved(page, listed(Departure, "add"), account=account.pk, churn_day="2026-01-10", reason="price")

    form = answer.context["adminform"].form
    assert list(form.errors) == ["churn_day"]
    assert form["reason"].value() == "price"
    assert Departure.objects.count() == 1


def test_what_only_a_trigger_holds_is_a_message(page, monkeypatch):
    ticket = factories.ticket(factories.account(), opened="2026-01-02 10:00")
    monkeypatch.setattr(TicketEvent, "clean", lambda self: None)
    given = {"ticket": ticket.pk, "kind": "worked", "happened_at": "2026-01-01T10:00"}

    answer = saved(page, listed(TicketEvent, "add"), **given)

    assert list(answer.context["adminform"].form.errors) == ["happened_at"]
    assert not TicketEvent.objects.exists()


def test_an_opening_is_not_moved_behind_its_log(page):
    ticket = factories.ticket(factories.account(), [("opened", "2026-01-02 10:00")])

    answer = saved(page, address("change", ticket), opened_at="2026-01-05T10:00")

    assert answer.status_code == 200
    assert answer.context["errors"]
    assert Ticket.objects.get().opened_at == factories.at("2026-01-02 10:00")


def test_a_refused_form_keeps_its_parts_as_they_were_typed(page):
    ticket = factories.ticket(factories.account(), [("opened", "2026-01-02 10:00")])
    opened = page.get(address("change", ticket))

    answer = page.post(
        address("change", ticket),
        sent(opened, **{"opened_at": "never", "events-0-by": "customer"}),
    )

    assert answer.context["adminform"].form["opened_at"].value() == "never"
    assert answer.context["inline_admin_formsets"][0].formset.forms[0]["by"].value() == "customer"


def test_a_form_of_a_new_row_says_only_what_is_known(page):
    """What the database will put in is not there yet: neither a value nor the code for it."""
    forms = [model for model, of in site._registry.items() if model._meta.app_label == "accounts"]
    said = {}
    for model in forms:
        more = {"field": "segment"} if model is AccountChange else {}
        answer = page.get(listed(model, "add", **more))
        if answer.status_code == 200:
            said[model] = answer.content.decode()

    assert len(said) > 15
    assert not [model for model, text in said.items() if " object at 0x" in text]
