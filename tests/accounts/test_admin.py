from datetime import UTC, date, datetime

import pytest
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import Account, AccountChange, AuditEntry, Contact, Order, Payment, Ticket, User
from tests import factories
from tests.sampling import some

pytestmark = pytest.mark.django_db

REGISTERED = [model for model in admin.site._registry if model._meta.app_label == "accounts"]


@pytest.fixture
def page(client, administrator):
    client.force_login(administrator, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.mark.parametrize("model", some(REGISTERED, every=6), ids=lambda model: model.__name__)
def test_list_and_form_open_in_arabic(page, model):
    page.cookies["django_language"] = "ar"
    name = model._meta.model_name

    listed = page.get(reverse(f"admin:accounts_{name}_changelist"))
    form = page.get(reverse(f"admin:accounts_{name}_add"))

    assert listed.status_code == 200
    assert form.status_code in {200, 403}


def test_new_account_begins_its_history(page):
    page.post(reverse("admin:accounts_account_add"), form(name="Falak", stage="live", segment="enterprise"))

    account = Account.objects.get(name="Falak")
    changes = {change.field: (change.value, change.by.name) for change in account.changes.all()}
    assert changes == {"stage": ("live", "Ada"), "segment": ("enterprise", "Ada")}


def test_changed_segment_is_dated_and_audited(page):
    account = factories.account(name="Falak", segment="mid-market")

    page.post(
        reverse("admin:accounts_account_change", args=[account.pk]),
        form(name="Falak", stage=account.stage, segment="enterprise"),
    )

    account.refresh_from_db()
    assert account.segment == "enterprise"
    assert AccountChange.objects.get(account=account, field="segment", value="enterprise").by.name == "Ada"
    entry = AuditEntry.objects.filter(table="accounts_account", row=account.pk, action="update").latest("id")
    assert entry.actor.name == "Ada"
    assert entry.after == {"segment": "enterprise"}


def test_search_finds_another_spelling(page):
    factories.account(name="شركة الأفق")

    found = page.get(reverse("admin:accounts_account_changelist"), {"q": "شركه الافق"})

    assert [account.name for account in found.context["cl"].result_list] == ["شركة الأفق"]


def test_ticket_is_not_resolved_before_it_is_opened(page):
    ticket = {
        "type": "question", "priority": "normal", "opened_at": "2026-01-02T10:00",
        "events-TOTAL_FORMS": "1", "events-INITIAL_FORMS": "0",
        "events-0-kind": "resolved", "events-0-by": "staff",
        "events-0-happened_at": "2026-01-01T10:00",
    }  # fmt: skip
    url = reverse("admin:accounts_ticket_add")

    refused = page.post(url, ticket)
    kept = page.post(url, ticket | {"events-0-happened_at": "2026-01-03T10:00"})

    assert refused.content.decode().count("This lies before the opening of the ticket.") == 1
    assert kept.status_code == 302
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    ("model", "at"),
    [(Order, {"ordered_at": datetime(2100, 1, 1, tzinfo=UTC)}), (Payment, {"day": date(2100, 1, 1)})],
)
def test_what_happens_is_not_dated_ahead(db, model, at):
    with pytest.raises(ValidationError, match="future"):
        model(**at).clean()


def test_constraint_speaks_in_words(page):
    account = factories.account(name="Falak")
    url = reverse("admin:accounts_subscription_add")
    period = {
        "account": account.pk, "reference": "S1", "kind": "paid", "price": "10", "interval": "month",
        "interval_count": "1", "quantity": "1",
        "discount_percent": "0", "discount_amount": "0", "currency": "USD", "starts": "2026-01-01",
        "pauses-TOTAL_FORMS": "0", "pauses-INITIAL_FORMS": "0",
    }  # fmt: skip
    page.post(url, period)

    again = page.post(url, period)

    assert again.status_code == 200
    assert again.context["adminform"].form.errors == {
        "starts": ["This subscription already has a period on some of these days. End that one first."]
    }


def test_invited_user_has_no_password_yet(page):
    page.post(
        reverse("admin:accounts_user_add"), {"email": "new@example.com", "name": "New", "language": "ar"}
    )

    assert not User.objects.get(email="new@example.com").has_usable_password()


def test_stranger_on_the_staff_sees_only_his_accounts(client, charlie, alice):
    charlie.is_staff = True
    charlie.save()
    charlie.user_permissions.set(permissions("view_account", "view_contact"))
    account = factories.account(name="Falak", owner=alice)
    Contact.objects.create(account=account, name="Huda")
    client.force_login(charlie, backend="allauth.account.auth_backends.AuthenticationBackend")

    accounts = client.get(reverse("admin:accounts_account_changelist"))
    contacts = client.get(reverse("admin:accounts_contact_changelist"))

    assert list(accounts.context["cl"].result_list) == []
    assert list(contacts.context["cl"].result_list) == []


def permissions(*codenames):
    from django.contrib.auth.models import Permission

    return Permission.objects.filter(codename__in=codenames)


def form(**fields):
    inlines = {f"{name}-{part}_FORMS": "0" for name in ("keys", "changes") for part in ("TOTAL", "INITIAL")}
    return inlines | fields
