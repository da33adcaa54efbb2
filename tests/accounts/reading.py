"""Programs that read, a row of every resource for them, and what they are answered."""

from django.contrib.auth.models import Group
from django.test import Client

from accounts.models import (
    AccountKey,
    Campaign,
    CampaignDay,
    Consent,
    Contact,
    Departure,
    EventName,
    ExchangeRate,
    Expense,
    Feature,
    Goal,
    Identity,
    Lead,
    OrderLine,
    Pause,
    Payment,
    Plan,
    PlanFeature,
    Product,
    Resource,
    Return,
    Term,
    TicketEvent,
    WorkingCalendar,
)
from accounts.tokens import issue
from tests import factories

OF_FEW = {"campaign-days", "event-names", "exchange-rates", "expenses", "working-calendars"}
OF_NOBODY = {
    "campaigns",
    "features",
    "goals",
    "learning-resources",
    "plan-features",
    "plans",
    "products",
    *OF_FEW,
}


def client_of(user, *scopes):
    _row, token = issue(user, name="Warehouse", scopes=scopes or ["read"], lifetime=None)
    return Client(headers={"Authorization": f"Bearer {token}"})


def as_csm(user):
    user.groups.add(Group.objects.get(name="CSM"))
    return client_of(user)


def one_of_each(owner, number=1):
    """A row of every resource, all of them of one account."""
    account = factories.account(f"Najm Logistics {number}", owner=owner, segment="enterprise")
    AccountKey.objects.create(account=account, source="stripe", value=f"cus_{number}")
    subscription = factories.subscription(account, 100, "2026-01-01")
    order = factories.order(account, "2026-01-31 10:00")
    line = OrderLine.objects.create(order=order, amount=40)
    ticket = factories.ticket(account, [("opened", "2026-02-01 08:00")])
    sara = Contact.objects.create(account=account, name="Sara")
    plan = Plan.objects.create(code=f"scale-{number}", name={"en": "Scale"})
    feature = Feature.objects.create(code=f"export-{number}", name={"en": "Export"})
    goal = Goal.objects.create(code=f"sign-up-{number}", kind="page", target="/thanks")
    campaign = Campaign.objects.create(code=f"spring-{number}", starts="2026-03-01", goal=goal)
    return {
        "accounts": account,
        "contacts": sara,
        "leads": Lead.objects.create(account=account, name="Omar", first_interest="2026-01-01"),
        "products": Product.objects.create(sku=f"P{number}", name={"en": "Paper", "ar": "ورق"}),
        "plans": plan,
        "features": feature,
        "plan-features": PlanFeature.objects.create(plan=plan, feature=feature, starts="2026-01-01"),
        "learning-resources": Resource.objects.create(code=f"first-steps-{number}", feature=feature),
        "goals": goal,
        "campaigns": campaign,
        "campaign-days": CampaignDay.objects.create(
            campaign=campaign, day="2026-03-01", reach=100, cost=5, currency="USD"
        ),
        "identities": Identity.objects.create(contact=sara, source="app", value=f"u{number}"),
        "consents": Consent.objects.create(
            contact=sara, purpose="marketing", given_at=f"2026-01-0{number}T10:00:00Z"
        ),
        "event-names": EventName.objects.create(sent_as=f"login {number}", means="Signed In"),
        "subscriptions": subscription,
        "pauses": Pause.objects.create(subscription=subscription, starts="2026-02-01"),
        "terms": Term.objects.create(account=account, starts="2026-01-01", ends="2027-01-01", currency="USD"),
        "departures": Departure.objects.create(account=account, churn_day="2026-03-01"),
        "exchange-rates": ExchangeRate.objects.create(
            base="USD", currency="SAR", day=f"2026-01-0{number}", rate="0.2666"
        ),
        "orders": order,
        "order-lines": line,
        "returns": Return.objects.create(order=order, line=line, day="2026-02-02", units=1),
        "payments": Payment.objects.create(account=account, day="2026-01-31", amount=100, currency="USD"),
        "expenses": Expense.objects.create(month="2026-01-01", amount=5000, currency="USD", kind="support"),
        "tickets": ticket,
        "ticket-events": TicketEvent.objects.get(ticket=ticket),
        "working-calendars": WorkingCalendar.objects.create(name=f"Office {number}", country="SA"),
    }


def problem(response, status):
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    return body


def ids(response):
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]
