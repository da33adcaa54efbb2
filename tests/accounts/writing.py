"""Programs that write, and a body for every resource."""

import json

from django.test import Client

from accounts.models import Feature
from accounts.tokens import issue


class Program:
    """A client with a token that reads and writes; bodies are objects, answers are responses."""

    def __init__(self, user, *scopes):
        _row, token = issue(user, name="Shop", scopes=scopes or ["read", "write"], lifetime=None)
        self.client = Client(headers={"Authorization": f"Bearer {token}"})

    def get(self, path, **headers):
        return self.client.get(f"/api/v1/{path}", headers=named(headers))

    def post(self, path, body, content_type="application/json", **headers):
        return self._send("POST", path, body, headers, content_type)

    def patch(self, path, body, **headers):
        return self._send("PATCH", path, body, headers)

    def delete(self, path, **headers):
        return self.client.delete(f"/api/v1/{path}", headers=named(headers))

    def _send(self, method, path, body, headers, content_type="application/json"):
        text = body if isinstance(body, str | bytes) else json.dumps(body)
        return self.client.generic(
            method, f"/api/v1/{path}", text, content_type=content_type, headers=named(headers)
        )


def named(headers):
    """`If_Match="…"`"""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def pointers(problem):
    return [error["pointer"] for error in problem["errors"]]


def new_rows(rows):
    """By resource, what a program sends to create one more beside those that there are, and what it changes then."""
    account, order = str(rows["accounts"].pk), str(rows["orders"].pk)
    subscription, ticket = str(rows["subscriptions"].pk), str(rows["tickets"].pk)
    contact, plan = str(rows["contacts"].pk), str(rows["plans"].pk)
    feature, campaign = str(rows["features"].pk), str(rows["campaigns"].pk)
    money = {"currency": "SAR", "amount": "12.5000"}
    return {
        "accounts": ({"name": "Falak"}, {"name": "Falak Trading"}),
        "contacts": ({"account": account, "name": "Huda"}, {"email": "huda@example.com"}),
        "leads": ({"name": "Huda", "first_interest": "2026-01-02"}, {"account": account, "company": "Falak"}),
        "products": ({"sku": "P-9", "name": {"en": "Ink", "ar": "حبر"}}, {"category": "Office"}),
        "plans": ({"code": "pro"}, {"name": {"ar": "احترافي"}}),
        "subscriptions": (
            {"account": account, "price": "99.90", "currency": "SAR", "starts": "2026-03-01"},
            {"ends": "2026-04-01"},
        ),
        "pauses": (
            {"subscription": subscription, "starts": "2026-01-05", "ends": "2026-01-07"},
            {"external_id": "P-7"},
        ),
        "terms": (
            {"account": account, "starts": "2026-01-01", "ends": "2027-01-01", "currency": "SAR"},
            {"outcome": "renewed", "decided_on": "2026-02-01"},
        ),
        "departures": ({"account": account, "churn_day": "2026-04-01"}, {"reason": "price"}),
        "exchange-rates": (
            {"base": "USD", "currency": "SAR", "day": "2026-02-01", "rate": "0.2666000000"},
            {"rate": "0.2667000000"},
        ),
        "orders": ({"account": account, "ordered_at": "2026-01-02T10:00:00Z", **money}, {"number": "R-7"}),
        "order-lines": ({"order": order, "amount": "12.5000"}, {"quantity": "2.000"}),
        "returns": ({"order": order, "day": "2026-02-03", "units": "1.000"}, {"reason": "Faulty"}),
        "payments": ({"account": account, "day": "2026-02-01", **money}, {"order": order}),
        "expenses": ({"month": "2026-02-01", "kind": "sales", **money}, {"channel": "fair"}),
        "tickets": ({"opened_at": "2026-02-01T10:00:00Z", "account": account}, {"priority": "high"}),
        "ticket-events": (
            {"ticket": ticket, "kind": "replied", "happened_at": "2026-02-02T10:00:00Z"},
            {"public": False},
        ),
        "working-calendars": (
            {"name": "Riyadh", "weekend": [5, 6], "opens": "08:00:00", "holidays": ["2026-09-23"]},
            {"time_zone": "Asia/Riyadh"},
        ),
        "features": ({"code": "reports", "name": {"en": "Reports"}}, {"name": {"ar": "التقارير"}}),
        "plan-features": (
            {"plan": plan, "feature": feature, "starts": "2025-01-01", "ends": "2025-06-01"},
            {"feature": str(Feature.objects.get_or_create(code="another")[0].pk)},
        ),
        "learning-resources": ({"code": "tour", "kind": "video"}, {"address": "https://learn.example/tour"}),
        "goals": ({"code": "demo", "target": "Demo Asked"}, {"kind": "page", "target": "/demo"}),
        "campaigns": ({"code": "fair", "starts": "2026-04-01"}, {"kind": "event", "channel": "fair"}),
        "campaign-days": (
            {"campaign": campaign, "day": "2026-03-02", "currency": "SAR", "cost": "12.5000"},
            {"clicks": 7},
        ),
        "identities": (
            {"contact": contact, "source": "web", "kind": "anonymous", "value": "a-9"},
            {"until": "2026-05-01"},
        ),
        "consents": (
            {"contact": contact, "purpose": "surveys", "given_at": "2026-02-01T10:00:00Z"},
            {"withdrawn_at": "2026-03-01T10:00:00Z"},
        ),
        "event-names": ({"sent_as": "export_ok"}, {"means": "Feature Used", "object_property": "what"}),
    }
