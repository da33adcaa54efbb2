"""What a page of the API costs, beside the barest list of the same rows that Django REST framework can make."""

from contextlib import closing
from functools import partial
from typing import Any

from django.utils import timezone
from rest_framework.generics import ListAPIView
from rest_framework.serializers import ModelSerializer

from accounts import api
from accounts.models import Account, AccountKey, Organisation, User
from cxhub.bench.books import build_recompute_book
from cxhub.bench.server import Browser, serving
from cxhub.bench.timing import Ratio, interleaved

ROWS = 50
AIM = 2
WARM_UP = 3
VIEWS = {
    "accounts": api.AccountView,
    "subscriptions": api.SubscriptionView,
    "orders": api.OrderView,
    "tickets": api.TicketView,
}


def bare(model: Any) -> type[ListAPIView]:
    """The same columns of the same rows, as the framework's own serializer writes them; whoever is signed in."""
    columns = [field.name for field in model._meta.concrete_fields if not field.generated]
    meta = type("Meta", (), {"model": model, "fields": columns})
    serializer = type(f"Bare{model.__name__}Serializer", (ModelSerializer,), {"Meta": meta})
    rows = {"queryset": model._default_manager.order_by("id"), "serializer_class": serializer}
    nothing_else = {"filter_backends": (), "throttle_classes": (), "permission_classes": ()}

    def get_queryset(view: Any) -> Any:
        return ListAPIView.get_queryset(view)[:ROWS]

    return type(
        f"Bare{model.__name__}", (ListAPIView,), {**rows, **nothing_else, "get_queryset": get_queryset}
    )


def paths() -> dict[str, str]:
    found = {}
    for name in VIEWS:
        found[f"{name}, bare"] = f"/bench/api/{name}/"
        found[name] = f"/api/v1/{name}/?page_size={ROWS}"
    return found


def measure(*, accounts: int, orders: int, tickets: int, repetitions: int) -> dict[str, Any]:
    """In an empty database, which it fills."""
    build_recompute_book(accounts, orders, tickets, today=Organisation().today(timezone.now()))
    AccountKey.objects.bulk_create(
        AccountKey(account=account, source="crm", value=str(account.pk))
        for account in Account.objects.order_by("id")[:ROWS]
    )
    reader = User.objects.create_superuser("api@bench.example")
    with serving() as port, closing(Browser(port, reader)) as browser:
        pieces = {name: partial(browser.open, path) for name, path in paths().items()}
        interleaved(pieces, min(WARM_UP, repetitions))
        timings = interleaved(pieces, repetitions)
    ratios = {name: Ratio.of(timings[name], timings[f"{name}, bare"]) for name in VIEWS}
    return {
        "sizes": {"accounts": accounts, "orders": orders, "tickets": tickets},
        "timings": {name: timing.as_json() for name, timing in timings.items()},
        "ratios": {name: ratio.as_json() | {"aim": AIM} for name, ratio in ratios.items()},
    }
