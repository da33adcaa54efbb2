"""All routes at once: strangers are sent to sign in, and what one may not see does not exist."""

import re
from datetime import date

import pytest
from django.contrib.auth.models import Group
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import get_resolver
from django.utils import timezone

from accounts import attachments
from accounts.memberships import refresh
from accounts.models import (
    Consent,
    Contact,
    Departure,
    Identity,
    Job,
    Lead,
    Notice,
    OrderLine,
    Payment,
    Return,
    Term,
)
from accounts.services import change_account
from tests import factories
from tests.accounts.messages.mailed import mailing
from tests.surveys.rows import follow_up, invitation, response

pytestmark = pytest.mark.django_db

# Whoever comes in must be able to knock, and machines ask without a session: senders of events show a key, readers of
# mails a token, providers a secret.
OPEN = (
    "healthz",
    "readyz",
    "prometheus",
    "language/",
    "sign-in/",
    "favicon.ico",
    "admin/login/",
    "v1/",
    "m/",
    "s/",
    "reports/",
    "in/",
)
# The door that leads out asks nobody who they are.
NO_CONTENT = ("admin/logout/", "admin/jsi18n/")
# Not about any account: whoever works here may read them with the right role.
SHARED = (
    "campaigns",
    "features",
    "feedback",
    "goals",
    "learning-resources",
    "metrics",
    "plan-features",
    "plans",
    "products",
    "surveys",
)
OF_PAGES_ONLY = ("follow-ups", "notifications", "runs")
# What is asked for by POST alone.
STEPS = (
    *("stop/", "draft/", "duplicate/", "pause/", "read/", "resume/", "run/", "test/"),
    *("close/", "machine/", "mail/", "open/", "owner/", "remove/", "suggested/", "tag/", "tell/"),
    "v1/invitations/<int:pk>/revoke/",
    "surveys/reports/<int:pk>/revoke/",
    "v1/mailings/<int:pk>/schedule/",
)
ARGUMENT = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)")


def walk(patterns, before=""):
    for pattern in patterns:
        route = before + str(pattern.pattern).lstrip("^").rstrip("$")
        yield from walk(pattern.url_patterns, route) if hasattr(pattern, "url_patterns") else [route]


ROUTES = sorted(set(walk(get_resolver().url_patterns)))


def address(route, **values):
    """A concrete address of the route."""
    values = {"key": "mrr", "name": "orders", "app_label": "accounts", "url": "nowhere", "pk": 1} | values
    filled = ARGUMENT.sub(lambda match: str(values.get(match[1] or match[2], 1)), route)
    return "/" + filled.replace(".*", "nowhere").replace("\\", "")


def test_strangers_are_sent_to_sign_in(client):
    wrong = {}
    for route in ROUTES:
        if route.startswith((*OPEN, *NO_CONTENT)):
            continue
        response = client.get(address(route))
        is_api = route.startswith("api/") and route != "api/docs/"
        is_kept_out = response.status_code == 401 if is_api else "login" in response.get("Location", "")
        if not is_kept_out:
            wrong[route] = response.status_code

    assert wrong == {}


@pytest.fixture
def hers(alice, team):
    """One of everything that belongs to an account, all Alice's, by the name under which the API and admin know it."""
    account = factories.account("Najm", owner=alice, team=team)
    change_account(account, by=alice, day=date(2026, 1, 1), tier="Gold")
    subscription = factories.subscription(account, 100, "2026-01-01")
    order = factories.order(account, "2026-01-01 10:00")
    ticket = factories.ticket(account, [("opened", "2026-01-01 10:00")])
    population = factories.population(by=alice, shared=False)
    sara = Contact.objects.create(account=account, name="Sara", email="sara@najm.example", language="en")
    answered = response(account=account)
    refresh(population, lambda _population: [], timezone.now())
    return {
        "accounts": account,
        "attachments": attachments.add(account, ContentFile(b"terms", "terms.txt"), by=alice),
        "contacts": sara,
        "identities": Identity.objects.create(contact=sara, source="app", value="u1"),
        "consents": factories.plain(Consent, contact=sara),
        "mailings": mailing(alice, population=population),
        "leads": Lead.objects.create(account=account, name="Sara", first_interest="2026-01-01"),
        "subscriptions": subscription,
        "pauses": factories.pause(subscription, "2026-02-01"),
        "terms": Term.objects.create(account=account, starts="2026-01-01", ends="2027-01-01", currency="USD"),
        "departures": Departure.objects.create(account=account, churn_day="2026-03-01"),
        "notifications": Notice.objects.create(
            kind="run.done", recipient=alice, account=account, happened_at=timezone.now()
        ),
        "orders": order,
        "order-lines": OrderLine.objects.create(order=order, amount=1),
        "returns": Return.objects.create(order=order, day="2026-01-02", amount=1),
        "payments": Payment.objects.create(account=account, day="2026-01-01", amount=1, currency="USD"),
        "tickets": ticket,
        "ticket-events": ticket.events.get(),
        "populations": population,
        "follow-ups": follow_up(answered),
        "invitations": invitation(answered.survey, account=account),
        "responses": answered,
        "runs": Job.objects.create(kind="recompute.full", created_by=alice, started_at=timezone.now()),
    }


@pytest.fixture
def client_of():
    """A browser for each."""

    def signed_in(user):
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return signed_in


def as_csm(user):
    user.groups.add(Group.objects.get(name="CSM"))
    return user


OBJECTS = [
    route
    for route in ROUTES
    if ARGUMENT.search(route)
    and not route.startswith((*OPEN, "admin/"))
    and not re.match(rf"(api/v1/)?\^?({'|'.join(SHARED)})/", route)
]


def status(response):
    """Reads a file to its end, which closes it."""
    if response.streaming:
        b"".join(response.streaming_content)
    return response.status_code


def asked(client, where, *, is_step):
    return client.post(where, {}, content_type="application/json") if is_step else client.get(where)


def kind_of(route):
    return route.removeprefix("api/v1/").lstrip("^").split("/")[0]


def test_what_belongs_to_others_is_not_found(client_of, alice, charlie, hers):
    """With her role, so that it is not the role that keeps him out; and she does find it."""
    his, her = client_of(as_csm(charlie)), client_of(as_csm(alice))
    wrong = {}
    for route in OBJECTS:
        kind = kind_of(route)
        where = address(route, pk=hers[kind].pk if kind in hers else 1)
        is_step = route.endswith(STEPS) and kind in (
            "follow-ups",
            "invitations",
            "mailings",
            "notifications",
            "runs",
        )
        seen = tuple(status(asked(client, where, is_step=is_step)) for client in (his, her))
        if seen[0] != 404 or (kind in hers and seen[1] not in {200, 302, 400, 409}):
            wrong[route] = seen

    assert wrong == {}


def test_api_lists_nothing_that_belongs_to_others(client_of, alice, charlie, hers):
    his, her = client_of(as_csm(charlie)), client_of(as_csm(alice))
    listed = {
        kind: [len(client.get(f"/api/v1/{kind}/").json()["results"]) for client in (his, her)]
        for kind in hers
        if kind not in OF_PAGES_ONLY
    }

    assert listed == {kind: [0, 1] for kind in listed}


def test_api_says_no_to_whom_has_no_role(client_of, charlie, hers):
    client = client_of(charlie)
    answered = {
        route: client.get(address(route, pk=hers["accounts"].pk)).status_code
        for route in ROUTES
        if route.startswith("api/v1/")
    }

    # Figures are those of the accounts that he may see: of nobody.
    figures = {route for route in answered if route.startswith(("api/v1/metrics/", "api/v1/cohorts/"))}
    assert {answered[route] for route in figures} == {200}
    assert {answered[route] for route in set(answered) - figures} <= {403, 404}


def test_admin_shows_staff_no_row_of_others(client_of, charlie, hers):
    charlie.is_staff = True
    charlie.save()
    client = client_of(as_csm(charlie))
    rows = {type(row)._meta.model_name: row for row in hers.values()} | {
        "accountchange": hers["accounts"].changes.first(),
        "notice": Notice.objects.create(account=hers["accounts"], kind="x", happened_at=timezone.now()),
    }
    wrong = {}
    for route in ROUTES:
        model = route.split("/")[2] if route.startswith("admin/accounts/") and "object_id" in route else ""
        if model in rows:
            response = client.get(address(route, object_id=rows[model].pk))
            if response.status_code not in {302, 403, 404}:
                wrong[route] = response.status_code

    assert wrong == {}
